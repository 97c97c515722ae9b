"""What is measured of each image, to see when those of today are no longer those of the training."""

import numpy as np

STATISTICS = ("brightness", "contrast", "sharpness")
"""Mean of the pixels, their standard deviation, and the mean difference of neighbours in a row; each from 0 to 255."""


def statistics(images: np.ndarray) -> np.ndarray:
    """The statistics of images (n, c, h, w) uint8, (n, 3) float64."""
    flat = images.reshape(len(images), -1)
    found = np.empty((len(images), len(STATISTICS)))
    found[:, 0] = flat.mean(axis=1, dtype=np.float64)
    found[:, 1] = flat.std(axis=1, dtype=np.float64)
    signed = images.astype(np.int16)
    found[:, 2] = np.abs(np.diff(signed, axis=3)).reshape(len(images), -1).mean(axis=1) if images.shape[3] > 1 else 0.0
    return found
