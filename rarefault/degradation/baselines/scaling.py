"""Columns brought to the healthy mean 0 and standard deviation 1."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """mean, scale: (d,); a column that healthy rows do not vary in keeps its unit."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "Scaling":
        """The scaling that rows (n, d) ask for."""
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        return cls(mean, np.where(spread > 1e-9 * np.maximum(np.abs(mean), 1e-9), spread, 1.0))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Rows (n, d) scaled."""
        return np.asarray((rows - self.mean) / self.scale)
