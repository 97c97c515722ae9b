"""The paper's filter: near the smaller of two K-means centroids (III-A, steps 4 and 5)."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from rarefault.filters.base import Filter, check_reach


@dataclass(frozen=True)
class KMeansSettings:
    """d_max: largest distance from the centroid, in [-1, 1]-scaled units, > 0.

    None takes it from the data: the `quantile` of the distances of the smaller cluster's own rows. starts: random
    initialisations, of which the tightest is taken.
    """

    d_max: float | None = None
    quantile: float = 0.95
    starts: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        check_reach(self.d_max, self.quantile)
        if self.starts < 1:
            raise ValueError(f"starts must be >= 1, got {self.starts}")


class KMeansFilter(Filter):
    """Two clusters of the real rows, presumably good and faulty parts; the smaller one is taken for the faults.

    That presumption fails on most data sets: `quality_` measures the smaller cluster against the real labels.
    """

    name = "kmeans"
    accepts = "the rows of the smaller cluster"
    Settings = KMeansSettings
    settings: KMeansSettings

    def _fit(self, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        if (Z[0] == Z).all():
            raise ValueError("kmeans needs two or more different rows to find two clusters, got one")
        model = KMeans(n_clusters=2, n_init=self.settings.starts, random_state=self.settings.seed).fit(Z)
        sizes = np.bincount(model.labels_, minlength=2)
        self.centroid_ = model.cluster_centers_[int(np.argmin(sizes))]
        accepted = np.asarray(model.labels_ == int(np.argmin(sizes)))
        own = float(np.quantile(self._distance(Z[accepted]), self.settings.quantile))
        self.d_max_ = own if self.settings.d_max is None else self.settings.d_max
        return accepted

    def _distance(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.norm(Z - self.centroid_, axis=1))
