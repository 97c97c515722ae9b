"""What detection metrics are made of, for many resamples of the same rows at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

_CELLS = 200_000
"""Resamples are worked off in blocks of at most this many weights, to bound the memory."""


def divide(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Element-wise quotient, 0 where the denominator is 0."""
    quotient: np.ndarray = np.divide(over, under, out=np.zeros(np.broadcast(over, under).shape), where=under != 0)
    return quotient


def _no_ranking() -> tuple[np.ndarray, np.ndarray]:
    raise ValueError("these counts carry no ranking of the rows")


@dataclass(frozen=True)
class Evidence:
    """Confusion counts of r weighted resamples, each (r,), and how to get their ranking.

    curve() gives (tp, fp), each (r, k), after each of k groups of tied scores, from the highest score down.
    """

    tn: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tp: np.ndarray
    curve: Callable[[], tuple[np.ndarray, np.ndarray]] = field(default=_no_ranking, repr=False)

    @cached_property
    def ranking(self) -> tuple[np.ndarray, np.ndarray]:
        """The curve, computed once and only for the metrics that need it."""
        return self.curve()


@dataclass(frozen=True)
class Metric:
    """A number computed from Evidence for every resample; higher or lower is better; bounds are inclusive."""

    name: str
    direction: Literal["higher", "lower"]
    bounds: tuple[float, float]
    function: Callable[[Evidence], np.ndarray] = field(repr=False)

    def __call__(self, y: np.ndarray, scores: np.ndarray, threshold: float) -> float:
        """The metric of rows with labels y (n,) and fault scores (n,), a fault being scores >= threshold."""
        return float(self.function(ScoredRows(y, scores, threshold).evidence())[0])


class ScoredRows:
    """Rows with labels y (n,) in {0, 1}, scores (n,), higher for faults, and the threshold that calls a fault.

    Raises ValueError for no rows, for lengths that differ, and for scores or labels that are not finite.
    """

    def __init__(self, y: np.ndarray, scores: np.ndarray, threshold: float) -> None:
        y, scores = check_scored(y, scores)
        self.faulty = y == 1
        self.called = scores >= float(threshold)
        self.order = np.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        self.group_ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)

    def __len__(self) -> int:
        return len(self.faulty)

    def evidence(self, weights: np.ndarray | None = None) -> Evidence:
        """Counts of the rows, row i counted weights[:, i] times; weights is (r, n), one of each by default."""
        weights = np.ones((1, len(self))) if weights is None else weights
        parts = np.stack([~self.faulty & ~self.called, ~self.faulty & self.called,
                          self.faulty & ~self.called, self.faulty & self.called], axis=1)  # fmt: skip
        tn, fp, fn, tp = (weights @ parts.astype(np.float64)).T
        return Evidence(tn, fp, fn, tp, lambda: self._curve(weights))

    def _curve(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ranked = weights[:, self.order]
        all_called = np.cumsum(ranked, axis=1)[:, self.group_ends]
        tp = np.cumsum(ranked * self.faulty[self.order], axis=1)[:, self.group_ends]
        return tp, all_called - tp

    def resampled(self, metrics: dict[str, Metric], n: int, seed: int) -> dict[str, np.ndarray]:
        """Each metric on n resamples with replacement (n,); the same seed and row count give the same resamples."""
        rng = np.random.default_rng(seed)
        rows = len(self)
        block = max(1, _CELLS // rows)
        parts: list[list[np.ndarray]] = []
        for start in range(0, n, block):
            r = min(block, n - start)
            picks = rng.integers(rows, size=(r, rows)) + rows * np.arange(r)[:, None]
            weights = np.bincount(picks.ravel(), minlength=r * rows).reshape(r, rows).astype(np.float64)
            evidence = self.evidence(weights)
            parts.append([metric.function(evidence) for metric in metrics.values()])
        return {name: np.concatenate(values) for name, values in zip(metrics, zip(*parts, strict=True), strict=True)}


def check_scored(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels as int8 and scores as float64, both (n,); raises ValueError for anything else."""
    y, scores = np.asarray(y), np.asarray(scores, dtype=np.float64)
    if y.ndim != 1 or scores.shape != y.shape or len(y) == 0:
        raise ValueError(f"y and scores must be two (n,) arrays with n > 0, got shapes {y.shape} and {scores.shape}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"y must hold 0 (good) and 1 (fault) only, got {np.unique(y)[:5].tolist()}")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite numbers, got missing or infinite ones")
    return y.astype(np.int8), scores
