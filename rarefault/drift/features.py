"""Columns of any kind as bins, and how far two samples of rows are apart in each column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rarefault.datasets.table import Column

_BINS = 24


@dataclass(frozen=True)
class Binned:
    """Two samples, in blocks of rows, as shares of bins.

    shares: (b, bins) of each block, the bins of all columns side by side; a numeric column's shares are summed up, so
    that a difference of two rows is one of distribution functions. starts: (d,) each column's first bin; ordered: (d,)
    whether it is numeric. A column's first bin holds its missing values.
    """

    shares: np.ndarray
    starts: np.ndarray
    ordered: np.ndarray

    def distances(self, chosen: np.ndarray) -> np.ndarray:
        """Distance of the blocks chosen (..., k) from all others, (..., d), each in [0, 1].

        Kolmogorov-Smirnov's for a numeric column, on a grid of quantiles; total variation for a categorical one.
        """
        n, k = len(self.shares), chosen.shape[-1]
        picked = np.zeros((*chosen.shape[:-1], n))
        np.put_along_axis(picked, chosen, 1.0, axis=-1)
        gap = np.abs((picked / k - (1.0 - picked) / (n - k)) @ self.shares)
        largest = np.maximum.reduceat(gap, self.starts, axis=-1)
        return np.where(self.ordered, largest, np.add.reduceat(gap, self.starts, axis=-1) / 2.0)


def binned(parts: Sequence[pd.DataFrame], columns: Sequence[Column], block: int) -> Binned:
    """Cut each part (n, d) into blocks of `block` rows; the rows that are left over at its end stay out."""
    rows = pd.concat([part.iloc[: len(part) // block * block] for part in parts], ignore_index=True)
    shares = []
    for column in columns:
        codes = _codes(rows[column.name], column)
        count = int(codes.max()) + 1
        held = np.eye(count)[codes].reshape(-1, block, count).mean(axis=1)  # (b, bins)
        shares.append(held if column.kind == "categorical" else held.cumsum(axis=1))
    widths = [part.shape[1] for part in shares]
    ordered = np.array([column.kind != "categorical" for column in columns])
    return Binned(np.concatenate(shares, axis=1), np.cumsum([0, *widths[:-1]]), ordered)


def _codes(values: pd.Series, column: Column) -> np.ndarray:
    """The bin of each value, (n,): 0 where it is missing."""
    if column.kind == "categorical":
        return np.asarray(values.cat.codes, dtype=np.int64) + 1
    numbers = values.to_numpy(np.float64)
    found = numbers[~np.isnan(numbers)]
    if not len(found):
        return np.zeros(len(numbers), dtype=np.int64)
    edges = np.unique(np.quantile(found, np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf"))
    return np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers, side="right"))
