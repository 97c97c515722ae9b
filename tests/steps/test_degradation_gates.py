"""The gates of a degradation model, what is held out, and the champion's challenge."""

import json

import numpy as np
import pytest

from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.degradation.assessment import AssessmentSettings
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from rarefault.steps.degradation_assessment import kurtoses
from rarefault.steps.degradation_challenge import HELD_OUT, TRAINED_ON, challenge, fingerprints, judge_challenge
from rarefault.steps.degradation_evaluation import false_alarms, held_out_rows
from rarefault.steps.degradation_registration import gate
from rarefault.steps.degradation_training import assessment_settings

N, HEALTHY, ONSET = 120, 60, 90


def life(seed=0, machines=("a",), rate=1000.0):
    """Noise whose strength doubles from snapshot 90 on; the first 60 of each machine are declared healthy."""
    rng = np.random.default_rng(seed)
    strength = 1 + 0.03 * rng.normal(size=(len(machines), N)) + (np.arange(N) >= ONSET)
    noise = rng.normal(size=(len(machines) * N, 1, 256))
    return SignalSet(
        (noise * strength.reshape(-1, 1, 1)).astype(np.float32),
        np.tile(np.arange(N) * 60.0, len(machines)),
        np.repeat(np.array(machines, dtype=object), N),
        np.tile(np.arange(N) < HEALTHY, len(machines)),
        SignalFacts(rate),
    )


def registered(folder, signals, model, held=None):
    """A folder as the registry keeps it; held: (keys, beyond) of the model's own evaluation."""
    model.save(folder)
    keys, beyond = held or (np.empty(0, np.uint64), np.empty(0, bool))
    np.save(folder / TRAINED_ON, fingerprints(signals.snapshots[signals.healthy]))
    np.savez(folder / HELD_OUT, rows=np.arange(len(keys)), keys=keys, beyond=beyond)
    return folder


@pytest.fixture(scope="module")
def model():
    return DegradationModel.fit(life(), "rms")


def test_the_last_healthy_snapshots_of_each_machine_are_held_out():
    signals = life(machines=("a", "b"))
    held = held_out_rows(signals, 0.2, 25)
    np.testing.assert_array_equal(np.flatnonzero(held), [*range(48, 60), *range(N + 48, N + 60)])
    assert held_out_rows(signals, 0.2, 118).sum() == 2
    assert not held_out_rows(signals, 0.2, 500).any()


def test_false_alarms_are_those_of_held_out_snapshots(model):
    signals = life()
    held = held_out_rows(signals, 0.2, 25)
    values, beyond = false_alarms(model, signals, held, 0.001)
    assert (values["snapshots"], values["beyond"], values["onsets"]) == (12, int(beyond.sum()), 0)
    assert values["rate"]["low"] <= values["rate"]["value"] <= values["rate"]["high"]
    nothing, none = false_alarms(model, signals, np.zeros(N, bool), 0.001)
    assert (nothing["snapshots"], len(none)) == (0, 0)
    assert "not known" in nothing["sentence"]


def alarms(n=15, beyond=0, onsets=0, low=0.0):
    return {"snapshots": n, "beyond": beyond, "onsets": onsets, "rate": {"value": beyond / max(n, 1), "low": low}}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (alarms(), ""),
        (alarms(beyond=1, low=0.012), ""),
        (alarms(beyond=3, low=0.07), "3 of 15 .* surely more than 2 %"),
        (alarms(onsets=1), "raised an alarm"),
        (alarms(n=0), "too few healthy snapshots"),
    ],
)
def test_the_gate_asks_for_few_false_alarms(found, said):
    import re

    assert re.search(said, gate(found, 0.02)) if said else gate(found, 0.02) == ""


def test_snapshots_that_the_champion_learned_from_are_not_fair(tmp_path, model):
    signals = life()
    held = {"rows": np.arange(48, 60), "beyond": np.zeros(12, bool)}
    found = challenge(registered(tmp_path / "m", signals, model), 3, signals, held, {"a": ONSET})
    assert found.challenger_false_alarms is None
    assert found.snapshots == 0
    passed, why = judge_challenge(found, 0.0, 5)
    assert not passed
    assert "promote it by hand" in why


def test_new_healthy_snapshots_are_fair(tmp_path, model):
    signals, other = life(), life(seed=1)
    held = {"rows": np.arange(48, 60), "beyond": np.zeros(12, bool)}
    found = challenge(registered(tmp_path / "m", other, model), 3, signals, held, {"a": ONSET})
    assert (found.snapshots, found.challenger_false_alarms) == (12, 0.0)
    assert found.champion_false_alarms is not None
    assert found.onsets[0]["champion"] == pytest.approx(ONSET, abs=1)
    assert json.loads(json.dumps(found.to_json())) == found.to_json()


def test_on_the_same_held_out_snapshots_both_evaluations_count(tmp_path, model):
    signals, rows = life(), np.arange(48, 60)
    keys = fingerprints(signals.snapshots[rows])
    before = (keys[::-1], np.arange(12) < 3)  # in another order: the last three lay beyond
    held = {"rows": rows, "beyond": np.zeros(12, bool)}
    found = challenge(registered(tmp_path / "m", signals, model, before), 3, signals, held, {"a": ONSET})
    assert (found.snapshots, found.challenger_false_alarms, found.champion_false_alarms) == (12, 0.0, 0.25)
    assert judge_challenge(found, 0.0, 5)[0]


def test_a_champion_that_takes_other_signals_is_not_compared(tmp_path, model):
    signals, faster = life(), life(rate=2000.0)
    found = challenge(
        registered(tmp_path / "m", signals, model),
        3,
        faster,
        {"rows": np.arange(12), "beyond": np.zeros(12, bool)},
        {"a": None},
    )
    assert "takes other signals" in found.reason
    assert not judge_challenge(found, 1.0, 5)[0]


@pytest.mark.parametrize(
    ("challenger", "champion", "passes"),
    [(95, 90, True), (96, 90, False), (None, 90, False), (None, None, True), (80, None, True)],
)
def test_a_model_that_finds_the_onset_late_or_never_does_not_win(tmp_path, model, challenger, champion, passes):
    from rarefault.steps.degradation_challenge import Challenge

    pair = {"machine": "a", "challenger": challenger, "champion": champion}
    assert judge_challenge(Challenge(1, 12, "", 0.0, 0.0, [pair]), 0.0, 5)[0] is passes
    assert not judge_challenge(Challenge(1, 12, "", 0.1, 0.0, []), 0.05, 5)[0]


def test_kurtosis_against_scipy():
    from scipy.stats import kurtosis

    x = np.random.default_rng(0).standard_t(5, size=(300, 2, 64)).astype(np.float32)
    np.testing.assert_allclose(kurtoses(x), kurtosis(x.astype(float), axis=2, fisher=False).mean(axis=1), rtol=1e-10)
    assert np.isfinite(kurtoses(np.zeros((2, 1, 8), np.float32))).all()


def test_settings_come_from_the_pipelines_parameters():
    found = assessment_settings(10, 2, 0.99, {"severe": 0.5})
    assert found == AssessmentSettings(k=10, s=2, confidence=0.99, severe=0.5)
    with pytest.raises(InputError, match="the pipeline's 'window'"):
        assessment_settings(10, 2, 0.99, {"k": 3})
