"""Whether a translator makes the defects it should: what `judge` finds, and the ways in which only translators fail."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rarefault.generators.image.health import judge

COPIED = 2.0
"""Grey levels: a translation whose strongest change of a cell is below this only copies its input."""

UNKNOWN = 0.5
"""Below this share of translations that the critic takes for the wanted class, the class was not learned."""

EXTREME = 0.25
"""Above this share of black or white pixels beyond that of real images, the Tanh is saturated."""

_CELL = 4  # pixels


def judge_translation(
    made: np.ndarray,
    starts: np.ndarray,
    real: np.ndarray,
    *,
    recognised: float | None = None,
    weights: Mapping[str, np.ndarray] | None = None,
    accuracy: Sequence[float] = (),
    broken: str = "",
) -> dict[str, Any]:
    """Judge images `made` of the background images `starts` beside real ones of the class, all (n, c, h, w) uint8.

    recognised: the share of `made` that the critic takes for the class, if it names classes; the rest as in `judge`.
    Adds to its keys: change, the strongest change of a 4 x 4 cell, in grey levels, mean over images; extreme, the
    share of black and white pixels beyond that of real images; recognised.
    """
    health = judge(made, real, accuracy=accuracy, weights=weights, broken=broken)
    change = float(_cells(made - starts.astype(np.float32)).max(axis=1).mean())
    extreme = max(0.0, _extreme(made) - _extreme(real))
    reasons = [health["reason"]] if health["reason"] else []
    if change < COPIED:
        reasons.append(f"images are only copied: change {change:.2f} < {COPIED} grey levels")
    if extreme > EXTREME:
        reasons.append(f"pixels are black or white: extreme {extreme:.2f} > {EXTREME}")
    if recognised is not None and recognised < UNKNOWN:
        reasons.append(f"the critic does not see the class in its images: recognised {recognised:.2f} < {UNKNOWN}")
    named = {} if recognised is None else {"recognised": recognised}
    return {
        **health,
        "collapsed": bool(reasons),
        "reason": "; ".join(reasons),
        "change": change,
        "extreme": extreme,
    } | named


def _cells(change: np.ndarray) -> np.ndarray:
    """The size of the mean change of every cell, (n, cells)."""
    n, c, h, w = change.shape
    cells = change.reshape(n, c, h // _CELL, _CELL, w // _CELL, _CELL).mean(axis=(1, 3, 5))
    sizes: np.ndarray = np.abs(cells).reshape(n, -1)
    return sizes


def _extreme(images: np.ndarray) -> float:
    return float(((images == 0) | (images == 255)).mean())
