"""Real and synthetic rows in two dimensions, for the plot."""

from typing import Any

import numpy as np
import pandas as pd

from rarefault.generators.table.encoding import TableEncoder
from rarefault.metrics.columns import check_tables

_POINTS = 500


def project_pca(real: pd.DataFrame, y: np.ndarray, synthetic: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """The first two principal components of the [-1, 1]-scaled real rows, and both tables seen along them.

    Returns real and synthetic, (k, 2) lists of at most 500 points each drawn by `seed`, label (k,) of the real
    points, and explained, the two components' shares of the variance.
    """
    check_tables(real=real, synthetic=synthetic)
    if len(y) != len(real):
        raise ValueError(f"y must hold one label for each of {len(real)} real rows, got {len(y)}")
    rng = np.random.default_rng(seed)
    encoder = TableEncoder().fit(real)
    Z = encoder.encode(real).astype(np.float64)
    centre = Z.mean(axis=0)
    axes, explained = _components(Z - centre)
    shown, drawn = _some(len(real), rng), _some(len(synthetic), rng)
    return {
        "real": ((Z[shown] - centre) @ axes).tolist(),
        "label": np.asarray(y)[shown].astype(int).tolist(),
        "synthetic": ((encoder.encode(synthetic.iloc[drawn]) - centre) @ axes).tolist(),
        "explained": explained.tolist(),
    }


def _components(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two axes (d, 2), each pointing where its largest loading is positive, and their shares of the variance (2,)."""
    variances, vectors = np.linalg.eigh(centred.T @ centred)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    shares = np.clip(variances[::-1][:2], 0.0, None) / max(float(variances.sum()), np.finfo(float).tiny)
    missing = 2 - axes.shape[1]  # a table of one column has one axis only
    return np.pad(axes, ((0, 0), (0, missing))), np.pad(shares, (0, missing))


def _some(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.permutation(n)[:_POINTS])
