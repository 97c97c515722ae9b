"""Reading a recorded curve: where it first reaches a level."""

import numpy as np


def first_reach(x: np.ndarray, curves: np.ndarray, level: np.ndarray, start: int = 0) -> np.ndarray:
    """The x (n,) at which each curve (n, g) first reaches its level (n,), between samples by interpolation.

    Samples before `start` are passed over; a curve that never reaches its level gives NaN.
    """
    above = curves[:, start:] >= level[:, None]
    after = above.argmax(axis=1) + start
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(curves))
    low, high = curves[rows, before], curves[rows, after]
    share = np.clip((level - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    return np.where(above.any(axis=1), x[before] + share * (x[after] - x[before]), np.nan)
