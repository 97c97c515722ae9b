"""How far a snapshot's hand-made features lie from healthy ones."""

from typing import TYPE_CHECKING, Self

import numpy as np

from serving.errors import BrokenModel
from serving.vibration.indicators.arrays import Arrays
from serving.vibration.indicators.features import FEATURES, FEWEST_SAMPLES, features

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields


class MapDistance:
    """Distance of the features (d,), in healthy standard deviations, to the nearest unit (u, d) of a map."""

    def __init__(self, mean: np.ndarray, scale: np.ndarray, units: np.ndarray) -> None:
        self._mean, self._scale, self._units = mean, scale, units

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the map; raises BrokenModel."""
        width = _width(channels, samples)
        mean, scale = arrays.take("mean", (width,), np.float64), arrays.above_zero("scale", (width,), np.float64)
        return cls(mean, scale, arrays.take("units", (None, width), np.float64))

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        rows = (features(snapshots) - self._mean) / self._scale
        return np.array([np.sqrt(np.square(row - self._units).sum(axis=1).min()) for row in rows])


class Isolation:
    """How few cuts of random trees set the features apart, in (0, 1).

    Node i of tree j goes to left[j, i] where its feature is at most its cut, else to right[j, i]; a leaf has left -1,
    and its path is what counts.
    """

    def __init__(self, nodes: dict[str, np.ndarray], usual: float) -> None:
        self._nodes, self._usual = nodes, usual

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the trees, so that every way through them ends; raises BrokenModel."""
        left = arrays.take("left", (None, None), np.int64)
        nodes = {"left": left}
        for name, dtype in (("right", np.int64), ("feature", np.int64), ("cut", np.float64), ("path", np.float64)):
            nodes[name] = arrays.take(name, left.shape, dtype)
        at, inner = np.arange(left.shape[1]), left >= 0
        for name in ("left", "right"):
            if (inner & ((nodes[name] <= at) | (nodes[name] >= left.shape[1]))).any():
                raise BrokenModel(f"the weights {name!r} must name nodes that come after their own")
        if ((nodes["feature"] < 0) | (nodes["feature"] >= _width(channels, samples))).any():
            raise BrokenModel(f"the weights 'feature' must be from 0 to {_width(channels, samples) - 1}")
        return cls(nodes, float(arrays.above_zero("usual", (1,), np.float64)[0]))

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        rows, nodes = features(snapshots).astype(np.float32), self._nodes
        every, tree = np.arange(len(rows))[:, None], np.arange(len(nodes["left"]))[None]
        at = np.zeros((len(rows), tree.size), dtype=np.int64)
        while (inner := nodes["left"][tree, at] >= 0).any():
            low = rows[every, nodes["feature"][tree, at]] <= nodes["cut"][tree, at]
            below = np.where(low, nodes["left"][tree, at], nodes["right"][tree, at])
            at = np.where(inner, below, at)
        return np.asarray(2.0 ** -(nodes["path"][tree, at].mean(axis=1) / self._usual))


def _width(channels: int, samples: int) -> int:
    if samples < FEWEST_SAMPLES:
        raise BrokenModel(f"hand-made features take snapshots of at least {FEWEST_SAMPLES} samples, got {samples}")
    return FEATURES * channels
