"""What every filter does: learn from real rows where faults lie, keep the synthetic rows that lie there."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from rarefault.generators.table.encoding import TableEncoder
from rarefault.settings import from_params


class Filter(ABC):
    """Keeps the synthetic rows that are within `d_max_` of where a fault is expected, nearest first.

    Distances are in the [-1, 1]-scaled space of the real rows unless the filter says otherwise. `quality_` measures
    the filter on the real rows it was fitted on: of the rows it accepts, purity is the share of faults and lift
    that share over the base rate; recall is the share of all faults it accepts.
    """

    name: ClassVar[str]
    accepts: ClassVar[str]
    """What the accepted real rows are called in `reason`."""
    Settings: ClassVar[type]

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from a plain dict of settings; raises ValueError for unknown or wrong ones."""
        return cls(from_params(cls.Settings, params))

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Self:
        """Learn from complete real rows X (n, d) with labels y (n,), 1 = fault; raises ValueError for others."""
        y = np.asarray(y)
        if len(X) == 0 or len(X) != len(y):
            raise ValueError(f"{self.name} needs at least one row and a label for each, got {len(X)} and {len(y)}")
        gaps = X.columns[X.isna().any()]
        if len(gaps):
            raise ValueError(f"{self.name} needs complete rows; missing values in {list(gaps)[:5]}")
        self.encoder_ = TableEncoder().fit(X)
        accepted = self._fit(self.encoder_.encode(X).astype(np.float64), y)
        self.quality_ = _quality(accepted, y == 1)
        return self

    def keep(self, X: pd.DataFrame, n: int) -> np.ndarray:
        """Positions of at most n rows of X (m, d) within d_max_, nearest first; ties in the order of X."""
        if n < 0:
            raise ValueError(f"n must be >= 0, got {n}")
        if len(X) == 0:
            return np.empty(0, dtype=np.int64)
        distance = self._distance(self.encoder_.encode(X).astype(np.float64))
        order = np.argsort(distance, kind="stable")
        return np.asarray(order[distance[order] <= self.d_max_][:n], dtype=np.int64)

    def passes(self, min_lift: float = 1.5, min_recall: float = 0.5) -> bool:
        """Whether the filter finds faults well enough on real rows to be trusted with synthetic ones."""
        return self.quality_["lift"] >= min_lift and self.quality_["recall"] >= min_recall

    def reason(self, min_lift: float = 1.5, min_recall: float = 0.5) -> str:
        """One sentence that says what `passes` decided and from which figures."""
        q = self.quality_
        verdict = "passes" if self.passes(min_lift, min_recall) else "fails"
        return (
            f"The {self.name} filter {verdict} its gate: {self.accepts} are {q['purity']:.1%} faults, "
            f"{q['lift']:.2f} times the base rate (at least {min_lift:g} needed), "
            f"and hold {q['recall']:.1%} of all faults (at least {min_recall:.0%} needed)."
        )

    d_max_: float

    @abstractmethod
    def _fit(self, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Learn from the scaled rows Z (n, k), set d_max_, and say which of them are accepted, (n,) bool."""

    @abstractmethod
    def _distance(self, Z: np.ndarray) -> np.ndarray:
        """Distance (m,) of each scaled row Z (m, k) from where a fault is expected."""


def _quality(accepted: np.ndarray, faulty: np.ndarray) -> dict[str, float]:
    caught = float((accepted & faulty).sum())
    base_rate = float(faulty.mean())
    purity = caught / accepted.sum() if accepted.any() else 0.0
    return {
        "purity": float(purity),
        "lift": float(purity / base_rate) if base_rate else 0.0,
        "recall": float(caught / faulty.sum()) if base_rate else 0.0,
        "base_rate": base_rate,
    }


def check_reach(d_max: float | None, quantile: float) -> None:
    """Raises ValueError unless d_max is None or > 0 and quantile is in (0, 1]."""
    if d_max is not None and not d_max > 0:
        raise ValueError(f"d_max must be > 0 or None, got {d_max}")
    if not 0 < quantile <= 1:
        raise ValueError(f"quantile must be in (0, 1], got {quantile}")
