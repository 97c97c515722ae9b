"""Are the generated images as different from one another as the real ones?"""

from typing import Any

import numpy as np

from rarefault.metrics.images.frechet import checked, distances

COLLAPSED = 0.5
"""Below this share of the distances among real images a class is said to have collapsed.

On steel surfaces the halves of a class reach .88 to 1.1; white noise and one image under noise .2 to .5; a few images
that come again and again under noise less than .15 of the distance to the nearest fellow in coarse pixels.
"""


def diversity(real: np.ndarray, generated: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """Compare distances among generated images with those among real ones, from features (n, d) and (m, d).

    Of the larger set as many rows as the smaller one has are drawn by `seed`. Returns real and generated, the mean
    distance of two images; ratio, the second over the first: about 1 where the generator is as diverse, near 0 where
    it makes one image; nearest_ratio, the same for the median distance of an image to its nearest fellow: near 0 where
    a few images come again and again, however far apart; collapsed, whether either is below .5; and why, a sentence or
    an empty text. Raises ValueError for fewer than 2 rows in either set.
    """
    real, generated = _equally_many(checked(real), checked(generated), np.random.default_rng(seed))
    (real_mean, real_nearest), (mean, nearest) = _spread(real), _spread(generated)
    ratio, nearest_ratio = _ratio(mean, real_mean), _ratio(nearest, real_nearest)
    why = _why(ratio, nearest_ratio)
    return {
        "real": real_mean,
        "generated": mean,
        "ratio": ratio,
        "nearest_ratio": nearest_ratio,
        "collapsed": bool(why),
        "why": why,
    }


def _equally_many(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = min(len(a), len(b))
    return a[rng.permutation(len(a))[:n]], b[rng.permutation(len(b))[:n]]


def _spread(rows: np.ndarray) -> tuple[float, float]:
    """Mean distance of two rows, and median distance of a row to its nearest fellow."""
    apart = distances(rows, rows)
    mean = apart.sum() / (len(rows) * (len(rows) - 1))
    np.fill_diagonal(apart, np.inf)
    return float(mean), float(np.median(apart.min(axis=1)))


def _ratio(a: float, b: float) -> float:
    return a / b if b > 0 else float(a == 0)


def _why(ratio: float, nearest_ratio: float) -> str:
    if ratio < COLLAPSED:
        return f"mode collapse: two generated images differ {ratio:.2f} times as much as two real ones"
    if nearest_ratio < COLLAPSED:
        return f"mode collapse: generated images are {nearest_ratio:.2f} times as far from their nearest fellow as real"
    return ""
