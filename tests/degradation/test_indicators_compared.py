import json
from dataclasses import replace

import numpy as np
import pytest

from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.degradation.assessment import Assessment
from rarefault.degradation.baselines.rms import RMS
from rarefault.degradation.comparison import compare, unused_healthy
from rarefault.degradation.level import level_twice, quiet
from rarefault.degradation.model import DegradationModel
from rarefault.metrics.prognostics import monotonicity, smoothed, trendability

MEASURES = ("monotonicity", "trendability", "robustness", "product")


def life(levels, healthy=60, machine="press", seed=0):
    """A machine whose snapshots are noise of these levels (n,)."""
    n = len(levels)
    noise = np.random.default_rng(seed).normal(size=(n, 1, 512)) * np.asarray(levels)[:, None, None]
    return SignalSet(
        noise.astype(np.float32),
        10.0 * np.arange(n),
        np.full(n, machine, dtype=object),
        np.arange(n) < healthy,
        SignalFacts(5000.0),
    )


def worn(onset=120, n=160, **about):
    levels = np.ones(n)
    levels[onset:] += np.linspace(0.5, 2, n - onset)
    return life(levels, **about)


def together(*lives):
    arrays = {
        name: np.concatenate([getattr(part, name) for part in lives])
        for name in ("snapshots", "times", "machines", "healthy")
    }
    return SignalSet(**arrays, facts=lives[0].facts)


@pytest.fixture(scope="module")
def signals():
    states = np.array(["healthy"] * 120 + ["slight"] * 20 + ["severe"] * 20, dtype=object)
    return replace(worn(), states=states, onsets={"press": 120})


@pytest.fixture(scope="module")
def model(signals):
    return DegradationModel.fit(signals, "rms")


def test_a_row_holds_what_the_models_indicators_give(signals, model):
    (row,) = compare(signals, {"mine": model})
    found = model.assess(signals)["press"].indicators
    fair = np.where(signals.healthy, np.concatenate([model.assessment.healthy, np.zeros(100)]), found)
    assert (row["name"], row["title"], row["threshold"]) == ("mine", "RMS", model.assessment.threshold)
    series = {"smoothed": smoothed(fair, 25), "scaled": smoothed(np.log(fair), 25)}
    for values, measured in ((fair, row), *((values, row[name]) for name, values in series.items())):
        assert measured["monotonicity"] == monotonicity(values)
        assert measured["trendability"] == pytest.approx(trendability([values]))
        assert measured["product"] == measured["monotonicity"] * measured["trendability"]
    assert all(row["machines"]["press"][name] == row[name] for name in (*MEASURES, "smoothed", "scaled"))
    assert row["scaled"]["robustness"] == row["smoothed"]["robustness"]
    beyond = int((found[60:120] > model.assessment.threshold).sum())
    assert (row["false_alarms"]["count"], row["false_alarms"]["of"]) == (beyond, 60)
    assert row["false_alarms"]["promised"] == pytest.approx(0.001)


def test_a_steady_life_gets_no_trend_from_snapshots_known_by_heart():
    steady = life(np.ones(160))
    model = DegradationModel.fit(steady, "pca-residual")
    known = model.assess(steady)["press"].indicators
    (row,) = compare(steady, {"pca": model})
    assert trendability([smoothed(known)]) > 0.8 > row["smoothed"]["trendability"] + 0.2


def test_a_power_and_an_amplitude_count_alike_on_the_assessments_scale(signals, model):
    class Power(RMS):
        def _indicate(self, snapshots):
            return super()._indicate(snapshots) ** 2

    power = DegradationModel(Power(), Assessment.fit(model.assessment.healthy**2))
    power.indicator.__dict__.update(model.indicator.__dict__)
    ours, theirs = compare(signals, {"rms": model, "power": power})
    assert theirs["scaled"]["product"] == pytest.approx(ours["scaled"]["product"])
    assert theirs["smoothed"]["trendability"] != pytest.approx(ours["smoothed"]["trendability"], abs=1e-3)


def test_a_machine_says_when_and_how_far_from_the_truth(signals, model):
    machine = compare(signals, {"rms": model})[0]["machines"]["press"]
    assert (machine["snapshots"], machine["held_out"], machine["true_onset"]) == (160, 60, 120)
    assert machine["onset_error"] == machine["onset"] - 120 == 0
    assert (machine["onset_time"], machine["alarm_time"]) == (10.0 * machine["onset"], 10.0 * machine["alarm"])
    assert 120 < machine["level_twice"] < 160
    assert machine["false_onset"] is False
    assert compare(signals, {"rms": model})[0]["false_onsets"]["value"] == 0


def test_severity_is_judged_where_nothing_was_learned_from(signals, model):
    states = model.assess(signals)["press"].states
    found = compare(signals, {"rms": model})[0]["severity"]
    assert found["accuracy"]["of"] == 100
    assert found["accuracy"]["count"] == int((states[60:] == signals.states[60:]).sum())
    assert sum(found["counts"]["slight"].values()) == 20


def test_rows_are_plain_values_and_unknown_ones_none(model):
    unknown = replace(worn(), facts=SignalFacts(5000.0, timed=False))
    (row,) = compare(unknown, {"rms": model})
    assert json.loads(json.dumps(row, allow_nan=False)) == row
    machine = row["machines"]["press"]
    assert row["severity"] is None
    assert [machine[name] for name in ("onset_time", "alarm_time", "true_onset", "onset_error")] == [None] * 4
    nothing = compare(unknown, {"rms": model}, held_out=np.zeros(160, dtype=bool))[0]
    assert nothing["false_alarms"]["value"] is None and nothing["false_onsets"]["value"] is None
    assert nothing["machines"]["press"]["false_onset"] is None


def test_an_alarm_no_later_than_the_last_held_out_snapshot_is_a_false_onset(signals, model):
    held = np.zeros(160, dtype=bool)
    held[150] = True
    row = compare(signals, {"rms": model}, held_out=held)[0]
    assert row["machines"]["press"]["false_onset"] is True
    assert (row["false_alarms"]["count"], row["false_onsets"]["value"]) == (1, 1.0)


def test_several_machines_are_judged_apart_and_together():
    signals = together(worn(machine="a"), worn(onset=100, n=150, machine="b", seed=1))
    model = DegradationModel.fit(signals, "rms")
    (row,) = compare(signals, {"rms": model})
    lives = [found.indicators for found in model.assess(signals).values()]
    lives[0][:60], lives[1][:60] = np.split(model.assessment.healthy, 2)
    assert list(row["machines"]) == ["a", "b"]
    assert row["monotonicity"] == pytest.approx(np.mean([monotonicity(x) for x in lives]))
    assert row["trendability"] == pytest.approx(trendability(lives))
    assert row["machines"]["b"]["trendability"] == pytest.approx(trendability([lives[1]]))


def test_a_machine_of_one_snapshot_has_no_measures(signals, model):
    alone = replace(life([5.0], healthy=0), facts=signals.facts)
    (row,) = compare(alone, {"rms": model})
    assert [row[name] for name in MEASURES] == [None] * 4
    assert row["machines"]["press"]["level_twice"] is None


def test_a_wrong_mask_is_refused(signals, model):
    with pytest.raises(ValueError, match=r"held_out must be \(160,\) booleans, got shape \(3,\)"):
        compare(signals, {"rms": model}, held_out=np.ones(3, dtype=bool))


def test_unused_healthy_goes_by_the_onset_then_the_state_then_the_level(signals):
    np.testing.assert_array_equal(np.flatnonzero(unused_healthy(signals)), np.arange(60, 120))
    np.testing.assert_array_equal(np.flatnonzero(unused_healthy(replace(signals, onsets={}))), np.arange(60, 120))
    by_level = np.flatnonzero(unused_healthy(worn()))
    assert by_level[0] == 60 and 85 < by_level[-1] < 100  # half of the way to the change at 120


def test_a_level_that_stays_leaves_half_of_the_life_and_undeclared_machines_none():
    steady = life(np.ones(160))
    assert np.flatnonzero(quiet(steady))[-1] == 109
    assert level_twice(steady) is None
    assert not quiet(replace(steady, healthy=np.zeros(160, dtype=bool))).any()


def test_high_frequencies_alone_end_the_quiet_part():
    signals = life(np.ones(160))
    time = np.arange(512)
    tone = signals.snapshots + 20 * np.sin(2 * np.pi * time / 256).astype(np.float32)  # hides the level of what follows
    tone[100:] += np.random.default_rng(1).normal(size=(60, 1, 512)).astype(np.float32)
    assert np.flatnonzero(quiet(replace(signals, snapshots=tone)))[-1] < 100


def test_femto_lives_are_told_in_time_by_the_pca_residual(real_data):
    for name in ("Bearing1_1", "Bearing2_2", "Bearing3_1"):
        signals = load_signals(f"femto:{name}")
        model = DegradationModel.fit(signals, "pca-residual")
        (row,) = compare(signals, {"pca-residual": model})
        machine = row["machines"][name]
        assert machine["onset"] < machine["level_twice"]
        assert not machine["false_onset"]
