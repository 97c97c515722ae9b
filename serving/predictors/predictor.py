"""What every kind of predictor does."""

from typing import Protocol

import numpy as np


class Predictor(Protocol):
    """Scores rows of finite numbers; a category is the index of its level."""

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features), C-contiguous float64; (n,) float64."""
        ...
