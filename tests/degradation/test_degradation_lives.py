"""Whole lives: onsets found and false ones on simulated screws, early ones on bearings run to failure."""

from pathlib import Path

import numpy as np
import pytest

from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.simulators.ball_screw_life import BallScrewLifeSettings, simulate
from rarefault.degradation.model import DegradationModel

LIVES = range(3000, 3005)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae", "pca-residual"])
def test_finds_simulated_onsets_within_five_snapshots_and_none_in_healthy_twins(name: str) -> None:
    errors, false = [], 0
    for seed in LIVES:
        damaged, healthy = (simulate(BallScrewLifeSettings(seed=seed, damage=damage)) for damage in (True, False))
        model = DegradationModel.fit(damaged, name)
        (machine, truth), = damaged.onsets.items()  # fmt: skip
        onset = model.assess(damaged)[machine].onset
        errors.append(np.inf if onset is None else abs(onset.first - truth))
        false += model.assess(healthy)[machine].onset is not None
    assert np.mean(np.array(errors) <= 5) >= 0.9
    assert false == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vae", "pca-residual"])
@pytest.mark.parametrize("bearing", ["Bearing1_1", "Bearing2_2", "Bearing3_1"])
def test_bearings_are_found_worn_before_their_vibration_has_doubled(real_data: Path, bearing: str, name: str) -> None:
    life = load_signals(f"femto:{bearing}")
    onset = DegradationModel.fit(life, name).assess(life)[bearing].onset
    level = np.sqrt(np.square(life.snapshots, dtype=np.float64).mean(axis=(1, 2)))
    doubled = level > 2 * np.median(level[life.healthy])
    lasting = np.flatnonzero(doubled & np.roll(doubled, -1) & ~life.healthy)[0]
    assert onset is not None
    assert life.healthy.sum() <= onset.first < lasting


@pytest.mark.slow
def test_held_out_healthy_snapshots_pass_the_threshold_about_as_often_as_promised() -> None:
    """0.1 % of new snapshots are promised; from 75 healthy ones a kernel estimate gives some 0.2 %."""
    beyond = unseen = 0
    for seed in LIVES:
        healthy = simulate(BallScrewLifeSettings(seed=seed, damage=False))
        model = DegradationModel.fit(healthy, "vae", {"steps": 500})
        found = model.indicator.indicate(healthy.snapshots[~healthy.healthy])
        beyond, unseen = beyond + int((found > model.assessment.threshold).sum()), unseen + len(found)
    assert beyond / unseen < 0.01
