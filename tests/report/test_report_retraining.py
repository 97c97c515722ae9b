"""The report of a retrain run: decision, drift of every feature, challenger beside champion."""

import re

import pytest

from rarefault.report import check_result, render, render_text

HOSTILE = "<script>alert(1)</script>"


def estimate(value, spread=0.05):
    return {"value": value, "low": value - spread, "high": value + spread}


def feature(name, drifted, distance=0.2, **changes):
    return {
        "name": name,
        "unit": "kN",
        "kind": "continuous",
        "distance": distance,
        "usual": 0.05,
        "p": 0.001 if drifted else 0.8,
        "drifted": drifted,
        "reference": {"mean": 20.5, "missing": 0.0},
        "recent": {"mean": 21.5, "missing": 0.02},
        "shift": 0.61,
        **changes,
    }


def watched():
    names = [f"feature_{k}" for k in range(40)]
    return {
        "champion": {"name": "line-classifier", "version": "7", "uri": "models:/line-classifier/7"},
        "batches": {
            "files": 2,
            "names": ["a.csv", "b.csv"],
            "rows": 1000,
            "new_rows": 900,
            "new_labelled": 800,
            "window_rows": 400,
            "window_faults": 60,
        },
        "drift": {
            "judged": True,
            "reason": "",
            "drifted": True,
            "p": 0.001,
            "level": 0.01,
            "block": 50,
            "reference_rows": 750,
            "recent_rows": 500,
            "features": [feature("force", True), *(feature(name, False, 0.06) for name in names)],
        },
        "performance": {
            "judged": True,
            "reason": "",
            "dropped": False,
            "metric": "f2",
            "rows": 800,
            "faults": 120,
            "max_drop": 0.0,
            "metrics": {name: estimate(0.8) for name in ("f2", "recall", "precision", "pr_auc")},
            "registered": estimate(0.83),
            "difference": estimate(-0.03, 0.07),
        },
        "decision": {
            "action": "retrain",
            "triggers": ["drift"],
            "sentence": "Retraining: 1 feature drifted (p = 0.001): force.",
            "age_days": 12.25,
        },
        "comparison": {
            "champion": 7,
            "metric": "F2",
            "rows": 400,
            "faults": 60,
            "seen": 0,
            "reason": "",
            "difference": {**estimate(0.041), "p_better": 0.93},
            "challenger_metrics": {name: estimate(0.85) for name in ("recall", "precision", "f2", "pr_auc")},
            "champion_metrics": {name: estimate(0.81) for name in ("recall", "precision", "f2", "pr_auc")},
        },
    }


@pytest.fixture
def retrained(detection):
    result, details = detection
    return {**result, "pipeline": "retrain", **watched()}, details


@pytest.fixture
def kept(generator):
    result, _ = generator
    values = {**result, "pipeline": "retrain", **watched(), "similarity": [], "generator": None, "model": None}
    values["comparison"] = None
    values["decision"].update(action="keep", triggers=[], sentence="The champion stays: no drift.")
    return values


def words(page):
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_decision_drift_and_comparison_are_shown_before_the_challenger_itself(retrained):
    result, details = retrained
    page = render(result, details)
    order = [
        page.index(f'id="{section}"') for section in ("decision", "challenge", "drift", "performance", "strategies")
    ]
    assert order == sorted(order)
    text = words(page)
    assert "Retraining: 1 feature drifted (p = 0.001): force." in text
    assert "F2: +0.041 for the challenger" in text
    assert "+0.091" in text  # the upper end of its interval
    assert "P(better) 0.93" in text
    assert "line-classifier version 7, 12.2 days old" in text
    assert "+0.61" in text
    assert "11 more" in text  # of 41 features, 30 at once
    assert page.count("<svg") >= 3


def test_a_run_that_kept_the_champion_shows_no_challenger(kept):
    check_result(kept)
    page = render(kept, {})
    assert "The champion stays." in words(page)
    assert 'id="drift"' in page
    for absent in ("challenge", "strategies", "use"):
        assert f'id="{absent}"' not in page


def test_what_could_not_be_judged_is_said(kept):
    kept["drift"].update(judged=False, reason="version 1 kept no reference", p=None, drifted=False, features=[])
    kept["performance"].update(
        judged=False, reason="only 3 of 9 new labelled rows are faulty", metrics=None, registered=None, difference=None
    )
    text = words(render(kept, {}))
    assert "Not judged: version 1 kept no reference." in text
    assert "only 3 of 9 new labelled rows are faulty" in text


def test_a_comparison_that_was_not_possible_says_why(retrained):
    result, details = retrained
    nothing = dict.fromkeys(("difference", "challenger_metrics", "champion_metrics"))
    result["comparison"].update(**nothing, reason="the champion needs other columns")
    assert "Not compared: the champion needs other columns." in words(render(result, details))


def test_hostile_names_stay_text(retrained):
    result, details = retrained
    result["drift"]["features"][0]["name"] = HOSTILE
    result["champion"]["name"] = HOSTILE
    result["decision"]["sentence"] = HOSTILE
    assert "<script" not in render(result, details)


def test_the_terminal_says_what_was_decided(kept, retrained):
    assert "Decision  The champion stays: no drift." in render_text(kept)
    assert "Decision  Retraining: 1 feature drifted" in render_text(retrained[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.pop("decision"), "'decision' is a required property"),
        (lambda r: r["decision"].update(action="maybe"), r"result.decision.action"),
        (lambda r: r["drift"]["features"][0].update(p=2.0), r"result.drift.features\[0\].p"),
        (lambda r: r["comparison"]["difference"].update(low=0.9), "low 0.9 is above high"),
        (lambda r: r.pop("selected"), "'selected' is a dependency of 'strategies'"),
        (lambda r: r.update(champion={"name": "x"}), "result.champion"),
    ],
)
def test_a_result_of_another_shape_is_refused(retrained, change, said):
    result, _ = retrained
    check_result(result)
    change(result)
    with pytest.raises(ValueError, match=said):
        check_result(result)
