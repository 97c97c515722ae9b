"""How strong the vibration is, and how impulsive."""

from typing import TYPE_CHECKING, Self

import numpy as np

from serving.vibration.indicators.arrays import Arrays

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields


class Level:
    """Root mean square about the snapshot's mean over the healthy one, a mean over the channels."""

    def __init__(self, healthy: np.ndarray) -> None:
        self._healthy = healthy

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the healthy level of each channel; raises BrokenModel."""
        return cls(arrays.above_zero("level", (channels,), np.float64))

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        return np.asarray((snapshots.std(axis=2, dtype=np.float64) / self._healthy).mean(axis=1))


class Kurtosis:
    """Fourth central moment over the squared variance, a mean over the channels."""

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """There is nothing to read."""
        return cls()

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        squares = np.square(snapshots - snapshots.mean(axis=2, keepdims=True, dtype=np.float64))
        variance, fourth = squares.mean(axis=2), np.square(squares).mean(axis=2)
        ratio = np.divide(fourth, np.square(variance), out=np.zeros_like(fourth), where=variance > 0)
        return np.asarray(ratio.mean(axis=1))
