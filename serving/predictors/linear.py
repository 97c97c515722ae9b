"""Logistic regression with its preprocessing folded in: one dot product a call."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.predictors.logistic import logistic, logistic_of_one
from serving.predictors.weights import Weights, file_of

LARGEST_CENTRE = 1e290
"""A centre of at most this size can be taken from any float64 without overflow."""
_DOWN = 600
_LARGEST_SHIFT = 1e4
"""If the centres' terms sum to no more, in size, folding them into the intercept costs less than 1e-9 of a log-odds."""


@dataclass(frozen=True)
class Linear:
    """Log-odds = intercept + (matrix - centre) . coefficient + the coefficient of each category's level.

    centre and coefficient: (n_features,), 0 for categories; level_feature, level and level_coefficient: (n_levels,),
    one entry a level that counts.
    """

    intercept: float
    centre: np.ndarray
    coefficient: np.ndarray
    level_feature: np.ndarray
    level: np.ndarray
    level_coefficient: np.ndarray
    _shift: float = field(init=False)
    _folded: bool = field(init=False)

    def __post_init__(self) -> None:
        with np.errstate(over="ignore"):
            terms = self.centre * self.coefficient
            object.__setattr__(self, "_folded", bool(np.abs(terms).sum() <= _LARGEST_SHIFT))
        object.__setattr__(self, "_shift", self.intercept - float(terms.sum()) if self._folded else self.intercept)

    @classmethod
    def read(cls, spec: Mapping[str, Any], files: Mapping[str, bytes], n_features: int) -> Self:
        """Read the weights; raises BrokenModel for missing, misshapen or non-finite ones."""
        weights = Weights(file_of(spec, files))
        found = weights.indices("level_feature", below=n_features)
        model = cls(
            float(weights.numbers("intercept", 1)[0]),
            weights.numbers("centre", n_features),
            weights.numbers("coefficient", n_features),
            found,
            weights.numbers("level", len(found)),
            weights.numbers("level_coefficient", len(found)),
        )
        if np.abs(model.centre).max() > LARGEST_CENTRE:
            raise BrokenModel(f"the weights 'centre' must be at most {LARGEST_CENTRE:g} in size")
        return model

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features); (n,)."""
        z = (matrix if self._folded else matrix - self.centre).dot(self.coefficient)
        if len(self.level):
            z += (matrix.take(self.level_feature, axis=1) == self.level).dot(self.level_coefficient)
        if len(z) == 1 and math.isfinite(z[0]):
            return np.array([logistic_of_one(float(z[0]) + self._shift)])
        if np.isfinite(z).all():
            return logistic(z + self._shift)
        return logistic(self._without_overflow(matrix) + self.intercept)

    def _without_overflow(self, matrix: np.ndarray) -> np.ndarray:
        # Sums are taken at 2**-600 of their size, so that terms which would be inf - inf still cancel as they should;
        # beside them, the levels count for nothing.
        small = np.ldexp(matrix, -_DOWN) - np.ldexp(self.centre, -_DOWN)
        with np.errstate(over="ignore"):
            return np.asarray(np.ldexp(small.dot(self.coefficient), _DOWN))
