"""When to retrain, when to keep the champion, when to wait; and what counts as a drop."""

import numpy as np
import pytest

from rarefault.datasets.table import Table
from rarefault.drift.decision import Policy, Window, age, decide
from rarefault.drift.performance import measure

CALM = {"judged": True, "reason": "", "drifted": False, "p": 0.4, "recent_rows": 500, "features": []}
DRIFTED = {**CALM, "drifted": True, "p": 0.001, "features": [{"name": "force", "drifted": True}]}
SOUND = {"judged": True, "dropped": False, "metric": "f2", "difference": {"value": 0.01, "low": -0.05, "high": 0.07}}
DROPPED = {**SOUND, "dropped": True, "difference": {"value": -0.2, "low": -0.3, "high": -0.1}}
ENOUGH = Window(200, 30)


def decided(policy=None, drift=CALM, performance=SOUND, days=1.0, window=ENOUGH, new=500):
    return decide(policy or Policy(), drift, performance, days, window, new)


@pytest.mark.parametrize(
    ("options", "triggers"),
    [
        ({}, []),
        ({"drift": DRIFTED}, ["drift"]),
        ({"performance": DROPPED}, ["performance"]),
        ({"policy": Policy(force=True)}, ["forced"]),
        ({"policy": Policy(max_age_days=7), "days": 7.5}, ["schedule"]),
        ({"policy": Policy(max_age_days=7), "days": 6.5}, []),
        ({"policy": Policy(on_drift=False, on_performance=False), "drift": DRIFTED, "performance": DROPPED}, []),
        (
            {"policy": Policy(True, True, True, 7), "drift": DRIFTED, "performance": DROPPED, "days": 8},
            ["forced", "drift", "performance", "schedule"],
        ),
    ],
)
def test_every_reason_is_recorded(options, triggers):
    found = decided(**options)
    assert found["triggers"] == triggers
    assert found["action"] == ("retrain" if triggers else "keep")


def test_the_sentence_says_why():
    assert "1 feature drifted (p = 0.001): force" in decided(drift=DRIFTED)["sentence"]
    assert "f2 has changed by -0.200 (95 % interval -0.300 to -0.100)" in decided(performance=DROPPED)["sentence"]
    assert "no drift in the newest 500 rows (p = 0.400)" in decided()["sentence"]
    assert "there is no new row" in decided(new=0)["sentence"]
    assert "7.5 days old, 7 are allowed" in decided(Policy(max_age_days=7), days=7.5)["sentence"]


@pytest.mark.parametrize("window", [Window(0, 0), Window(200, 9), Window(30, 21)])
def test_without_labels_to_compare_on_retraining_waits_and_says_so(window):
    found = decided(drift=DRIFTED, window=window)
    assert found["action"] == "wait"
    assert found["triggers"] == ["drift"]
    assert "waits for labels" in found["sentence"]
    assert "force" in found["sentence"]


def test_age_is_in_days_and_never_negative():
    assert age(0.0, 86_400.0 * 2) == 2.0
    assert age(100.0, 0.0) == 0.0


class Scores:
    """A model that gives each row the score it is told, with a threshold of a half."""

    threshold = 0.5

    def scores(self, X):
        return X["score"].to_numpy()


def labelled(missed, n=400, faults=80):
    import pandas as pd

    from rarefault.datasets.table import Column, Schema

    y = np.zeros(n, np.int8)
    y[:faults] = 1
    score = np.where(y == 1, 0.9, 0.1)
    score[:missed] = 0.2
    return Table(pd.DataFrame({"score": score}), y, Schema((Column("score", "continuous"),)))


REGISTERED = {"f2": {"value": 0.9, "low": 0.84, "high": 0.96}}


def test_a_drop_is_one_that_chance_does_not_explain():
    found = measure(Scores(), labelled(missed=50), REGISTERED)
    assert found["dropped"]
    assert found["difference"]["high"] < 0
    assert found["metrics"]["recall"]["value"] == pytest.approx(30 / 80)
    assert not measure(Scores(), labelled(missed=10), REGISTERED)["dropped"]


def test_a_drop_smaller_than_allowed_is_none():
    assert not measure(Scores(), labelled(missed=50), REGISTERED, max_drop=0.5)["dropped"]


def test_few_faults_are_not_judged():
    found = measure(Scores(), labelled(missed=0, faults=9), REGISTERED)
    assert (found["judged"], found["dropped"]) == (False, False)
    assert "only 9 of 400" in found["reason"]


def test_a_champion_without_the_metric_is_not_judged_but_measured():
    found = measure(Scores(), labelled(missed=50), REGISTERED, beta=0.5)
    assert not found["judged"]
    assert "registered without f_beta" in found["reason"]
    assert found["metrics"]["f_beta"]["value"] > 0
