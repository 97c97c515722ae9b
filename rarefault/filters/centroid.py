"""Near the centroid of the rows that are labelled faulty: the paper's filter with labels in place of clusters."""

from dataclasses import dataclass

import numpy as np

from rarefault.filters.base import Filter, check_reach


@dataclass(frozen=True)
class FaultCentroidSettings:
    """d_max: largest distance from the centroid, in [-1, 1]-scaled units, > 0.

    None takes it from the data: the `quantile` of the distances of the real faults.
    """

    d_max: float | None = None
    quantile: float = 0.75
    seed: int = 0

    def __post_init__(self) -> None:
        check_reach(self.d_max, self.quantile)


class FaultCentroid(Filter):
    """Rows by their Euclidean distance from the mean of the real faults."""

    name = "fault-centroid"
    accepts = "the real rows within reach of the faults' centroid"
    Settings = FaultCentroidSettings
    settings: FaultCentroidSettings

    def _fit(self, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        if not (y == 1).any():
            raise ValueError("fault-centroid needs at least one row with y = 1, got none")
        self.centroid_ = Z[y == 1].mean(axis=0)
        distance = self._distance(Z)
        own = float(np.quantile(distance[y == 1], self.settings.quantile))
        self.d_max_ = own if self.settings.d_max is None else self.settings.d_max
        return np.asarray(distance <= self.d_max_)

    def _distance(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(Z - self.centroid_, axis=1))
