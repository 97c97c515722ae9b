"""From log-odds to a probability."""

import math

import numpy as np

_LOWEST = -700.0  # exp(700) is still finite


def logistic_of_one(z: float) -> float:
    """1 / (1 + exp(-z)) of a plain float, at a third of what five array operations cost."""
    return 1.0 / (1.0 + math.exp(-max(z, _LOWEST)))


def logistic(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)) of z (n,), which may be infinite; never warns."""
    if len(z) == 1:
        return np.array([logistic_of_one(float(z[0]))])
    return np.asarray(1.0 / (1.0 + np.exp(-np.maximum(z, _LOWEST))))
