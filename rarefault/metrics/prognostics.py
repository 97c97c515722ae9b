"""How good a health indicator is: the measures of the field's literature, each from the indicator's values alone.

Monotonicity, trendability and robustness lie in [0, 1], 1 being best, and do not change when the indicator is
multiplied by a number > 0. Snapshot-to-snapshot noise drowns them, so they are also taken of `smoothed` values, with
the same smoothing for every indicator.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from rarefault.metrics.intervals import wilson


def share(count: int, of: int) -> dict[str, Any]:
    """count, of, and count / of as "value" with its 95 % interval "low" to "high" (Wilson, 1927).

    The three are None where there is nothing to count; raises ValueError for counts out of range.
    """
    if not 0 <= count <= of:
        raise ValueError(f"count must be between 0 and {of}, got {count}")
    low, high = wilson(count, of) if of else (None, None)
    return {"count": count, "of": of, "value": count / of if of else None, "low": low, "high": high}


def false_alarm_rate(beyond: int, healthy: int) -> dict[str, Any]:
    """The share of `healthy` snapshots, none of which was learned from, that lie beyond the threshold.

    The interval takes snapshots as independent; neighbours in time are alike, and the truth is then less certain.
    """
    return share(beyond, healthy)


def smoothed(values: np.ndarray, k: int = 25) -> np.ndarray:
    """The mean of each value and up to k - 1 before it, (n,): what is known by then."""
    values = _checked(values, least=1)
    if k < 1:
        raise ValueError(f"k must be >= 1, got {k}")
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - k, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def monotonicity(values: np.ndarray) -> float:
    """|steps up - steps down| / steps of one life (n,), n >= 2 (Coble, 2010): 1 where it only grows or only falls."""
    steps = np.diff(_checked(values))
    return float(abs(int((steps > 0).sum()) - int((steps < 0).sum())) / len(steps))


def trendability(lives: Sequence[np.ndarray], times: Sequence[np.ndarray] | None = None) -> float:
    """How alike the lives run, 0..1: the smallest |correlation| between two of them (Coble, 2010).

    Lives (n_i,), n_i >= 2, are compared at equal shares of their length. Of one life alone it is its |correlation|
    with time (Zhang et al., 2016): times (n,), else the snapshots' numbers. A constant life has 0.
    """
    if not lives:
        raise ValueError("trendability needs one life or more, got none")
    curves = [_checked(life) for life in lives]
    if len(curves) == 1:
        clock = np.arange(len(curves[0]), dtype=np.float64) if times is None else _checked(times[0])
        return _correlation(curves[0], clock)
    points = max(len(curve) for curve in curves)
    ages = np.linspace(0, 1, points)
    even = [np.interp(ages, np.linspace(0, 1, len(curve)), curve) for curve in curves]
    return min(_correlation(a, b) for i, a in enumerate(even) for b in even[i + 1 :])


def robustness(values: np.ndarray, k: int = 25) -> float:
    """Mean of exp(-|residual / value|) of one life (n,), n >= 2 (Zhang et al., 2016): 1 for no scatter.

    The residual is what a centred mean of k values (fewer at the ends) leaves. A value of 0 counts as 1 where the mean
    is 0 as well, else as 0.
    """
    values = _checked(values)
    residual = np.abs(values - _centred(values, k))
    ratio = np.divide(residual, np.abs(values), out=np.full(len(values), np.inf), where=values != 0)
    ratio[(values == 0) & (residual == 0)] = 0.0
    return float(np.exp(-ratio).mean())


def severity(truth: Sequence[str], told: Sequence[str], states: Sequence[str]) -> dict[str, Any]:
    """The paper's tables 2 to 4: truth and told (n,) among `states`; snapshots with an unknown truth "" are left out.

    Gives "accuracy" (share of all), "balanced" (mean over the true states that occur, None without any), "states"
    (state -> share told right) and "counts" (true state -> told state -> n). Raises ValueError for other states.
    """
    pairs = Counter((true, said) for true, said in zip(truth, told, strict=True) if true)
    odd = sorted({state for pair in pairs for state in pair} - set(states))
    if odd:
        raise ValueError(f"states must be among {list(states)}, got {odd[:5]}")
    counts = {true: {said: pairs[true, said] for said in states} for true in states}
    each = {true: share(row[true], sum(row.values())) for true, row in counts.items()}
    rates = [found["value"] for found in each.values() if found["of"]]
    return {
        "accuracy": share(sum(found["count"] for found in each.values()), sum(pairs.values())),
        "balanced": float(np.mean(rates)) if rates else None,
        "states": each,
        "counts": counts,
    }


def _centred(values: np.ndarray, k: int) -> np.ndarray:
    if k < 1:
        raise ValueError(f"k must be >= 1, got {k}")
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(len(values))
    starts, ends = np.maximum(at - k // 2, 0), np.minimum(at + (k + 1) // 2, len(values))
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) != len(b):
        raise ValueError(f"there are {len(a)} values but {len(b)} times")
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    # Scaled first, so that squares of huge or tiny values neither overflow nor vanish.
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return min(float(abs(a @ b) / np.sqrt((a @ a) * (b @ b))), 1.0)


def _checked(values: np.ndarray, least: int = 2) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) < least or not np.isfinite(values).all():
        raise ValueError(
            f"values must be (n,) finite numbers, n >= {least}, got shape {values.shape} or NaN among them"
        )
    return values
