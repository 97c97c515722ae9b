"""Does a generator give back its training images?"""

from typing import Any

import numpy as np

from rarefault.metrics.images.frechet import checked, distances

QUANTILE = 0.01
ALLOWED = 0.1
"""Share of generated images that may be that near.

On steel surfaces unseen real images reach 0 to .07, new classical augmentations of the training images .12 to .21 and
their copies under noise or blur .9 to 1 in coarse pixels; in a network's features, which see the noise, such copies
reach as little as 0.
"""


def nearest_real(generated: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each generated image the position (n,) of its nearest real one, and their distance (n,), from features."""
    apart = distances(np.asarray(generated, dtype=np.float64), checked(real))
    position = apart.argmin(axis=1)
    return position, apart[np.arange(len(apart)), position]


def memorising(generated: np.ndarray, real: np.ndarray, augmented: np.ndarray | None = None) -> dict[str, Any]:
    """Are generated images nearer to a training image than real images are to each other? All are features.

    real: of the images that the generator learned from; augmented: of classically augmented ones of them, copies of
    which are copies too. Returns median, the median distance of a generated image to its nearest training image;
    real_median, of a real image to its nearest fellow; limit, the 1 % quantile of the latter; share, of the generated
    images below the limit; and memorised, whether that is more than 10 %. New images of the same kind would have a
    share of about 1 %. Raises ValueError for fewer than 2 real images or none generated.
    """
    real = checked(real)
    if not len(generated):
        raise ValueError("there must be at least 1 generated image, got 0")
    own = distances(real, real)
    np.fill_diagonal(own, np.inf)
    fellows = own.min(axis=1)
    _, found = nearest_real(generated, real if augmented is None else np.concatenate([real, augmented]))
    limit = float(np.quantile(fellows, QUANTILE))
    share = float(((found < limit) | (found == 0.0)).mean())
    return {
        "median": float(np.median(found)),
        "real_median": float(np.median(fellows)),
        "limit": limit,
        "share": share,
        "memorised": share > ALLOWED,
    }
