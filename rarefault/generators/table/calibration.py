"""Quantile matching of generated columns to the training rows' own distributions, class by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

_LEVELS = 129


@dataclass(frozen=True)
class MarginalCalibration:
    """Maps the quantiles of what a generator draws onto those of the real training rows.

    drawn, real: (classes, d, levels) quantiles at equally spaced probabilities. A map of one column at a time keeps
    the order of its values, so the dependence between columns stays the generator's. Scores that compare columns
    one by one with the *training* rows come out near-perfect afterwards, better than a second real sample would:
    judge calibrated rows on held-out rows only.
    """

    drawn: np.ndarray
    real: np.ndarray

    @classmethod
    def fit(cls, drawn: Sequence[np.ndarray], real: Sequence[np.ndarray]) -> Self:
        """Learn from drawn and real columns of each class, (d, any number of rows) each."""
        return cls(_quantiles(drawn), _quantiles(real))

    def apply(self, Z: np.ndarray, group: int) -> None:
        """Map the first d rows of Z (at least d, m), drawn for the class at position `group`, in place."""
        for column, drawn, real in zip(Z, self.drawn[group], self.real[group], strict=False):
            column[:] = np.interp(column, drawn, real)


def _quantiles(groups: Sequence[np.ndarray]) -> np.ndarray:
    levels = np.linspace(0.0, 1.0, _LEVELS)
    return np.stack([np.quantile(columns, levels, axis=1).T for columns in groups]).astype(np.float32)
