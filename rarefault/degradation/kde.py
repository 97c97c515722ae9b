"""Kernel density estimate with a Gaussian kernel; its probabilities in closed form, without a grid.

Source of the method: Parzen (1962); the default bandwidth is Scott's rule (1992), as in scipy's gaussian_kde.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

_BLOCK = 1 << 20
"""Differences between places and points held at once."""


class Density:
    """The density of `points` (n,); bandwidth: the kernel's standard deviation, > 0, or None for Scott's rule.

    Raises ValueError for no points, points that are not finite, and for Scott's rule with points all alike.
    """

    def __init__(self, points: np.ndarray, bandwidth: float | None = None) -> None:
        self.points = np.asarray(points, dtype=np.float64)
        if self.points.ndim != 1 or not len(self.points) or not np.isfinite(self.points).all():
            raise ValueError(f"points must be (n,) finite numbers, n >= 1, got shape {self.points.shape}")
        self.bandwidth = scott(self.points) if bandwidth is None else float(bandwidth)
        if not 0 < self.bandwidth < math.inf:
            raise ValueError(f"bandwidth must be > 0, got {self.bandwidth}")

    def pdf(self, at: np.ndarray | float) -> np.ndarray:
        """The density at places (m,); (m,)."""
        scale = self.bandwidth * math.sqrt(2 * math.pi)
        return self._mean(at, lambda z: np.exp(-0.5 * z * z)) / scale

    def cdf(self, at: np.ndarray | float) -> np.ndarray:
        """The probability of a value up to each place (m,); (m,)."""
        return self._mean(at, ndtr)

    def exceedance(self, at: np.ndarray | float) -> np.ndarray:
        """The probability of a value beyond each place (m,): the mean of normal tails; (m,)."""
        return self._mean(at, lambda z: ndtr(-z))

    def quantile(self, q: float) -> float:
        """The place with probability q in (0, 1) below it, by root finding on the exact probabilities."""
        if not 0 < q < 1:
            raise ValueError(f"q must be in (0, 1), got {q}")
        # Each kernel's own quantile bounds that of their mixture.
        shift = self.bandwidth * float(ndtri(q))
        low, high = float(self.points.min()) + shift, float(self.points.max()) + shift
        if low == high:
            return low
        # The smaller tail keeps the digits of a q near 0 or 1.
        if q > 0.5:
            return _root(lambda v: float(self.exceedance(v)[0]) - (1 - q), low, high)
        return _root(lambda v: float(self.cdf(v)[0]) - q, low, high)

    def _mean(self, at: np.ndarray | float, kernel: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        places = np.atleast_1d(np.asarray(at, dtype=np.float64))
        found = np.empty(len(places))
        step = max(1, _BLOCK // len(self.points))
        for start in range(0, len(places), step):
            z = (places[start : start + step, None] - self.points) / self.bandwidth  # (step, n)
            found[start : start + step] = kernel(z).mean(axis=1)
        return found


def scott(points: np.ndarray) -> float:
    """Scott's rule: standard deviation x n^(-1/5); raises ValueError when it is 0."""
    spread = float(np.std(points, ddof=1)) if len(points) > 1 else 0.0
    if not spread > 0:
        raise ValueError(f"{len(points)} points without spread give no bandwidth; give one")
    return spread * math.pow(len(points), -0.2)


def threshold(healthy: np.ndarray, confidence: float = 0.999) -> float:
    """V: the value that healthy indicators (n,) stay below with probability `confidence` (the paper's equation 8)."""
    return Density(healthy).quantile(confidence)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    tolerance = max(1e-14 * max(abs(low), abs(high)), 1e-300)
    root: float = brentq(function, low, high, xtol=tolerance)
    return root
