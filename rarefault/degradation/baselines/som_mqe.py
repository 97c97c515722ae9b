"""Minimum quantisation error of a self-organising map of healthy features."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.baselines.features import features
from rarefault.degradation.baselines.scaling import Scaling
from rarefault.degradation.indicator import HealthIndicator
from rarefault.generators.base import Progress


@dataclass(frozen=True)
class SOMSettings:
    """rows, columns: units of the map, >= 1 each; epochs: passes, >= 1; seed: which healthy rows the units start at."""

    rows: int = 6
    columns: int = 8
    epochs: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("rows", "columns", "epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")


class SOM(HealthIndicator):
    """Distance of a snapshot's features to the nearest unit of a map of the healthy ones.

    Huang et al. (2007) on the batch form of Kohonen's map (2013); features: 10 statistical and 2 of time and
    frequency for each channel, in healthy standard deviations.
    """

    name: ClassVar[str] = "som-mqe"
    title: ClassVar[str] = "MQE of a self-organising map"
    unit: ClassVar[str] = "healthy standard deviations"
    Settings: ClassVar[type] = SOMSettings

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        raw = features(healthy)
        self.scaling_ = Scaling.of(raw)
        rows = self.scaling_(raw)
        s = self.settings
        grid = np.stack(np.meshgrid(np.arange(s.rows), np.arange(s.columns), indexing="ij"), axis=-1).reshape(-1, 2)
        apart = np.square(grid[:, None] - grid[None]).sum(axis=2)  # (units, units)
        rng = np.random.default_rng(s.seed)
        units = rows[rng.choice(len(rows), len(grid), replace=len(rows) < len(grid))]
        widest = max(s.rows, s.columns) / 2
        for epoch, radius in enumerate(np.geomspace(max(widest, 0.5), 0.5, s.epochs)):
            pull = np.exp(-apart / (2 * radius**2))[:, _nearest(rows, units)[0]]  # (units, n)
            units = pull @ rows / pull.sum(axis=1, keepdims=True)
            if progress is not None:
                progress(epoch + 1, s.epochs)
        self.units_ = units

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        return _nearest(self.scaling_(features(snapshots)), self.units_)[1]

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"mean": self.scaling_.mean, "scale": self.scaling_.scale, "units": self.units_}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.scaling_, self.units_ = Scaling(arrays["mean"], arrays["scale"]), arrays["units"]


def _nearest(rows: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest unit of each row (n, d) and its distance; (n,) each."""
    picked, distance = np.empty(len(rows), dtype=np.intp), np.empty(len(rows))
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        squares = np.square(rows[part, None] - units[None]).sum(axis=2)  # (n, units)
        picked[part], distance[part] = squares.argmin(axis=1), np.sqrt(squares.min(axis=1))
    return picked, distance
