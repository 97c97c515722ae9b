"""Pixels for the tests of images."""

import numpy as np


def surface(seed, side=48, channels=1):
    """Pixels (side, side[, 3]) uint8 that no other seed gives."""
    rng = np.random.default_rng(seed)
    shape = (side, side) if channels == 1 else (side, side, channels)
    return rng.integers(40, 215, size=shape, dtype=np.uint8)
