"""What every health indicator does: learn from healthy snapshots, then one number for each snapshot."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from safetensors.numpy import load_file, save_file

from rarefault.generators.base import Progress, Range
from rarefault.settings import from_params


class HealthIndicator(ABC):
    """One number a snapshot that grows with wear, learned from healthy snapshots (n, c, t) float32 alone.

    Subclasses name themselves (`name`), say what the number is (`title`, `unit`), their settings dataclass
    (`Settings`, with a seed) and what a search may change (`searched`).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Settings: ClassVar[type]
    searched: ClassVar[Mapping[str, Range]] = {}

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from a plain dict of settings; raises InputError for unknown or wrong ones."""
        return cls(from_params(cls.Settings, params))

    def fit(self, healthy: np.ndarray, rate: float, progress: Progress | None = None) -> Self:
        """Learn from healthy snapshots (n, c, t) float32, sampled at `rate` Hz; raises ValueError for too few."""
        _check(healthy, self.name)
        self.channels_, self.samples_, self.rate_ = healthy.shape[1], healthy.shape[2], float(rate)
        self._fit(healthy, progress)
        return self

    def indicate(self, snapshots: np.ndarray) -> np.ndarray:
        """The indicator of each snapshot (n, c, t) float32; (n,) float64."""
        _check(snapshots, self.name)
        if snapshots.shape[1:] != (self.channels_, self.samples_):
            raise ValueError(
                f"{self.name} learned {self.channels_} channels of {self.samples_} samples, got {snapshots.shape[1:]}"
            )
        return self._indicate(snapshots)

    def save(self, folder: str | Path) -> None:
        """Write model.json and weights.safetensors into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays, facts = self._state()
        save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, folder / "weights.safetensors")
        model = {
            "kind": "health-indicator",
            "name": self.name,
            "settings": asdict(self.settings),
            "channels": self.channels_,
            "samples": self.samples_,
            "rate": self.rate_,
            "state": facts,
        }
        (folder / "model.json").write_text(json.dumps(model, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; the loaded indicator gives the same numbers."""
        model = json.loads((Path(folder) / "model.json").read_text())
        if model.get("kind") != "health-indicator" or model.get("name") != cls.name:
            raise ValueError(f"{folder} holds {model.get('kind')} {model.get('name')!r}, not indicator {cls.name!r}")
        indicator = cls.from_params(model["settings"])
        indicator.channels_, indicator.samples_ = model["channels"], model["samples"]
        indicator.rate_ = model["rate"]
        indicator._restore(load_file(Path(folder) / "weights.safetensors"), model["state"])
        return indicator

    @abstractmethod
    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None: ...

    @abstractmethod
    def _indicate(self, snapshots: np.ndarray) -> np.ndarray: ...

    @abstractmethod
    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What fit learned: named arrays, and facts that JSON can hold."""

    @abstractmethod
    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None: ...


def _check(snapshots: np.ndarray, name: str) -> None:
    if snapshots.dtype != np.float32 or snapshots.ndim != 3 or not snapshots.size:
        raise ValueError(f"{name} takes float32 snapshots (n, c, t), got {snapshots.dtype} {snapshots.shape}")
    if not np.isfinite(snapshots).all():
        raise ValueError(f"{name} takes finite samples; snapshots hold NaN or infinite ones")
