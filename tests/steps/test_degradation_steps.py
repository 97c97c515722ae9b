"""The steps of the pipeline degradation on small simulated lives."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
from degradation_words import QUICK, SMALL, Place

from rarefault.degradation.assessment import AssessmentSettings
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from rarefault.metrics.prognostics import false_alarm_rate
from rarefault.report import check_result
from rarefault.report.formats import sentence
from rarefault.steps.degradation_challenge import fingerprints
from rarefault.steps.degradation_evaluation import held_out_rows
from rarefault.steps.degradation_registration import gate
from rarefault.steps.record import write_json
from rarefault.steps.signal_ingestion import FACTS
from rarefault.tuning.indicators import FOLDS, OBJECTIVES, blocks_of_time, held_out_indicators

FOUND = "evaluation/evaluation.json"


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Two machines' lives, learned and assessed with the RMS: nothing changes it."""
    place = Place(tmp_path_factory.mktemp("learned"))
    place.ingest()
    place.learn()
    return place


@pytest.fixture(scope="module")
def evaluated(learned):
    learned.evaluate()
    return learned


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of a registry that the tests share, each with a model name of its own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def copied(evaluated, home, tmp_path, monkeypatch):
    """A copy of what was evaluated, to be changed."""
    monkeypatch.setenv("RAREFAULT_HOME", str(home))
    shutil.copytree(evaluated.root, tmp_path / "place")
    place = Place(tmp_path / "place")
    place.registry = f"sqlite:///{home}/mlflow.db"
    rename(place)
    return place


def rename(place):
    """Let the signals have a name, and so a registered model, of this test's own."""
    write_json(place.at(f"signals/{FACTS}"), {**place.json(f"signals/{FACTS}"), "name": place.root.parent.name})


def test_without_a_search_the_settings_are_those_given(learned, tmp_path):
    place = Place(tmp_path)
    shutil.copytree(learned.at("signals"), place.at("signals"))
    assert place.find()["trials"] == 0
    study = place.json("study.json")
    assert (study["indicator"], study["given"], study["searched"], study["trials"]) == ("vae", QUICK, {}, [])
    assert place.find(indicator="rms", params={}, trials=3)["trials"] == 0  # it has nothing to search


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_a_search_finds_the_same_with_one_and_two_workers(learned, tmp_path, objective):
    found = []
    for workers in (1, 2):
        place = Place(tmp_path / str(workers))
        shutil.copytree(learned.at("signals"), place.at("signals"))
        given = {"trials": 2, "objective": objective, "space": {"hidden": [8, 12]}, "workers": workers}
        numbers = place.find(params={"steps": 5, "wide": 0}, **given)
        found.append(place.json("study.json"))
        assert numbers["objective"] == found[-1]["value"]
    assert found[0]["objective"] == objective and found[0]["given"] == {"steps": 5, "wide": 0}
    assert [(t["number"], t["params"], t["value"]) for t in found[0]["trials"]] == [
        (t["number"], t["params"], t["value"]) for t in found[1]["trials"]
    ]
    assert 8 <= found[0]["searched"]["hidden"] <= 12


def test_what_judges_a_trial_has_not_been_learned_by_it(learned):
    signals = learned.signals()
    blocks = blocks_of_time(signals.rows(signals.healthy), FOLDS)
    assert np.bincount(blocks[:40]).tolist() == np.bincount(blocks[40:]).tolist()
    assert (np.diff(blocks[:40]) >= 0).all()
    values = held_out_indicators(signals, "rms", {}, 0, lambda value, look: None)
    healthy = signals.snapshots[signals.healthy]
    levels = healthy.astype(float).std(axis=2)[:, 0]
    for fold in range(FOLDS):
        expected = levels[blocks == fold] / levels[blocks != fold].mean()
        np.testing.assert_allclose(values[blocks == fold], expected, rtol=1e-5)
    with pytest.raises(InputError, match="the search needs 6 healthy snapshots or more, got 4"):
        held_out_indicators(replace(signals, healthy=np.arange(len(signals)) < 4), "rms", {}, 0, lambda *_: None)


def test_the_steps_learn_what_the_model_would_learn_alone(learned):
    signals, model = learned.signals(), DegradationModel.load(learned.at("model"))
    alone = DegradationModel.fit(signals, "rms", {"seed": 0}, AssessmentSettings())
    assert model.assessment.to_json() == alone.assessment.to_json()
    np.testing.assert_array_equal(
        model.indicator.indicate(signals.snapshots), alone.indicator.indicate(signals.snapshots)
    )


def test_the_settings_of_the_threshold_reach_the_model(learned, tmp_path):
    place = Place(tmp_path)
    shutil.copytree(learned.at("indicator"), place.at("indicator"))
    given = {"window": 10, "slide": 2, "confidence": 0.99, "params": {"severe": 0.5}}
    numbers = place.run("fit_threshold", "indicator", "model", **given)
    assessment = DegradationModel.load(place.at("model")).assessment
    settings = assessment.settings
    assert (settings.k, settings.s, settings.confidence, settings.severe) == (10, 2, 0.99, 0.5)
    assert numbers["threshold"] == assessment.threshold
    assert numbers["threshold"] < DegradationModel.load(learned.at("model")).assessment.threshold
    with pytest.raises(InputError, match="assessment_params has 'k'; accepted: the pipeline's 'window' for it"):
        place.run("fit_threshold", "indicator", "model", params={"k": 5})
    with pytest.raises(InputError, match="the window takes k=90 snapshots but only 80"):
        place.run("fit_threshold", "indicator", "model", window=90)


def test_the_series_and_the_life_are_what_the_model_says_in_batch(learned):
    signals, model = learned.signals(), DegradationModel.load(learned.at("model"))
    assessed, entries = model.assess(signals), learned.json("life/life.json")["machines"]
    with open(learned.at("life.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(signals) and [entry["name"] for entry in entries] == signals.names
    for entry in entries:
        found, own = assessed[entry["name"]], [row for row in rows if row["machine"] == entry["name"]]
        assert [int(row["snapshot"]) for row in own] == list(range(80))
        np.testing.assert_allclose([float(row["indicator"]) for row in own], found.indicators, rtol=1e-8)
        np.testing.assert_allclose([float(row["degree"]) for row in own], found.degrees, rtol=1e-8, atol=1e-300)
        np.testing.assert_allclose([float(row["hours"]) for row in own], np.arange(80) / 2)
        assert [row["state"] for row in own] == found.states.tolist()
        assert sum(int(row["healthy"]) for row in own) == entry["healthy_snapshots"] == 40
        assert (entry["onset"], entry["alarm"]) == (found.onset.first, found.onset.alarm)
        assert [int(row["alarm"]) for row in own] == [int(k >= found.onset.alarm) for k in range(80)]
        assert entry["onset_hours"] == found.onset.first / 2
        assert entry["onset_file"] is entry["alarm_file"] is None and not any(row["file"] for row in own)
        assert entry["true_onset"] == signals.onsets[entry["name"]]
        assert (entry["degree"], entry["state"]) == (found.degrees[-1], found.states[-1])


def test_the_densities_of_windows_have_an_area_of_one(learned):
    with np.load(learned.root / "life" / "0.npz", allow_pickle=False) as kept:
        assert kept["ends"][0] == 24 and kept["ends"][-1] == 79
        areas = np.trapezoid(kept["densities"], kept["grid"], axis=1)
        np.testing.assert_allclose(areas, 1, atol=0.02)
        own = learned.signals().snapshots[0, 0].astype(float)
        centred = own - own.mean()
        assert kept["kurtosis"][0] == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2)


def test_a_life_shorter_than_the_window_is_assessed(learned, tmp_path):
    place = Place(tmp_path)
    signals = learned.signals()
    short = signals.rows(np.isin(np.arange(len(signals)), [0, 1, 2, 80]))
    replace(short, facts=replace(short.facts, timed=False)).write(place.at("signals"))
    shutil.copytree(learned.at("model"), place.at("model"))
    place.run("assess_life", "signals", "model", "life", "life.csv")
    entries = place.json("life/life.json")["machines"]
    assert [entry["snapshots"] for entry in entries] == [3, 1]
    assert all(entry["onset"] is None and entry["hours"] is None for entry in entries)


def test_the_last_healthy_snapshots_of_each_machine_are_held_out(learned):
    held = held_out_rows(learned.signals(), 0.5, 25)
    assert np.flatnonzero(held).tolist() == [*range(20, 40), *range(100, 120)]
    assert held_out_rows(learned.signals(), 0.5, 70).sum() == 10
    assert not held_out_rows(learned.signals(), 0.5, 80).any()


def test_false_alarms_are_counted_on_snapshots_that_were_not_learned_from(evaluated):
    signals, found = evaluated.signals(), evaluated.json(FOUND)
    held = held_out_rows(signals, 0.5, 25)
    second = DegradationModel.fit(replace(signals, healthy=signals.healthy & ~held), "rms", {}, AssessmentSettings())
    beyond = second.indicator.indicate(signals.snapshots[held]) > second.assessment.threshold
    alarms = found["false_alarms"]
    assert (alarms["snapshots"], alarms["beyond"]) == (40, int(beyond.sum()))
    assert alarms["promised"] == pytest.approx(0.001)
    assert "Of 40 healthy snapshots that a model of this kind had not learned from" in alarms["sentence"]
    with np.load(evaluated.root / "evaluation" / "held_out.npz") as kept:
        np.testing.assert_array_equal(kept["rows"], np.flatnonzero(held))
        np.testing.assert_array_equal(kept["keys"], fingerprints(signals.snapshots[held]))
        np.testing.assert_array_equal(kept["beyond"], beyond)
    # the model itself has learned from all of them
    kept, model = (DegradationModel.load(evaluated.at(name)) for name in ("evaluation/selected", "model"))
    assert kept.assessment.to_json() == model.assessment.to_json()


def test_rivals_and_the_tables_of_known_states_are_told(evaluated):
    found = evaluated.json(FOUND)
    assert [rival["name"] for rival in found["rivals"]] == ["rms", "kurtosis"]
    own = found["rivals"][0]
    assert own["found"] == 2 and own["false_alarms"] == found["false_alarms"]["rate"]["value"]
    signals = evaluated.signals()
    assert {entry["machine"]: entry["onset"] - entry["error"] for entry in own["onsets"]} == signals.onsets
    assert [table["table"] for table in found["severity"]] == [2, 3, 4]
    known = int((~signals.healthy).sum())
    for table in found["severity"]:
        if table["table"] != 3:  # whose truth are the stages that Liu's method finds, on half of the snapshots
            assert sum(row["snapshots"] for row in table["rows"]) == known
        for row in table["rows"]:
            assert sum(row["as"].values()) == row["snapshots"] and row["right"] == row["as"][row["state"]] / sum(
                row["as"].values()
            )
    assert found["taus"]["τ1"] < found["taus"]["τ2"]


def test_where_no_states_are_known_there_are_no_tables(copied):
    signals = copied.signals()
    replace(signals, states=None, onsets={}).write(copied.at("signals"))
    copied.run("assess_life", "signals", "model", "life", "life.csv")
    copied.evaluate()
    found = copied.json(FOUND)
    assert (found["severity"], found["taus"]) == ([], {})
    assert all(entry["error"] is None for rival in found["rivals"] for entry in rival["onsets"])
    assert found["rivals"][0]["severity_accuracy"] is None


def test_an_indicator_that_cannot_be_fitted_is_told_with_its_reason(learned, tmp_path, monkeypatch):
    from rarefault.degradation.baselines.kurtosis import Kurtosis

    def refuse(self, healthy, progress):
        raise InputError("kurtosis takes other signals")

    monkeypatch.setattr(Kurtosis, "_fit", refuse)
    given = {"rivals": ["kurtosis", "rms"]}
    learned.run("evaluate_degradation", "signals", "model", "life", str(tmp_path / "evaluation"), **given)
    found = Place(tmp_path).json(FOUND)
    kurtosis = found["rivals"][1]
    assert (kurtosis["name"], kurtosis["reason"]) == ("kurtosis", "kurtosis takes other signals")
    assert kurtosis["onsets"] == [] and kurtosis["monotonicity"] is None


def test_where_the_rest_is_too_few_to_learn_from_none_are_held_out(tmp_path):
    """Of 15 healthy snapshots a run keeps the promise, of the 12 that are left it would not."""
    place = Place(tmp_path)
    place.ingest(params={**SMALL, "healthy": 15, "machines": 1}, window=5)
    place.learn(window=5)
    place.evaluate(held_out=0.2)
    alarms = place.json(FOUND)["false_alarms"]
    assert (alarms["snapshots"], alarms["rate"]["value"]) == (0, None)
    assert alarms["sentence"].startswith("There are too few healthy snapshots to hold any out")
    assert "promote it by hand" in gate(alarms, 0.02)


def test_a_model_becomes_champion_only_if_it_holds_against_the_one_there_is(copied):
    waiting = copied.register("1", approve=False)
    assert waiting["alias"] == "challenger" and "waits for an engineer's approval" in waiting["why"]
    first = copied.register("2")
    assert (first["alias"], first["version"], first["comparison"]) == ("champion", "2", None)
    assert first["why"].startswith("It is the first champion: ")
    again = copied.register("3")
    assert again["alias"] == "champion" and again["comparison"]["snapshots"] == 40
    assert again["comparison"]["challenger_false_alarms"] == again["comparison"]["champion_false_alarms"]
    assert copied.register("3")["version"] == "3"  # a step that is run again registers nothing new
    blind = copied.json(FOUND)
    for machine in blind["machines"]:
        machine["onset"] = None
    write_json(copied.at(FOUND), blind)
    late = copied.register("4")
    assert late["alias"] == "challenger" and "it finds the onset nowhere" in late["why"]


def held_beyond(place, share):
    """Say that so large a share of the held-out snapshots lies beyond the threshold."""
    with np.load(place.root / "evaluation" / "held_out.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    n = len(arrays["beyond"])
    arrays["beyond"] = np.arange(n) < share * n
    np.savez(place.root / "evaluation" / "held_out.npz", **arrays)
    found, count = place.json(FOUND), int(arrays["beyond"].sum())
    rate = {key: false_alarm_rate(count, n)[key] for key in ("value", "low", "high")}
    found["false_alarms"] |= {"beyond": count, "rate": rate}
    write_json(place.at(FOUND), found)


def test_a_model_with_more_false_alarms_stays_challenger(copied):
    held_beyond(copied, 0)
    assert copied.register("1")["alias"] == "champion"
    held_beyond(copied, 0.05)
    worse = copied.register("2")
    assert worse["alias"] == "challenger" and "5.0 % of 40 held-out healthy snapshots" in worse["why"]
    assert copied.register("3", tolerance=0.1)["alias"] == "champion"
    held_beyond(copied, 0.5)
    assert "surely more than 2 %" in copied.register("4", tolerance=1.0)["why"]
    alarmed = copied.json(FOUND)
    alarmed["false_alarms"]["onsets"] = 1
    write_json(copied.at(FOUND), alarmed)
    assert "it raised an alarm on 1 machine in held-out healthy snapshots" in copied.register("5")["why"]


def test_there_is_no_fair_comparison_on_other_signals_or_on_learned_snapshots(copied):
    assert copied.register("1")["alias"] == "champion"
    copied.evaluate(held_out=0.6)  # others than the champion's were: that one has learned from all of them
    learned = copied.register("2")
    assert learned["alias"] == "challenger" and "learned from all but 0 of the held-out" in learned["why"]
    copied.ingest(params={**SMALL, "samples": 128})
    rename(copied)
    copied.learn()
    copied.evaluate()
    other = copied.register("3")
    assert other["alias"] == "challenger"
    assert "takes other signals: the model learned 1 channels of 256 samples, the signals have 1 of 128" in other["why"]


def test_a_registered_model_answers_as_mlflow_passes_snapshots(copied, monkeypatch):
    import mlflow
    import pandas as pd

    signals = copied.signals()
    two = np.concatenate([signals.snapshots, 2 * signals.snapshots[:, :, ::-1]], axis=1)
    replace(signals, snapshots=two, facts=replace(signals.facts, channels=("x", "y"))).write(copied.at("signals"))
    copied.learn()
    copied.evaluate()
    kept = copied.register("1")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", copied.registry)
    model = mlflow.pyfunc.load_model(kept["uri"])
    rows = pd.DataFrame({"machine": ["a"] * 80, "snapshot": [one.astype(float).tolist() for one in two[:80]]})
    told = model.predict(rows)
    found = DegradationModel.load(copied.at("model")).assess(copied.signals())["screw-1"]
    np.testing.assert_allclose(told["degree"], found.degrees, atol=1e-12)
    assert told["state"].tolist() == found.states.tolist()
    assert told["worn"].tolist() == [k >= found.onset.alarm for k in range(80)]


def test_the_report_has_its_result_and_its_figures(copied):
    copied.register("7")
    copied.report()
    result = copied.json("result.json")
    check_result(result)
    assert result["data"]["fingerprint"] == copied.json(f"signals/{FACTS}")["fingerprint"]
    assert [machine["name"] for machine in result["machines"]] == ["screw-1", "screw-2"]
    assert result["data"]["snapshots"] == 160 and result["data"]["held_out_snapshots"] == 40
    assert result["model"]["alias"] == "champion" and result["run_id"] == "7"
    assert [step["name"] for step in result["steps"]][-1] == "assess_life"
    page = (copied.root / "report.html").read_text()
    for number in (11, 14, 15, 16, 17, 18, 19):
        assert f"figure {number})" in page or f"figures {number})" in page, number
    assert sentence(result["finding"]) in page and "\u202f" not in result["finding"]
