"""The decision threshold that is best for F-beta or for a cost ratio."""

import numpy as np

from rarefault.metrics.detection import cost, f_beta
from rarefault.metrics.evidence import Evidence, check_scored


def tune_threshold(y: np.ndarray, scores: np.ndarray, beta: float = 2.0, cost_ratio: float | None = None) -> float:
    """The threshold t for which calling scores >= t a fault is best on rows with labels y (n,), scores (n,).

    Best is the highest F-beta, or with cost_ratio (cost of a miss over cost of a false alarm) the least cost. All
    cuts between distinct scores are tried. Neighbouring cuts that are equally good form a plateau: the answer is the
    middle of the widest one, the lowest of equally wide ones.
    """
    metric = cost(cost_ratio) if cost_ratio is not None else f_beta(beta)
    y, scores = check_scored(y, scores)
    value = metric.function(_every_cut(y, scores))
    if metric.direction == "lower":
        value = -value
    best = value >= value.max() - 1e-12 * max(1.0, abs(value.max()))  # rounding must not split a plateau
    edges = _edges(np.unique(scores))
    starts = np.flatnonzero(best & ~np.append(False, best[:-1]))
    ends = np.flatnonzero(best & ~np.append(best[1:], False))
    widest = int(np.argmax(edges[ends + 1] - edges[starts]))
    return _middle(edges[starts[widest]], edges[ends[widest] + 1])


def cross_fitted(
    y: np.ndarray, scores: np.ndarray, fold_ids: np.ndarray, beta: float = 2.0, cost_ratio: float | None = None
) -> dict[int, float]:
    """For each fold, the threshold tuned on the out-of-fold scores of all other folds.

    fold_ids: (n,) the fold in which each row was held out. Raises ValueError for fewer than two folds.
    """
    y, scores = check_scored(y, scores)
    fold_ids = np.asarray(fold_ids)
    folds = np.unique(fold_ids).tolist()
    if len(fold_ids) != len(y) or len(folds) < 2:
        raise ValueError(f"fold_ids must give each of {len(y)} rows one of two or more folds, got folds {folds[:5]}")
    return {fold: tune_threshold(y[fold_ids != fold], scores[fold_ids != fold], beta, cost_ratio) for fold in folds}


def _every_cut(y: np.ndarray, scores: np.ndarray) -> Evidence:
    """Counts when the k lowest distinct scores are called good, k = 0 .. all."""
    _, group = np.unique(scores, return_inverse=True)
    fn = np.append(0.0, np.cumsum(np.bincount(group, weights=y)))
    tn = np.append(0.0, np.cumsum(np.bincount(group, weights=1 - y)))
    return Evidence(tn, tn[-1] - tn, fn, fn[-1] - fn)


def _edges(distinct: np.ndarray) -> np.ndarray:
    """Cut k lies in (edges[k], edges[k + 1]]; the first calls every row a fault, the last none."""
    margin = max((distinct[-1] - distinct[0]) / len(distinct), 2 * float(np.spacing(np.abs(distinct).max())))
    return np.concatenate([distinct[:1], distinct, [distinct[-1] + margin]])


def _middle(low: float, high: float) -> float:
    middle = low + (high - low) / 2.0
    return float(middle if low < middle <= high else high)
