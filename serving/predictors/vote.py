"""A weighted mean of the probabilities of several predictors."""

from collections.abc import Sequence

import numpy as np

from serving.predictors.predictor import Predictor


class Vote:
    """members: predictors of the same features; weights: of each, > 0, in any unit."""

    def __init__(self, members: Sequence[Predictor], weights: Sequence[float]) -> None:
        self._total = sum(weights)
        self._members = list(zip(members, weights, strict=True))

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features); (n,)."""
        found = np.zeros(len(matrix))
        for member, weight in self._members:
            found += weight * member.probabilities(matrix)
        return found / self._total
