"""Curves over all thresholds, thinned to what a figure can show."""

import numpy as np

_POINTS = 200


def roc_points(y: np.ndarray, scores: np.ndarray) -> dict[str, list[float]]:
    """fpr, tpr and threshold of the ROC curve, finite and at most 200 points each."""
    from sklearn.metrics import roc_curve

    fpr, tpr, threshold = roc_curve(y, scores)
    threshold[0] = min(1.0, float(scores.max()) + 1e-9)  # scikit-learn starts the curve at infinity
    kept = _thinned(len(fpr))
    return {"fpr": fpr[kept].tolist(), "tpr": tpr[kept].tolist(), "threshold": threshold[kept].tolist()}


def detection_curves(y: np.ndarray, scores: np.ndarray) -> dict[str, list[list[float]]]:
    """roc [[fpr, tpr]], pr [[recall, precision]] and thresholds [[t, precision, recall, F2]] of scores (n,)."""
    from sklearn.metrics import precision_recall_curve

    roc = roc_points(y, scores)
    precision, recall, threshold = precision_recall_curve(y, scores)
    kept = _thinned(len(precision))
    f2 = 5 * precision * recall / np.maximum(4 * precision + recall, 1e-12)
    inner = _thinned(len(threshold))
    return {
        "roc": np.column_stack([roc["fpr"], roc["tpr"]]).tolist(),
        "pr": np.column_stack([recall[kept], precision[kept]]).tolist(),
        "thresholds": np.column_stack([threshold[inner], precision[inner], recall[inner], f2[inner]]).tolist(),
    }


def _thinned(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, _POINTS)).astype(int))
