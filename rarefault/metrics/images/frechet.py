"""Distances between two sets of features: Fréchet, kernel, precision and recall."""

from dataclasses import dataclass

import numpy as np

_NEIGHBOURS = 3


@dataclass(frozen=True)
class Gaussian:
    """What the Fréchet distance knows of a set: its mean (d,), and a factor (k, d) with covariance = factor' factor.

    With n rows of d features k is the smaller of the two, so that no d x d matrix is made for a small set.
    """

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "Gaussian":
        """Of features (n, d); raises ValueError for fewer than 2 rows and for values that are not finite."""
        rows = checked(rows)
        mean = rows.mean(axis=0)
        factor = (rows - mean) / np.sqrt(len(rows) - 1)
        return cls(mean, np.asarray(np.linalg.qr(factor, mode="r")) if len(rows) > rows.shape[1] else factor)

    def distance(self, other: "Gaussian") -> float:
        """|difference of the means|^2 + trace(A + B - 2 (A B)^(1/2)) of the covariances A and B.

        The eigenvalues of A B are the squares of the singular values of one factor times the other transposed, hence
        the trace of its root is their sum: exact also where the covariances are singular.
        """
        if len(self.mean) != len(other.mean):
            raise ValueError(f"both sets must have as many features, got {len(self.mean)} and {len(other.mean)}")
        root = np.linalg.svd(self.factor @ other.factor.T, compute_uv=False).sum()
        apart = np.square(self.mean - other.mean).sum()
        return max(0.0, float(apart + np.square(self.factor).sum() + np.square(other.factor).sum() - 2.0 * root))


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The squared Fréchet distance of two sets of features (n, d), (m, d), as if Gaussian (Heusel et al., 2017).

    This is the FID where the features are a network's. With fewer rows than features it is biased upwards: compare
    it only with distances between sets of the same sizes. Raises ValueError for fewer than 2 rows in either set, for
    values that are not finite, and for different numbers of features.
    """
    return Gaussian.of(a).distance(Gaussian.of(b))


def kernel_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The squared maximum mean discrepancy with the kernel (x'y / d + 1)^3, unbiased (Binkowski et al., 2018).

    This is the KID where the features are a network's; its expectation does not depend on the numbers of rows, and
    for two samples of one distribution it is 0, so that it may be negative. Raises ValueError as `frechet_distance`.
    """
    a, b = _pair(a, b)
    return _off_diagonal_mean(_kernel(a, a)) + _off_diagonal_mean(_kernel(b, b)) - 2.0 * float(_kernel(a, b).mean())


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a @ b.T / a.shape[1] + 1.0) ** 3)


def _off_diagonal_mean(square: np.ndarray) -> float:
    n = len(square)
    return float((square.sum() - np.trace(square)) / (n * (n - 1)))


def precision_recall(real: np.ndarray, generated: np.ndarray) -> tuple[float, float]:
    """Precision and recall of generated images (Kynkaanniemi et al., 2019), from features (n, d) and (m, d).

    precision: share of generated images that lie within the reach of a real one, its distance to its third nearest
    fellow; recall: share of real images within the reach of a generated one. With fewer than 4 rows in a set the
    farthest fellow sets the reach. Raises ValueError as `frechet_distance`.
    """
    real, generated = _pair(real, generated)
    across = distances(real, generated)  # (n, m)
    precision = (across <= _reach(real)[:, None]).any(axis=0).mean()
    recall = (across <= _reach(generated)[None, :]).any(axis=1).mean()
    return float(precision), float(recall)


def _reach(rows: np.ndarray) -> np.ndarray:
    own = np.sort(distances(rows, rows), axis=1)
    return np.asarray(own[:, min(_NEIGHBOURS, len(rows) - 1)])  # the first one is the row itself


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The Euclidean distance (n, m) of each row of a (n, d) from each row of b (m, d)."""
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :] - 2.0 * a @ b.T
    if a is b:
        np.fill_diagonal(squares, 0.0)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = checked(a), checked(b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"both sets must have as many features, got {a.shape[1]} and {b.shape[1]}")
    return a, b


def checked(rows: np.ndarray) -> np.ndarray:
    """Features (n, d) as float64; raises ValueError for fewer than 2 rows and for values that are not finite."""
    rows = np.asarray(rows, dtype=np.float64)
    if rows.ndim != 2 or len(rows) < 2 or rows.shape[1] < 1:
        raise ValueError(f"features must be (n, d) with at least 2 images, got {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("features must be finite, got NaN or infinity")
    return rows
