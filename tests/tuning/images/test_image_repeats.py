"""Repeats: the same numbers whatever the number of processes and after a cut, and their tables."""

import json

import numpy as np
import pytest
from scipy import stats
from surface_sets import QUICK, Good, brighter, surfaces

from rarefault.tuning.images import repeats
from rarefault.tuning.images.recipes import real_and_generated, six_tasks
from rarefault.tuning.images.repeats import Bench, run_repeats
from rarefault.tuning.images.tables import over_repeats, percent_change, repeat_table, share_over_repeats

RECIPES = six_tasks()[:3]


def bench(**changes):
    known = {"samplers": {"gan": Good()}, "inspectors": {"table5-cnn": QUICK}, "classical": brighter}
    return Bench(surfaces(), surfaces((8, 6, 6), seed=50), **{**known, **changes})


def timeless(results):
    return [{key: value for key, value in r.items() if key != "seconds"} for rs in results.values() for r in rs]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return run_repeats(bench(), RECIPES, tmp_path_factory.mktemp("alone"), repeats=2, processes=1)["table5-cnn"]


def test_two_processes_find_what_one_finds(alone, tmp_path):
    seen = []
    both = run_repeats(bench(), RECIPES, tmp_path, 2, processes=2, progress=lambda *at: seen.append(at))["table5-cnn"]
    assert timeless(both) == timeless(alone)
    assert seen == [(done, 6) for done in range(1, 7)]


def test_each_repeat_has_a_seed_of_its_own(alone):
    assert alone["2-gan"][0]["sure"] != alone["2-gan"][1]["sure"]


def test_a_result_says_what_was_trained_on_and_told(alone):
    result = alone["2-gan"][0]
    assert result["counts"] == {"intact": 24, "pits": 24, "rust": 24}
    assert len(result["said"]) == len(result["sure"]) == 20
    assert result["report"]["defects"]["count"] == 12


def test_a_run_that_was_cut_off_goes_on(alone, tmp_path, monkeypatch):
    real, calls = repeats.run_trial, []

    def cut(bench, trial):
        calls.append(trial.recipe.name)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(bench, trial)

    monkeypatch.setattr(repeats, "run_trial", cut)
    with pytest.raises(KeyboardInterrupt):
        run_repeats(bench(), RECIPES, tmp_path, 2, processes=1)
    assert len(list(tmp_path.glob("*.json"))) == 4
    found = run_repeats(bench(), RECIPES, tmp_path, 2, processes=1)["table5-cnn"]
    assert len(calls) == 7  # four before, the one cut off, and that one again with the last
    assert timeless(found) == timeless(alone)


@pytest.mark.parametrize(
    "changes", [{"identity": "another GAN"}, {"inspectors": {"table5-cnn": {**QUICK, "epochs": 1}}}]
)
def test_results_of_other_settings_are_not_taken(alone, tmp_path, changes):
    run_repeats(bench(), RECIPES[:1], tmp_path, 1, processes=1)
    (kept,) = tmp_path.glob("*.json")
    before = kept.read_text()
    run_repeats(bench(**changes), RECIPES[:1], tmp_path, 1, processes=1)
    assert json.loads(kept.read_text())["identity"] != json.loads(before)["identity"]


def test_more_recipes_and_repeats_add_to_what_is_there(tmp_path):
    seen = []
    run_repeats(bench(), RECIPES[:1], tmp_path, 1, processes=1)
    run_repeats(bench(), RECIPES[:2], tmp_path, 2, processes=1, progress=lambda *at: seen.append(at))
    assert seen == [(2, 4), (3, 4), (4, 4)]


def test_several_inspectors_and_generators(tmp_path):
    both = {"table5-cnn": QUICK, "narrow": {**QUICK, "network": "mobilenet-v2", "epochs": 1}}
    recipes = real_and_generated({"gan": "DCGAN"})
    found = run_repeats(bench(inspectors=both), recipes, tmp_path, 1, processes=1)
    assert {name: list(results) for name, results in found.items()} == {name: ["real", "gan"] for name in both}


def test_the_table_compares_repeat_by_repeat(alone):
    rows = repeat_table(alone, RECIPES)
    f1 = {name: np.array([r["report"]["macro"]["f1"] for r in results]) for name, results in alone.items()}
    assert [row["name"] for row in rows] == list(alone)
    assert rows[0]["change"] is None
    assert rows[0]["difference"] is None
    assert rows[1]["metrics"]["macro_f1"]["value"] == pytest.approx(f1["2-gan"].mean())
    assert rows[1]["difference"]["macro_f1"]["value"] == pytest.approx((f1["2-gan"] - f1["1-original"]).mean())
    json.dumps(rows)


def test_intervals_by_hand():
    values = [0.8, 0.9, 0.85, 0.95]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert over_repeats(values) == pytest.approx({"value": 0.875, "low": low, "high": high})
    assert share_over_repeats(values)["high"] == min(1, high)
    with pytest.raises(ValueError, match="at least 2 repeats"):
        over_repeats([0.5])


def test_a_change_in_percent_is_that_of_the_means_and_knows_the_pairs():
    first = np.array([0.70, 0.80, 0.75, 0.65])
    change = percent_change(1.1 * first, first)
    assert change == pytest.approx({"value": 10, "low": 10, "high": 10})
    change = percent_change(1.1 * first + [0.02, -0.02, 0.01, -0.01], first)
    assert change["value"] == pytest.approx(10)
    assert 5 < change["low"] < 10 < change["high"] < 15
    assert percent_change(first, 0 * first) is None


def test_wrong_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="different names"):
        run_repeats(bench(), [*RECIPES, RECIPES[0]], tmp_path)
    with pytest.raises(ValueError, match="repeats must be >= 1"):
        run_repeats(bench(), RECIPES, tmp_path, repeats=0)
    with pytest.raises(ValueError, match="processes must be >= 1"):
        run_repeats(bench(), RECIPES, tmp_path, processes=0)
