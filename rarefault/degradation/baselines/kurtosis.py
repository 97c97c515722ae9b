"""Kurtosis: how impulsive the vibration is."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.indicator import HealthIndicator
from rarefault.generators.base import Progress


@dataclass(frozen=True)
class KurtosisSettings:
    """seed: unused, as nothing is drawn."""

    seed: int = 0


class Kurtosis(HealthIndicator):
    """Fourth central moment over the squared variance (3 for Gaussian noise); the mean of the channels.

    It learns nothing: healthy snapshots only give its threshold. A silent snapshot has 0.
    """

    name: ClassVar[str] = "kurtosis"
    title: ClassVar[str] = "kurtosis"
    unit: ClassVar[str] = "3 for Gaussian noise"
    Settings: ClassVar[type] = KurtosisSettings

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        pass

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        x = snapshots - snapshots.mean(axis=2, keepdims=True, dtype=np.float64)
        squares = np.square(x)
        variance = squares.mean(axis=2)
        fourth = np.square(squares).mean(axis=2)
        ratio = np.divide(fourth, np.square(variance), out=np.zeros_like(fourth), where=variance > 0)
        return np.asarray(ratio.mean(axis=1))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"nothing": np.zeros(0)}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        pass
