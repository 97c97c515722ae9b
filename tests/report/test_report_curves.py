"""Curves over thresholds: the operating point is on them, small sets are exact, large ones lose nothing visible."""

import numpy as np
import pytest

from rarefault.report.curves import detection_curves, roc_points

Scores = tuple[np.ndarray, np.ndarray]


def scored(n: int, share: float, seed: int = 0, decimals: int = 12) -> Scores:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    y[:2] = 0, 1
    return y, np.round(1 / (1 + np.exp(-(1.5 * y - 1 + rng.normal(size=n)))), decimals)


def at_threshold(y: np.ndarray, scores: np.ndarray, t: float) -> tuple[float, float, float, float]:
    """fpr, recall, precision (nan without an alarm) and F2, counted row by row."""
    alarm = scores >= t
    tp, fp, fn = (alarm & (y == 1)).sum(), (alarm & (y == 0)).sum(), (~alarm & (y == 1)).sum()
    precision = tp / (tp + fp) if tp + fp else np.nan
    return fp / (y == 0).sum(), tp / y.sum(), precision, 5 * tp / (5 * tp + 4 * fn + fp)


def distance(point: np.ndarray, curve: np.ndarray) -> float:
    """From a point to the nearest place of a polyline."""
    start, along = curve[:-1], np.diff(curve, axis=0)
    lengths = np.maximum((along**2).sum(axis=1), 1e-300)
    share = np.clip(((point - start) * along).sum(axis=1) / lengths, 0, 1)
    return float(np.linalg.norm(point - start - share[:, None] * along, axis=1).min())


@pytest.mark.parametrize("n", [12, 60, 700, 20_000])
@pytest.mark.parametrize("quantile", [0.02, 0.5, 0.93])
def test_the_operating_point_is_a_point_of_each_curve(n: int, quantile: float) -> None:
    y, scores = scored(n, 0.08)
    t = float(np.quantile(scores, quantile)) + 1e-9
    fpr, recall, precision, _ = at_threshold(y, scores, t)
    curves = detection_curves(y, scores, t)
    assert [fpr, recall] in curves["roc"]
    assert recall == 0 or [recall, precision] in curves["pr"]


@pytest.mark.parametrize("n", [30, 400, 20_000])
def test_no_threshold_lies_visibly_off_the_curves(n: int) -> None:
    y, scores = scored(n, 0.1, seed=1)
    curves = detection_curves(y, scores, 0.5)
    roc, pr = np.array(curves["roc"]), np.array(curves["pr"])
    for t in np.random.default_rng(2).choice(scores, 60):
        fpr, recall, precision, _ = at_threshold(y, scores, t)
        assert distance(np.array([fpr, recall]), roc) <= 0.001
        assert recall == 0 or distance(np.array([recall, precision]), pr) <= 0.001
    assert len(roc) + len(pr) < 1500


@pytest.mark.parametrize("decimals", [12, 1])
def test_a_small_set_s_threshold_curve_is_exact_between_scores_too(decimals: int) -> None:
    y, scores = scored(40, 0.2, decimals=decimals)
    points = np.array(detection_curves(y, scores, 0.5)["thresholds"], dtype=float)
    for t in np.linspace(0.001, 0.999, 333):
        if np.abs(scores - t).min() < 0.002:  # less than a pixel beside a step
            continue
        after = int(np.searchsorted(points[:, 0], t))
        _, recall, precision, f2 = at_threshold(y, scores, t)
        for shown in points[after - 1], points[after]:  # a staircase: the same height on both sides
            np.testing.assert_allclose(shown[2:], [recall, f2], atol=2e-3)
            np.testing.assert_allclose(shown[1], precision, atol=2e-3)


def test_the_f_score_follows_beta() -> None:
    y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9])
    rows = detection_curves(y, scores, 0.5, beta=1.0)["thresholds"]
    assert [0.6, 0.5, 0.5, 0.5] in rows  # one of two alarms right, one of two faults found


def test_ties_and_a_single_score_are_one_step() -> None:
    y, scores = np.array([0, 1, 0, 1]), np.full(4, 0.3)
    assert roc_points(y, scores, 0.5) == {"fpr": [0.0, 1.0], "tpr": [0.0, 1.0], "threshold": [0.3 + 1e-9, 0.3]}
    curves = detection_curves(y, scores, 0.5)
    assert curves["pr"] == [[1.0, 0.5]]
    assert curves["thresholds"][-1] == [1.0, None, 0.0, 0.0]


@pytest.mark.parametrize("label", [0, 1])
def test_rows_of_one_class_draw_finite_curves(label: int) -> None:
    curves = detection_curves(np.full(5, label), np.linspace(0.1, 0.9, 5), 0.5)
    assert np.isfinite(np.array(curves["roc"])).all() and np.isfinite(np.array(curves["pr"])).all()


def test_thresholds_are_finite_and_fall() -> None:
    y, scores = scored(300, 0.1)
    thresholds = roc_points(y, scores, 0.5)["threshold"]
    assert np.isfinite(thresholds).all() and (np.diff(thresholds) < 0).all()
