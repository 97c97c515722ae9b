"""A Gaussian copula per class: each column keeps its own distribution, a normal correlation ties them together.

Nelsen, An Introduction to Copulas (2006); Patki et al., The Synthetic Data Vault (2016); the correlation is shrunk
towards independence as Ledoit and Wolf (2004) say, so that a class with fewer rows than columns can be modelled.
"""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata
from sklearn.covariance import ledoit_wolf

from rarefault.generators.base import Generator, Progress
from rarefault.generators.table.codes import RowCodes

_LEAST_SPREAD = 0.5
_CHUNK = 10_000


@dataclass(frozen=True)
class CopulaSettings:
    """quantiles: each numeric column of a class is kept as at most this many of its quantiles, >= 2."""

    quantiles: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.quantiles < 2:
            raise ValueError(f"quantiles must be >= 2, got {self.quantiles}")


@dataclass(frozen=True)
class ClassCopula:
    """One class: quantiles (q, d) of each column, levels as their positions, and the root (d, d) of the correlation."""

    quantiles: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, M: np.ndarray, categorical: np.ndarray, n_quantiles: int) -> Self:
        """Learn from the rows M (n, d) of one class; categorical (d,) says which columns hold levels."""
        return cls(_quantiles(M, categorical, min(len(M), n_quantiles)), _root(_correlation(_normal_scores(M))))

    def sample(self, n: int, categorical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw n rows (n, d); between two levels nothing lies, between two numbers all that does."""
        rows = np.empty((n, len(self.root)))
        for start in range(0, n, _CHUNK):
            chunk = rows[start : start + _CHUNK]
            chunk[:] = self._draw(len(chunk), categorical, rng)
        return rows

    def _draw(self, n: int, categorical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        q = len(self.quantiles)
        u = ndtr(rng.normal(size=(n, len(self.root))) @ self.root.T)
        place = np.clip(u * q - 0.5, 0.0, q - 1.0)  # (n, d), in steps of one quantile
        place[:, categorical] = np.rint(place[:, categorical])
        below = place.astype(np.intp)
        above = np.minimum(below + 1, q - 1)
        low, high = (np.take_along_axis(self.quantiles, at, axis=0) for at in (below, above))
        return np.asarray(low + (place - below) * (high - low))


def _quantiles(M: np.ndarray, categorical: np.ndarray, q: int) -> np.ndarray:
    """The (k + 0.5) / q quantiles of each column, (q, d)."""
    if q == len(M):
        return np.sort(M, axis=0)
    points = (np.arange(q) + 0.5) / q
    quantiles: np.ndarray = np.quantile(M, points, axis=0, method="hazen")
    quantiles[:, categorical] = np.quantile(M[:, categorical], points, axis=0, method="inverted_cdf")
    return quantiles


def _normal_scores(M: np.ndarray) -> np.ndarray:
    """Each value's normal score, (n, d); values that are tied share the mean of theirs."""
    total = np.append(0.0, np.cumsum(ndtri((np.arange(len(M)) + 0.5) / len(M))))
    first = rankdata(M, method="min", axis=0).astype(np.intp) - 1
    last = rankdata(M, method="max", axis=0).astype(np.intp)
    return np.asarray((total[last] - total[first]) / (last - first))


def _correlation(scores: np.ndarray) -> np.ndarray:
    """Correlation of the normal variables behind the normal scores (n, d), shrunk as Ledoit and Wolf say.

    Ties take variance from a score and, to first order, as much of its correlations, which is put back (Olsson et
    al., 1982, for one tied variable); not where so much is gone that mostly noise would grow.
    """
    spread = scores.std(axis=0)
    varies = spread > 1e-9
    if not varies.any():
        return np.eye(scores.shape[1])
    covariance = ledoit_wolf(np.where(varies, scores / np.where(varies, spread, 1.0), 0.0), assume_centered=True)[0]
    size = np.sqrt(np.diag(covariance)) * np.clip(spread, _LEAST_SPREAD, 1.0)
    size[~varies] = 1.0
    correlation = np.clip(covariance / np.outer(size, size), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)


def _root(correlation: np.ndarray) -> np.ndarray:
    """R, its rows of length 1, with R @ R.T the correlation, or near it where that is not positive definite."""
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True))


class GaussianCopula(Generator):
    """Draws rows of a class whose columns follow its quantiles and whose ranks follow its shrunk correlation.

    Numbers are interpolated between neighbouring quantiles and never leave the range of the class; whole-numbered
    columns are rounded; levels come as often as in the class.
    """

    name = "gaussian-copula"
    Settings = CopulaSettings
    settings: CopulaSettings

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        self.codes_ = RowCodes().fit(X)
        M = self.codes_.encode(X)
        self.classes_: dict[int, ClassCopula] = {}
        for done, label in enumerate(self.class_counts_):
            self.classes_[label] = ClassCopula.of(M[y == label], self.codes_.categorical_, self.settings.quantiles)
            if progress:
                progress(done + 1, len(self.class_counts_))

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        rows = self.classes_[cast(int, label)].sample(n, self.codes_.categorical_, self.rng_)
        return self.codes_.decode(rows)

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        quantiles = {f"quantiles.{label}": c.quantiles for label, c in self.classes_.items()}
        roots = {f"root.{label}": c.root for label, c in self.classes_.items()}
        return {**quantiles, **roots}, {"columns": self.codes_.to_json()}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.codes_ = RowCodes.from_json(facts["columns"])
        self.classes_ = {k: ClassCopula(arrays[f"quantiles.{k}"], arrays[f"root.{k}"]) for k in self.class_counts_}
