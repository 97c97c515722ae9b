"""Where the training rows lie along a column or a pair of columns, good and faulty ones counted apart."""

from typing import Any

import numpy as np

_FEW = 12  # values: each gets a bin of its own
_BINS, _PAIR_BINS = 24, 10
_TAIL = 0.005


def edges_of(x: np.ndarray, bins: int = _BINS) -> np.ndarray:
    """Edges of the bins that show the complete column x (n,).

    A bin a value where there are few; else equal bins over the whole range, or, where outliers would squeeze all else
    into a corner, over the middle 99 % of the rows.
    """
    values = np.unique(x)
    if len(values) <= _FEW:
        middles = (values[1:] + values[:-1]) / 2.0
        half = float(np.diff(values).min()) / 2.0 if len(values) > 1 else 0.5
        return np.concatenate([[values[0] - half], middles, [values[-1] + half]])
    low, high = np.quantile(x, [_TAIL, 1.0 - _TAIL])
    if not low < high or values[-1] - values[0] <= 2.0 * (high - low):
        low, high = values[0], values[-1]
    return np.linspace(low, high, bins + 1)


def counted(x: np.ndarray, y: np.ndarray, edges: np.ndarray) -> dict[str, Any]:
    """good and faulty: how many rows of x (n,), y (n,) lie in each bin; rows beyond count in the end bins."""
    inside = np.clip(x, edges[0], edges[-1])
    return {name: np.histogram(inside[y == k], edges)[0].tolist() for name, k in (("good", 0), ("faulty", 1))}


def counted_pairs(x1: np.ndarray, x2: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """edges of both columns, and good and faulty: rows in each cell (bins of x1, bins of x2)."""
    edges = [edges_of(x, _PAIR_BINS) for x in (x1, x2)]
    inside = [np.clip(x, e[0], e[-1]) for x, e in zip((x1, x2), edges, strict=True)]
    cells = {
        name: np.histogram2d(inside[0][y == k], inside[1][y == k], edges)[0].astype(int).tolist()
        for name, k in (("good", 0), ("faulty", 1))
    }
    return {"edges": [e.tolist() for e in edges], **cells}
