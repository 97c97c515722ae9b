"""Column-by-column distances between two tables, all columns at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

_BINS = 20


@dataclass(frozen=True)
class Columns:
    """Two tables with the same columns, side by side.

    synthetic (d, n) and real (d, m): numeric columns; low and span (d, 1): the minimum and range of real columns, 1
    where one is constant. frequencies: for each categorical column the shares of its levels in synthetic and real,
    (2, levels).
    """

    synthetic: np.ndarray
    real: np.ndarray
    low: np.ndarray
    span: np.ndarray
    frequencies: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, synthetic: pd.DataFrame, real: pd.DataFrame, all_real: pd.DataFrame | None = None) -> "Columns":
        """Take the ranges from all_real rows where given: in a few held-out rows a column may hardly vary.

        Raises ValueError for tables without rows, with different columns, or with missing or infinite values.
        """
        all_real = real if all_real is None else all_real
        check_tables(synthetic=synthetic, real=real, all_real=all_real)
        categorical = [c for c in real.columns if isinstance(real[c].dtype, pd.CategoricalDtype)]
        numeric = [c for c in real.columns if c not in categorical]
        ours, theirs = (np.ascontiguousarray(f[numeric].to_numpy(np.float64).T) for f in (synthetic, real))
        low, high = (edge.to_numpy(np.float64)[:, None] for edge in (all_real[numeric].min(), all_real[numeric].max()))
        frequencies = tuple(_frequencies(synthetic[c], real[c]) for c in categorical)
        return cls(ours, theirs, low, np.where(high > low, high - low, 1.0), frequencies)

    def _scaled(self) -> tuple[np.ndarray, np.ndarray]:
        """Both tables' numeric columns, the range of the real ones being [0, 1]."""
        return (self.synthetic - self.low) / self.span, (self.real - self.low) / self.span

    def total_variation(self) -> np.ndarray:
        """Half the summed difference of level shares, one number a categorical column."""
        return np.array([np.abs(p[0] - p[1]).sum() / 2.0 for p in self.frequencies])

    def cdf_distances(self) -> tuple[np.ndarray, np.ndarray]:
        """Largest difference of the empirical distribution functions (Kolmogorov-Smirnov), and its integral.

        Both (d,), from one sort of each column; the integral, over the scaled values, is the Wasserstein-1 distance
        (Vallender, 1974).
        """
        n, m = self.synthetic.shape[1], self.real.shape[1]
        values = np.concatenate([self.synthetic, self.real], axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        steps = np.where(order < n, float(m), -float(n))  # whole numbers, so that equal tables differ by exactly 0
        gap = np.abs(np.cumsum(steps, axis=1)) / (float(n) * m)
        widths = np.diff(np.take_along_axis(values, order, axis=1), axis=1)
        ks = np.where(widths > 0, gap[:, :-1], 0.0).max(axis=1, initial=0.0)
        return ks, (gap[:, :-1] * (widths / self.span)).sum(axis=1)

    def jensen_shannon(self) -> np.ndarray:
        """Jensen-Shannon distance (base 2) of each column, numeric ones first.

        Numeric columns are counted in 20 bins over the real range and one bin on either side of it.
        """
        synthetic, real = self._scaled()
        numeric = [_jensen_shannon(_histogram(synthetic), _histogram(real))]
        levels = [_jensen_shannon(p[:1], p[1:]) for p in self.frequencies]
        return np.concatenate(numeric + levels)

    def correlations(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pearson correlations of synthetic and real, (d, d) each, and which columns vary in the real table (d,).

        A column that is constant is uncorrelated with every other.
        """
        synthetic, real = self._scaled()
        return _correlation(synthetic), _correlation(real), np.ptp(self.real, axis=1) > 0


def check_tables(**frames: pd.DataFrame) -> None:
    """Raises ValueError unless the tables have rows, the same columns, and no missing or infinite values."""
    (first, reference), *others = frames.items()
    for name, frame in [(first, reference), *others]:
        if len(frame) == 0:
            raise ValueError(f"{name} has no rows; at least one is needed")
        if list(frame.columns) != list(reference.columns):
            raise ValueError(f"{name} has columns {list(frame.columns)[:5]}, {first} has {list(reference.columns)[:5]}")
        gaps = frame.columns[frame.isin([np.inf, -np.inf]).any() | frame.isna().any()]
        if len(gaps):
            raise ValueError(f"{name} has missing or infinite values in {list(gaps)[:5]}; complete rows are needed")


def _frequencies(synthetic: pd.Series, real: pd.Series) -> np.ndarray:
    shares = [column.astype(object).value_counts(normalize=True) for column in (synthetic, real)]
    table: np.ndarray = pd.concat(shares, axis=1).fillna(0.0).to_numpy(np.float64)
    return table.T


def _histogram(values: np.ndarray) -> np.ndarray:
    """Shares (d, 22) of scaled values (d, n) below, in 20 bins over, and above [0, 1]."""
    d, n = values.shape
    inside = np.minimum(np.floor(np.clip(values, -1.0, 2.0) * _BINS), _BINS - 1)
    bins = np.where(values < 0, 0, np.where(values > 1, _BINS + 1, inside + 1)).astype(np.int64)
    cells = bins + (_BINS + 2) * np.arange(d)[:, None]
    counts = np.bincount(cells.ravel(), minlength=d * (_BINS + 2))
    return np.asarray(counts.reshape(d, _BINS + 2) / n)


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Distance (k,) between rows of shares p and q (k, bins), in [0, 1] (Lin, 1991)."""
    middle = (p + q) / 2.0
    ratios = [np.divide(share, middle, out=np.ones_like(share), where=share > 0) for share in (p, q)]
    divergence = (p * np.log2(ratios[0]) + q * np.log2(ratios[1])).sum(axis=1) / 2.0
    return np.asarray(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _correlation(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    varies = np.ptp(values, axis=1, keepdims=True) > 0
    unit = np.divide(centred, size, out=np.zeros_like(centred), where=varies & (size > 0))
    return np.asarray(unit @ unit.T)
