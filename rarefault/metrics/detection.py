"""How well faults are detected: metrics with bootstrap intervals, and two detectors compared on the same rows.

A row is called a fault when its score is at least the threshold. No metric is ever NaN: a quotient by zero is 0,
and the ROC AUC of rows of one class is 0.5.
"""

import math

import numpy as np

from rarefault.metrics.evidence import Evidence, Metric, ScoredRows, divide

COUNTS = (0.0, math.inf)
SHARE = (0.0, 1.0)


def _recall(e: Evidence) -> np.ndarray:
    return divide(e.tp, e.tp + e.fn)


def _precision(e: Evidence) -> np.ndarray:
    return divide(e.tp, e.tp + e.fp)


def _accuracy(e: Evidence) -> np.ndarray:
    return divide(e.tp + e.tn, e.tp + e.tn + e.fp + e.fn)


def _g_mean(e: Evidence) -> np.ndarray:
    """Square root of recall times specificity (Kubat and Matwin, 1997)."""
    return np.asarray(np.sqrt(_recall(e) * divide(e.tn, e.tn + e.fp)))


def _pr_auc(e: Evidence) -> np.ndarray:
    """Average precision: precision at each distinct score, weighted by the recall gained there."""
    tp, fp = e.ranking
    gained = np.diff(tp, axis=1, prepend=0.0)
    return divide((gained * divide(tp, tp + fp)).sum(axis=1), tp[:, -1])


def _roc_auc(e: Evidence) -> np.ndarray:
    tp, fp = e.ranking
    height = tp - np.diff(tp, axis=1, prepend=0.0) / 2.0
    area = (np.diff(fp, axis=1, prepend=0.0) * height).sum(axis=1)
    whole = tp[:, -1] * fp[:, -1]
    return np.where(whole > 0, divide(area, whole), 0.5)


def f_beta(beta: float, name: str = "f_beta") -> Metric:
    """F-beta, where recall counts beta times as much as precision (van Rijsbergen, 1979)."""
    if not (math.isfinite(beta) and beta > 0):
        raise ValueError(f"beta must be a finite number > 0, got {beta}")

    def value(e: Evidence) -> np.ndarray:
        hits = (1.0 + beta**2) * e.tp
        return divide(hits, hits + beta**2 * e.fn + e.fp)

    return Metric(name, "higher", SHARE, value)


def cost(cost_ratio: float) -> Metric:
    """Mean cost of a row, in false alarms, when a missed fault costs cost_ratio false alarms."""
    if not (math.isfinite(cost_ratio) and cost_ratio > 0):
        raise ValueError(f"cost_ratio must be a finite number > 0, got {cost_ratio}")
    return Metric(
        "expected_cost",
        "lower",
        (0.0, max(1.0, cost_ratio)),
        lambda e: divide(e.fp + cost_ratio * e.fn, e.tp + e.tn + e.fp + e.fn),
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "higher", SHARE, _accuracy),
        Metric("precision", "higher", SHARE, _precision),
        Metric("recall", "higher", SHARE, _recall),
        f_beta(1.0, "f1"),
        f_beta(2.0, "f2"),
        Metric("g_mean", "higher", SHARE, _g_mean),
        Metric("pr_auc", "higher", SHARE, _pr_auc),
        Metric("roc_auc", "higher", SHARE, _roc_auc),
        Metric("tn", "higher", COUNTS, lambda e: e.tn),
        Metric("fp", "lower", COUNTS, lambda e: e.fp),
        Metric("fn", "lower", COUNTS, lambda e: e.fn),
        Metric("tp", "higher", COUNTS, lambda e: e.tp),
    )
}


def metrics_for(beta: float = 2.0) -> dict[str, Metric]:
    """METRICS, and `f_beta` too when beta is neither 1 nor 2."""
    return METRICS if beta in (1.0, 2.0) else {**METRICS, "f_beta": f_beta(beta)}


def detect(y: np.ndarray, scores: np.ndarray, threshold: float, beta: float = 2.0) -> dict[str, float]:
    """Every metric of labels y (n,) and fault scores (n,) at a threshold; raises ValueError for unusable rows."""
    evidence = ScoredRows(y, scores, threshold).evidence()
    return {name: float(metric.function(evidence)[0]) for name, metric in metrics_for(beta).items()}


def saving(cost_ratio: float) -> Metric:
    """The cost with its sign turned, so that more is better."""
    spent = cost(cost_ratio)
    return Metric("saving", "higher", (-spent.bounds[1], 0.0), lambda e: -spent.function(e))


def expected_cost(y: np.ndarray, scores: np.ndarray, threshold: float, cost_ratio: float) -> float:
    """Mean cost of a row, in false alarms, when a missed fault costs cost_ratio false alarms."""
    return cost(cost_ratio)(y, scores, threshold)


def bootstrap_intervals(
    y: np.ndarray,
    scores: np.ndarray,
    threshold: float,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    beta: float = 2.0,
) -> dict[str, dict[str, float]]:
    """Every metric with its percentile interval over n resamples of the rows (Efron, 1979).

    Returns {name: {"value", "low", "high"}}.
    """
    _check_bootstrap(n, level)
    rows, metrics = ScoredRows(y, scores, threshold), metrics_for(beta)
    draws = rows.resampled(metrics, n, seed)
    return {name: {"value": value, **_interval(draws[name], level)} for name, value in _values(rows, metrics).items()}


def paired_difference(
    y: np.ndarray,
    scores_a: np.ndarray,
    threshold_a: float,
    scores_b: np.ndarray,
    threshold_b: float,
    metric: str | Metric = "f2",
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, float]:
    """How much detector a differs from detector b on the same rows, a minus b.

    Both are measured on the same n resamples. Returns {"value", "low", "high", "p_better"}: p_better is the share of
    resamples where a is the better one in the metric's own direction, ties counted half.
    """
    _check_bootstrap(n, level)
    chosen = {"metric": _known(metric)}
    a, b = ScoredRows(y, scores_a, threshold_a), ScoredRows(y, scores_b, threshold_b)
    difference = a.resampled(chosen, n, seed)["metric"] - b.resampled(chosen, n, seed)["metric"]
    gain = difference if chosen["metric"].direction == "higher" else -difference
    p_better = float((gain > 0).mean() + 0.5 * (gain == 0).mean())
    value = _values(a, chosen)["metric"] - _values(b, chosen)["metric"]
    return {"value": value, **_interval(difference, level), "p_better": p_better}


def _known(metric: str | Metric) -> Metric:
    if isinstance(metric, Metric):
        return metric
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {sorted(METRICS)}, got {metric!r}")
    return METRICS[metric]


def _values(rows: ScoredRows, metrics: dict[str, Metric]) -> dict[str, float]:
    evidence = rows.evidence()
    return {name: float(metric.function(evidence)[0]) for name, metric in metrics.items()}


def _interval(draws: np.ndarray, level: float) -> dict[str, float]:
    low, high = np.quantile(draws, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return {"low": float(low), "high": float(high)}


def _check_bootstrap(n: int, level: float) -> None:
    if n < 1:
        raise ValueError(f"n must be >= 1 resamples, got {n}")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level}")
