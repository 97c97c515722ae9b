"""Curves over all thresholds: every point that can be seen, and always the chosen operating point."""

from itertools import pairwise
from typing import Any

import numpy as np

_VISIBLE = 0.001
"""A point is left out only where the curve without it passes this near, in units of the axes: half a pixel at most."""


def roc_points(y: np.ndarray, scores: np.ndarray, threshold: float) -> dict[str, list[float]]:
    """fpr, tpr and threshold of the ROC curve, from no alarm to alarms only, all finite; the chosen point is kept."""
    at, tp, fp = _alarms(y, scores)
    at[0] = min(1.0, float(scores.max()) + 1e-9)  # above every score: no alarm
    fpr, tpr = fp / max(fp[-1], 1), tp / max(tp[-1], 1)
    kept = _kept(np.column_stack([fpr, tpr]), _chosen(at, threshold))
    return {"fpr": fpr[kept].tolist(), "tpr": tpr[kept].tolist(), "threshold": at[kept].tolist()}


def detection_curves(
    y: np.ndarray, scores: np.ndarray, threshold: float, beta: float = 2.0
) -> dict[str, list[list[Any]]]:
    """roc [[fpr, tpr]], pr [[recall, precision]] and thresholds [[t, precision, recall, F-beta]] of scores (n,).

    `threshold` is the chosen one, whose points are kept. The last is a staircase, given by its corners; where no score
    reaches the threshold there is no alarm and precision is None.
    """
    roc = roc_points(y, scores, threshold)
    at, tp, fp = (values[1:] for values in _alarms(y, scores))
    recall, precision = tp / max(tp[-1], 1), tp / (tp + fp)
    weight = beta**2
    f = (1 + weight) * tp / np.maximum(weight * tp[-1] + tp + fp, 1)
    first = int(np.argmax(tp > 0))  # before the first fault that is found precision says nothing
    pr = np.column_stack([recall, precision])[first:]
    return {
        "roc": np.column_stack([roc["fpr"], roc["tpr"]]).tolist(),
        "pr": pr[_kept(pr, max(_chosen(at, threshold) - first, 0))].tolist(),
        "thresholds": _staircase(at[::-1], np.column_stack([precision, recall, f])[::-1]),
    }


def _alarms(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct scores, largest first, and the true and false alarms at each; before them infinity without alarms."""
    order = np.argsort(-scores, kind="stable")
    ranked, faults = scores[order], np.cumsum(y[order] == 1)
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    tp = np.concatenate([[0], faults[last]])
    fp = np.concatenate([[0], last + 1 - faults[last]])
    return np.concatenate([[np.inf], ranked[last]]), tp, fp


def _chosen(at: np.ndarray, threshold: float) -> int:
    """Which of the falling thresholds `at` raises the same alarms as `threshold`."""
    return max(int(np.searchsorted(-at, -threshold, side="right")) - 1, 0)


def _staircase(at: np.ndarray, values: np.ndarray) -> list[list[Any]]:
    """Corners of the steps whose height is values[k] for thresholds in (at[k - 1], at[k]]."""
    left = np.concatenate([[0.0], at[:-1]])
    corners = np.repeat(values, 2, axis=0)
    points = np.column_stack([np.column_stack([left, at]).ravel(), corners])
    none = [None, 0.0, 0.0]
    return [*points[_kept(points)].tolist(), [float(at[-1]), *none], [max(1.0, float(at[-1])), *none]]


def _kept(points: np.ndarray, *always: int) -> np.ndarray:
    """Which points (n, d) of a polyline to keep, so that no dropped one is farther from it than can be seen.

    Ramer (1972), Douglas and Peucker (1973), with the rows in `always` kept besides the ends.
    """
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, len(points) - 1, *always]] = True
    open_ = list(pairwise(np.flatnonzero(kept).tolist()))
    while open_:
        first, last = open_.pop()
        if last - first < 2:
            continue
        distances = _distances(points[first + 1 : last], points[first], points[last])
        if distances.max() > _VISIBLE:
            middle = first + 1 + int(distances.argmax())
            kept[middle] = True
            open_ += [(first, middle), (middle, last)]
    return kept


def _distances(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1e-300), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - start - share[:, None] * along, axis=1))
