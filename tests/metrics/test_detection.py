import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as rival

from rarefault.metrics import evidence
from rarefault.metrics.detection import (
    METRICS,
    bootstrap_intervals,
    cost,
    detect,
    expected_cost,
    f_beta,
    paired_difference,
)


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float]:
    """Labels and scores with many ties, and a threshold that is often one of the scores."""
    n = draw(st.integers(1, 30))
    y = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    scores = np.array(draw(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0]), min_size=n, max_size=n)))
    return y, scores, draw(st.sampled_from([-1.0, 0.0, 0.25, 0.3, 1.0, 2.0]))


@settings(deadline=None)
@given(scored())
def test_every_metric_agrees_with_scikit_learn(rows: tuple[np.ndarray, np.ndarray, float]) -> None:
    y, scores, threshold = rows
    called = (scores >= threshold).astype(int)
    ours = detect(y, scores, threshold, beta=3.0)
    tn, fp, fn, tp = rival.confusion_matrix(y, called, labels=[0, 1]).ravel()
    assert (ours["tn"], ours["fp"], ours["fn"], ours["tp"]) == (tn, fp, fn, tp)
    precision, recall, f3, _ = rival.precision_recall_fscore_support(
        y, called, beta=3.0, average="binary", zero_division=0
    )
    specificity = tn / (tn + fp) if tn + fp else 0.0
    expected = {
        "accuracy": rival.accuracy_score(y, called),
        "precision": precision,
        "recall": recall,
        "f1": rival.f1_score(y, called, zero_division=0),
        "f2": rival.fbeta_score(y, called, beta=2, zero_division=0),
        "f_beta": f3,
        "g_mean": np.sqrt(recall * specificity),
        "pr_auc": rival.average_precision_score(y, scores) if y.any() else 0.0,
        "roc_auc": rival.roc_auc_score(y, scores) if 0 < y.sum() < len(y) else 0.5,
    }
    assert {k: ours[k] for k in expected} == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(scored())
def test_cost_counts_misses_and_false_alarms(rows: tuple[np.ndarray, np.ndarray, float]) -> None:
    y, scores, threshold = rows
    counts = detect(y, scores, threshold)
    by_hand = (counts["fp"] + 7.0 * counts["fn"]) / len(y)
    assert expected_cost(y, scores, threshold, 7.0) == pytest.approx(by_hand)


def test_f_beta_is_listed_only_when_it_is_not_f1_or_f2() -> None:
    y, scores = np.array([0, 1]), np.array([0.2, 0.9])
    assert "f_beta" not in detect(y, scores, 0.5, beta=1)
    assert "f_beta" not in detect(y, scores, 0.5, beta=2.0)
    assert "f_beta" in detect(y, scores, 0.5, beta=0.5)


@settings(max_examples=20, deadline=None)
@given(scored(), st.integers(0, 5))
def test_the_vectorised_bootstrap_is_the_plain_one(rows: tuple[np.ndarray, np.ndarray, float], seed: int) -> None:
    y, scores, threshold = rows
    draws = evidence.ScoredRows(y, scores, threshold).resampled(METRICS, 5, seed)
    picks = np.random.default_rng(seed).integers(len(y), size=(5, len(y)))
    for i, picked in enumerate(picks):
        plain = detect(y[picked], scores[picked], threshold)
        assert {name: values[i] for name, values in draws.items()} == pytest.approx(plain, abs=1e-12)


def test_intervals_hold_the_value_narrow_with_the_level_and_repeat() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.2).astype(int)
    scores = y + rng.normal(size=400)
    wide, narrow = (bootstrap_intervals(y, scores, 0.5, seed=3, level=level) for level in (0.95, 0.5))
    assert wide == bootstrap_intervals(y, scores, 0.5, seed=3)
    assert {name: v["value"] for name, v in wide.items()} == pytest.approx(detect(y, scores, 0.5))
    for name, interval in wide.items():
        assert interval["low"] <= interval["value"] <= interval["high"]
        assert interval["low"] <= narrow[name]["low"] <= narrow[name]["high"] <= interval["high"]


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for seed in range(100):
        y = (rng.random(300) < 0.3).astype(int)
        scores = np.where(rng.random(300) < 0.8, y, 1 - y).astype(float)
        interval = bootstrap_intervals(y, scores, 0.5, n=300, seed=seed)["recall"]
        hits += interval["low"] <= 0.8 <= interval["high"]
    assert 88 <= hits <= 100


def test_a_better_detector_is_recognised_whatever_the_direction_of_the_metric() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(800) < 0.2).astype(int)
    good, bad = y + 0.3 * rng.normal(size=800), y + 2.0 * rng.normal(size=800)
    for metric in ("f2", "pr_auc", "fp", cost(5.0), f_beta(0.5)):
        forward = paired_difference(y, good, 0.5, bad, 0.5, metric)
        backward = paired_difference(y, bad, 0.5, good, 0.5, metric)
        assert forward["p_better"] > 0.99
        assert backward["p_better"] < 0.01
        assert forward["value"] == -backward["value"]
        assert forward["low"] <= forward["value"] <= forward["high"]


def test_the_same_detector_is_no_better_than_itself() -> None:
    y, scores = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.3, 0.4])
    same = paired_difference(y, scores, 0.5, scores, 0.5)
    assert same == {"value": 0.0, "low": 0.0, "high": 0.0, "p_better": 0.5}


@pytest.mark.parametrize(
    ("y", "scores", "said"),
    [
        ([], [], "n > 0"),
        ([0, 1], [0.5], "shapes"),
        ([0, 2], [0.5, 0.5], "0 \\(good\\) and 1 \\(fault\\)"),
        ([0, 1], [0.5, np.nan], "finite"),
    ],
)
def test_unusable_rows_are_refused(y: list[int], scores: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        detect(np.array(y), np.array(scores), 0.5)


def test_unusable_settings_are_refused() -> None:
    y, scores = np.array([0, 1]), np.array([0.2, 0.9])
    with pytest.raises(ValueError, match="beta must be"):
        detect(y, scores, 0.5, beta=0)
    with pytest.raises(ValueError, match="cost_ratio must be"):
        expected_cost(y, scores, 0.5, -1)
    with pytest.raises(ValueError, match="metric must be one of"):
        paired_difference(y, scores, 0.5, scores, 0.5, "f3")
    with pytest.raises(ValueError, match="level"):
        bootstrap_intervals(y, scores, 0.5, level=95)
    with pytest.raises(ValueError, match="n must be"):
        bootstrap_intervals(y, scores, 0.5, n=0)
