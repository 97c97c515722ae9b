"""No filter: for generators that can be asked for faults."""

from dataclasses import dataclass

import numpy as np

from rarefault.filters.base import Filter


@dataclass(frozen=True)
class KeepAllSettings:
    """Nothing to set."""

    seed: int = 0


class KeepAll(Filter):
    """Keeps the first n rows; it makes no claim, so there is nothing for the gate to refuse."""

    name = "none"
    accepts = "all rows"
    Settings = KeepAllSettings

    def _fit(self, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        self.d_max_ = 0.0
        return np.ones(len(Z), dtype=bool)

    def _distance(self, Z: np.ndarray) -> np.ndarray:
        return np.zeros(len(Z))

    def passes(self, min_lift: float = 1.5, min_recall: float = 0.5) -> bool:
        """Always: every row is kept."""
        return True

    def reason(self, min_lift: float = 1.5, min_recall: float = 0.5) -> str:
        """One sentence that says so."""
        return "No filter: every row is kept."
