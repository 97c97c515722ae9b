import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rarefault.tuning.comparison import compare_folds, mean_with_interval
from rarefault.tuning.helped import best_synthetic, helped
from rarefault.tuning.selection import select


def outcome(name, value, p_better=None, **more):
    difference = None if p_better is None else {"value": value - 0.5, "low": 0.0, "high": 0.1, "p_better": p_better}
    inner = {"objective": {"value": value}}
    return {"name": name, "inner": inner, "inner_difference": difference, "folds_tried": 10, **more}


BASE = [outcome("untouched", 0.4), outcome("tuned-threshold", 0.5)]
FAILED_GATE = {"passed": False, "reason": "The kmeans filter fails its gate."}


def test_the_baseline_stays_without_strong_evidence():
    choice = select([*BASE, outcome("smote", 0.9, 0.94)], "F2", 0.95)
    assert choice.selected == "tuned-threshold"
    assert choice.fates["tuned-threshold"][0] == "selected"
    assert "No other strategy" in choice.because


def test_the_best_of_the_convincing_ones_wins():
    choice = select([*BASE, outcome("smote", 0.6, 0.99), outcome("gaussian-copula", 0.7, 0.95)], "F2", 0.95)
    assert choice.selected == "gaussian-copula"
    assert choice.fates["smote"][0] == "kept"
    assert "0.200 F2" in choice.because


def test_three_folds_are_too_few_to_win():
    choice = select([*BASE, outcome("smote", 0.9, 1.0, folds_tried=3)], "F2", 0.95)
    assert choice.selected == "tuned-threshold"
    assert "3 folds only" in choice.fates["smote"][1]


def test_untouched_data_are_never_selected_over_the_baseline():
    tempting = [outcome("untouched", 0.9), outcome("tuned-threshold", 0.5)]
    assert select(tempting, "F2", 0.95).selected == "tuned-threshold"


def test_a_failed_gate_falls_back():
    choice = select([*BASE, outcome("wgan-kmeans", 0.9, 1.0, filter=FAILED_GATE)], "F2", 0.95)
    assert choice.selected == "tuned-threshold"
    assert choice.fates["wgan-kmeans"][0] == "fell-back"


def test_a_strategy_stopped_early_is_dropped():
    choice = select([*BASE, outcome("smote", 0.1, 0.01, stopped_early=True, folds_tried=3)], "F2", 0.95)
    assert choice.fates["smote"][0] == "dropped"


folds = st.lists(st.floats(0, 1), min_size=5, max_size=12)


@given(values=folds)
def test_equal_folds_are_a_coin_toss(values):
    assert compare_folds(values, values, 5)["p_better"] == 0.5


@given(values=folds, gain=st.floats(0.001, 0.5))
def test_better_on_every_fold_is_certain(values, gain):
    found = compare_folds([v + gain for v in values], values, 5)
    assert found["p_better"] == 1.0
    assert found["low"] <= found["value"] <= found["high"]
    assert found["value"] == pytest.approx(gain)


@given(a=folds, b=folds)
def test_the_other_way_round_is_the_other_probability(a, b):
    n = min(len(a), len(b))
    assert compare_folds(a[:n], b[:n], 5)["p_better"] == pytest.approx(1 - compare_folds(b[:n], a[:n], 5)["p_better"])


def test_folds_that_share_rows_make_the_comparison_less_sure():
    gains = [0.02, 0.03, -0.01, 0.04, 0.0, 0.05, -0.02, 0.03, 0.02, 0.01]
    base = [0.5] * len(gains)
    ours = [b + g for b, g in zip(base, gains, strict=True)]
    overlapping, apart = (compare_folds(ours, base, k) for k in (5, 1_000_000))
    assert apart["p_better"] > 0.99
    assert 0.9 < overlapping["p_better"] < 0.99
    assert overlapping["value"] == apart["value"]
    ratio = (overlapping["high"] - overlapping["low"]) / (apart["high"] - apart["low"])
    assert ratio == pytest.approx(np.sqrt(1 + len(gains) / 4), rel=1e-4)


def test_interval_narrows_with_more_folds():
    few, many = (mean_with_interval(np.tile([0.2, 0.8], n)) for n in (3, 50))
    assert many["high"] - many["low"] < few["high"] - few["low"]


def test_the_best_synthetic_candidate_passed_its_gate():
    outcomes = [*BASE, outcome("wgan-kmeans", 0.9, 1.0, filter=FAILED_GATE), outcome("smote", 0.45, 0.2)]
    assert best_synthetic(outcomes, "tuned-threshold") == "smote"
    assert best_synthetic(outcomes, "smote") == "smote"
    assert best_synthetic(BASE, "tuned-threshold") is None


@pytest.mark.parametrize(
    ("selected", "difference", "value", "words"),
    [
        ("smote", {"value": 0.05, "low": 0.01, "high": 0.1}, True, "Synthetic data helped"),
        ("smote", {"value": 0.05, "low": -0.01, "high": 0.1}, True, "probably helped"),
        ("smote", {"value": -0.05, "low": -0.1, "high": 0.1}, False, "did not help"),
        ("tuned-threshold", {"value": 0.05, "low": 0.01, "high": 0.1}, False, "did not help"),
        ("tuned-threshold", None, False, "could be tried"),
    ],
)
def test_one_sentence_says_whether_it_helped(selected, difference, value, words):
    found = helped(selected, None if difference is None else "smote", difference, "F2")
    assert found["value"] is value
    assert words in found["sentence"]
