"""The vibration's level, the oldest health indicator."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.indicator import HealthIndicator
from rarefault.errors import InputError
from rarefault.generators.base import Progress


@dataclass(frozen=True)
class RMSSettings:
    """seed: unused, as nothing is drawn."""

    seed: int = 0


class RMS(HealthIndicator):
    """Root mean square about each snapshot's mean, over its healthy mean; the mean of the channels."""

    name: ClassVar[str] = "rms"
    title: ClassVar[str] = "RMS"
    unit: ClassVar[str] = "times the healthy level"
    Settings: ClassVar[type] = RMSSettings

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        level = _level(healthy).mean(axis=0)
        if not (level > 0).all():
            raise InputError("rms takes healthy snapshots with a vibration in every channel; one channel is constant")
        self.level_ = level

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        return np.asarray((_level(snapshots) / self.level_).mean(axis=1))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"level": self.level_}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.level_ = arrays["level"]


def _level(snapshots: np.ndarray) -> np.ndarray:
    return np.asarray(snapshots.std(axis=2, dtype=np.float64))
