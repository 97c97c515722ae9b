"""The simulated life of a ball screw: reproducible, as the paper describes it, and worn by what its docstring says."""

from dataclasses import replace

import numpy as np
import pytest

from rarefault.datasets.simulators.ball_screw_life import SEVERE, BallScrewLifeSettings, simulate
from rarefault.datasets.simulators.ball_screw_vibration import END, PASSES_NUT, PASSES_SCREW

SMALL = BallScrewLifeSettings(snapshots=60, samples=256, onset=40, onset_jitter=4, healthy=20)


def rms(signals):
    return np.sqrt((signals.snapshots[:, 0].astype(np.float64) ** 2).mean(axis=1))


@pytest.fixture(scope="module")
def lives():
    """Ten lives as in the paper."""
    return [simulate(BallScrewLifeSettings(seed=seed)) for seed in range(10)]


def test_a_life_is_as_long_and_as_often_sampled_as_in_the_paper(lives):
    life = lives[0]
    assert life.snapshots.shape == (215, 1, 2_560) and life.facts.rate == 5_000
    assert life.times[1] == 1_800 and life.healthy.sum() == 75
    assert life.facts.notes.startswith("SIMULATED")


def test_damage_begins_near_119_and_is_severe_near_173(lives):
    onsets = [life.onsets["screw"] for life in lives]
    assert all(110 <= onset <= 128 for onset in onsets) and len(set(onsets)) > 4
    severe = [int(np.flatnonzero(life.states == "severe")[0]) for life in lives]
    assert all(165 <= first <= 182 for first in severe)
    assert np.mean(severe) == pytest.approx(173, abs=4)


def test_vibration_grows_fast_then_slowly_to_its_end(lives):
    curves = []
    for life in lives:
        level, onset = rms(life), life.onsets["screw"]
        curves.append(level[onset:][:87] / level[:75].mean())
    curve = np.mean(curves, axis=0)
    fitted = np.sqrt(1 + (END**2 - 1) * np.arange(1, 88) / 96)  # energy grows with the spall's area
    np.testing.assert_allclose(curve, fitted, rtol=0.12)


def test_healthy_snapshots_scatter_by_a_few_per_cent(lives):
    for life in lives:
        level = rms(life)[: life.onsets["screw"]]
        assert 0.02 < level.std() / level.mean() < 0.08
    calm = rms(simulate(BallScrewLifeSettings(scatter=0, damage=False)))
    assert np.median(np.abs(calm / np.median(calm) - 1)) < 0.03


def test_a_spall_rings_at_the_pace_of_the_balls():
    settings = BallScrewLifeSettings(
        scatter=0, severity=3, samples=20_000, snapshots=30, onset=15, onset_jitter=0, healthy=5
    )
    life = simulate(settings)
    frequencies = np.fft.rfftfreq(20_000, 1 / 5_000)
    band = (frequencies > 1_500) & (frequencies < 2_400)
    ringing = np.fft.irfft(np.where(band, np.fft.rfft(life.snapshots[-5:, 0]), 0))
    envelope = (np.abs(np.fft.rfft(ringing**2)) ** 2).mean(axis=0)
    searched = (frequencies > 250) & (frequencies < 400)
    pace = frequencies[searched][envelope[searched].argmax()]
    assert pace == pytest.approx(PASSES_SCREW * 1_000 / 60, rel=0.02)
    assert pytest.approx(35) == PASSES_NUT + PASSES_SCREW


def test_a_healthy_life_is_the_twin_of_the_damaged_one():
    worn, sound = simulate(SMALL), simulate(replace(SMALL, damage=False))
    onset = worn.onsets["screw"]
    np.testing.assert_array_equal(worn.snapshots[:onset], sound.snapshots[:onset])
    assert (worn.snapshots[onset:] != sound.snapshots[onset:]).any(axis=(1, 2)).all()
    assert sound.onsets == {} and set(sound.states) == {"healthy"}


def test_the_same_seed_gives_the_same_life_and_another_seed_another():
    first, same, other = (simulate(replace(SMALL, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.snapshots, same.snapshots)
    assert (first.snapshots != other.snapshots).any()


def test_a_machine_does_not_depend_on_how_many_there_are():
    one, three = simulate(SMALL), simulate(replace(SMALL, machines=3))
    assert one.names == ["screw"] and three.names == ["screw-1", "screw-2", "screw-3"]
    np.testing.assert_array_equal(one.snapshots, three.of("screw-1").snapshots)
    assert three.healthy.sum() == 60 and set(three.onsets) == set(three.names)


def test_a_long_life_is_made_in_blocks():
    long = replace(SMALL, snapshots=700, onset=600)
    life = simulate(long)
    assert len(life) == 700 and np.isfinite(life.snapshots).all()
    assert len({snapshot.tobytes() for snapshot in life.snapshots}) == 700


def test_states_follow_the_true_strength():
    life = simulate(SMALL)
    onset = life.onsets["screw"]
    strength = np.sqrt(np.arange(1, 60 - onset + 1) / (60 - onset))
    np.testing.assert_array_equal(life.states[onset:], np.where(strength < SEVERE, "slight", "severe"))


@pytest.mark.parametrize(
    "change",
    [
        {"rate": 1_000.0},
        {"rate": 200_000.0, "samples": 65},
        {"speed": 60.0},
        {"speed": 3_000.0},
        {"scatter": 3.0},
        {"severity": 10.0},
        {"interval": 0.001},
        {"snapshots": 2, "samples": 64, "onset": 1, "onset_jitter": 0, "healthy": 1},
    ],
)
def test_odd_machines_vibrate_too(change):
    life = simulate(replace(SMALL, **change))
    assert np.isfinite(life.snapshots).all() and (life.snapshots.std(axis=2) > 0.1).all()


def test_without_severity_damage_is_not_felt():
    unfelt, sound = simulate(replace(SMALL, severity=0.0)), simulate(replace(SMALL, damage=False))
    np.testing.assert_array_equal(unfelt.snapshots, sound.snapshots)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"snapshots": 1}, "snapshots must be from 2"),
        ({"samples": 63}, "samples must be from 64"),
        ({"machines": 0}, "machines must be from 1"),
        ({"rate": float("nan")}, "rate must be from"),
        ({"rate": 100.0}, "rate must be from"),
        ({"interval": 0.0}, "interval must be from"),
        ({"severity": -1.0}, "severity must be from 0"),
        ({"scatter": 4.0}, "scatter must be from 0"),
        ({"onset": 58}, "onset and onset_jitter must leave snapshots"),
        ({"onset_jitter": 40}, "onset and onset_jitter must leave snapshots"),
        ({"healthy": 37}, "healthy must be from 1 to 36"),
        ({"healthy": 0}, "healthy must be from 1"),
        ({"snapshots": 100_000, "samples": 1 << 20}, "at most 134,217,728 samples"),
    ],
)
def test_settings_are_checked(change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(SMALL, **change)


def test_a_healthy_life_may_be_declared_healthy_to_its_end():
    assert simulate(replace(SMALL, damage=False, healthy=60)).healthy.all()
