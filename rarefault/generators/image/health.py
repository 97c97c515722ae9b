"""Whether what a trained generator makes can be used: numbers that betray the known ways in which a GAN fails.

Images are compared by their means over a grid of 16 x 16 cells, so that noise counts for little.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist, squareform

MOST = 256
"""So many images of each kind are compared at most."""

LOW = {"diversity": 0.2, "distinct": 0.1, "rank": 0.1, "spectrum": 0.05}
"""A generator below one of these is called collapsed."""

ROUGH = 6.0
"""So is one whose neighbouring pixels differ so many times as much as those of real images."""

SATURATED = 0.9
_RIGHT = 0.99
_GRID = 16
_REASONS = {
    "diversity": "images of one class hardly differ",
    "distinct": "nearly the same images come again and again (mode collapse)",
    "rank": "images vary in too few directions",
    "spectrum": "the discriminator's weights have lost their rank (spectral collapse)",
}


def judge(
    made: np.ndarray,
    real: np.ndarray,
    *,
    accuracy: Sequence[float] = (),
    weights: Mapping[str, np.ndarray] | None = None,
    broken: str = "",
) -> dict[str, Any]:
    """Compare made images with real ones (n, c, h, w) uint8 of the same class; returns what JSON can hold.

    accuracy: the discriminator's share of images told right, for each loop, if it tells any; weights: the
    discriminator's, each (outputs, ...); broken: why the training stopped early, or empty.

    The keys: collapsed; reason, empty if not collapsed; diversity, the mean distance between made images over that
    between real ones; distinct, the same for the median distance to the nearest other image; rank, the same for the
    effective rank (Roy and Vetterli, 2007); roughness, the same for the mean difference of neighbouring pixels;
    saturation, the share of the last quarter of loops in which the discriminator told 99 % of its images right;
    spectrum, the least share of its rank that a layer of the discriminator uses (spectral collapse: Liu et al., 2019).
    """
    n = min(len(made), len(real), MOST)
    drawn, seen = _cells(made[:n]), _cells(_spread(real, n))
    numbers = {
        "diversity": _ratio(np.mean(pdist(drawn)), np.mean(pdist(seen))),
        "distinct": _ratio(_nearest(drawn), _nearest(seen)),
        "rank": _ratio(effective_rank(drawn - drawn.mean(0)), effective_rank(seen - seen.mean(0))),
        "roughness": _ratio(_roughness(made[:n]), _roughness(real)),
        "saturation": saturation(accuracy),
        "spectrum": min((_used(weight) for weight in (weights or {}).values()), default=1.0),
    }
    reasons = [broken] if broken else []
    reasons += [f"{_REASONS[key]}: {key} {numbers[key]:.3f} < {low}" for key, low in LOW.items() if numbers[key] < low]
    if numbers["roughness"] > ROUGH:
        reasons.append(f"images hold noise in place of a surface: roughness {numbers['roughness']:.1f} > {ROUGH:g}")
    if numbers["saturation"] >= SATURATED:
        reasons.append(f"the discriminator is never deceived any more: saturation {numbers['saturation']:.2f}")
    return {"collapsed": bool(reasons), "reason": "; ".join(reasons), **numbers}


def saturation(accuracy: Sequence[float]) -> float:
    """The share of the last quarter of loops in which at least 99 % of the images were told right."""
    last = accuracy[-max(1, len(accuracy) // 4) :]
    return float(np.mean(np.asarray(last) >= _RIGHT)) if len(last) else 0.0


def effective_rank(rows: np.ndarray) -> float:
    """exp of the entropy of the singular values of rows (n, d); 0 for rows of zeros."""
    if not np.isfinite(rows).all():
        return 0.0
    values = np.linalg.svd(rows, compute_uv=False)
    shares = values[values > 1e-9 * max(values.max(), 1e-12)]
    shares = shares / shares.sum() if len(shares) else shares
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(shares) else 0.0


def _used(weight: np.ndarray) -> float:
    """The effective rank of a layer's weights (outputs, ...) as a share of the greatest possible."""
    matrix = weight.reshape(len(weight), -1)
    return effective_rank(matrix) / min(matrix.shape)


def _cells(images: np.ndarray) -> np.ndarray:
    """Means over a grid of 16 x 16 cells, (n, d)."""
    n, c, h, w = images.shape
    cells: np.ndarray = images.reshape(n, c, _GRID, h // _GRID, _GRID, w // _GRID).mean(axis=(3, 5))
    return cells.reshape(n, -1)


def _spread(images: np.ndarray, n: int) -> np.ndarray:
    """n of the images at even distances, for neighbours in a folder are often alike."""
    picked: np.ndarray = images[np.linspace(0, len(images) - 1, n).round().astype(int)]
    return picked


def _nearest(rows: np.ndarray) -> float:
    distances = squareform(pdist(rows))
    np.fill_diagonal(distances, np.inf)
    return float(np.median(distances.min(axis=1)))


def _roughness(images: np.ndarray) -> float:
    return float(np.abs(np.diff(images.astype(np.float32), axis=-1)).mean())


def _ratio(made: Any, real: Any) -> float:
    """made / real; where the real images are all alike, 1."""
    return float(made / real) if real > 1e-9 else 1.0
