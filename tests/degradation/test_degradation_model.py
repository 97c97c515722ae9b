"""Indicator and assessment together: out-of-sample thresholds, lives of several machines, the folder."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.degradation.assessment import AssessmentSettings
from rarefault.degradation.crossfit import crossfit, deal
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError

QUICK = {"steps": 150}


def lives(machines: int = 2, n: int = 60, healthy: int = 20, onset: int = 35) -> SignalSet:
    """Machines whose noise grows from the onset on; the first snapshots are declared healthy."""
    rng = np.random.default_rng(0)
    step = np.tile(np.arange(n), machines)
    phase = 2 * np.pi * (np.arange(512) / 40 + rng.uniform(size=(len(step), 1)))
    noise = 0.2 + 0.03 * (step - onset + 1).clip(min=0)
    x = np.sin(phase) + noise[:, None] * rng.normal(size=phase.shape)
    names = np.repeat(np.array([f"m{i}" for i in range(machines)], dtype=object), n)
    return SignalSet(x[:, None].astype(np.float32), step * 60.0, names, step < healthy, SignalFacts(1000.0))


@pytest.fixture(scope="module")
def signals() -> SignalSet:
    return lives()


@pytest.fixture(scope="module")
def model(signals: SignalSet) -> DegradationModel:
    return DegradationModel.fit(signals, "vae", QUICK)


def test_finds_the_onset_of_every_machine(model: DegradationModel, signals: SignalSet) -> None:
    assessed = model.assess(signals)
    assert list(assessed) == ["m0", "m1"]
    for life in assessed.values():
        assert life.onset is not None
        assert abs(life.onset.first - 35) <= 3
        assert life.degrees[30] < 0.1
        assert life.degrees[-1] > 0.9
        assert life.states[-1] == "severe"
        np.testing.assert_array_equal(life.times, np.arange(60) * 60.0)


def test_learns_from_healthy_snapshots_alone(model: DegradationModel, signals: SignalSet) -> None:
    other = signals.snapshots.copy()
    other[~signals.healthy] = 0.0
    again = DegradationModel.fit(replace(signals, snapshots=other), "vae", QUICK)
    assert again.assessment.to_json() == model.assessment.to_json()


def test_threshold_comes_from_snapshots_that_the_indicator_did_not_learn() -> None:
    """A window as long as the snapshot learns its snapshots by heart; the threshold must not believe it."""
    noise = np.random.default_rng(0).normal(size=(80, 1, 64)).astype(np.float32)
    x, new = noise[:40], noise[40:]
    indicator, found = crossfit("vae", {"window": 64, "wide": 0, "steps": 200, "batch": 128}, x, 1000.0)
    assert found.mean() == pytest.approx(indicator.indicate(new).mean(), rel=0.1)
    assert indicator.indicate(x).mean() < 0.8 * found.mean()


def test_folds_are_short_blocks_of_each_machines_time() -> None:
    assert deal(50, 5).tolist() == [at // 2 % 5 for at in range(50)]
    machines = np.array(["a"] * 20 + ["b"] * 20)
    dealt = deal(40, 5, machines)
    for own in (dealt[:20], dealt[20:]):
        assert set(own) == set(range(5))
        assert (np.bincount(own) >= 2).all()
    assert set(deal(10, 5)) == set(range(5))


def test_progress_counts_up_over_all_folds() -> None:
    calls: list[tuple[int, int]] = []
    x = lives(machines=1, n=30, healthy=30).snapshots
    crossfit("vae", QUICK, x, 1000.0, progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})
    assert calls[-1] == (6 * 2 * 150, 6 * 2 * 150)


def test_saved_loaded_and_streamed_says_the_same(model: DegradationModel, signals: SignalSet, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"model.json", "assessment.json", "indicator"}
    assert json.loads((tmp_path / "model.json").read_text()) == {
        "kind": "vibration", "indicator": "vae", "channels": 1, "samples": 512, "rate": 1000.0
    }  # fmt: skip
    loaded = DegradationModel.load(tmp_path)
    life, again = model.assess(signals)["m1"], loaded.assess(signals)["m1"]
    np.testing.assert_array_equal(again.degrees, life.degrees)
    assert again.onset == life.onset
    stream = loaded.stream()
    for at, indicator in enumerate(life.indicators):
        stream = loaded.stream(json.loads(json.dumps(stream.state())))
        assert stream.push(indicator).degree == life.degrees[at]


def test_refuses_fewer_healthy_snapshots_than_the_window(signals: SignalSet) -> None:
    few = replace(signals, healthy=signals.healthy & (np.arange(len(signals)) < 10))
    with pytest.raises(InputError, match="k=25 snapshots but only 10 are declared healthy"):
        DegradationModel.fit(few, "vae", QUICK)
    with pytest.raises(InputError, match="too few to learn from; at least 10"):
        DegradationModel.fit(replace(few, healthy=np.arange(len(few)) < 6), "vae", QUICK, AssessmentSettings(k=5))


def test_refuses_signals_of_another_kind(model: DegradationModel, signals: SignalSet) -> None:
    with pytest.raises(InputError, match="learned signals of 1000 samples a second, these have 2000"):
        model.assess(replace(signals, facts=SignalFacts(2000.0)))
    with pytest.raises(InputError, match="1 channels of 512 samples, the signals have 1 of 256"):
        model.assess(replace(signals, snapshots=signals.snapshots[:, :, :256]))


def test_refuses_folders_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no model\.json"):
        DegradationModel.load(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"kind": "generator"}))
    with pytest.raises(InputError, match="expected a degradation model"):
        DegradationModel.load(tmp_path)
