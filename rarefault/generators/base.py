"""What every generator of table rows does: fit, sample, save, load."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, cast

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from rarefault.settings import from_params

Progress = Callable[[int, int], None]
"""Called as progress(done, total) while a generator trains; an exception raised in it stops the training."""


Range = tuple[float, float, str]
"""Lowest and highest value, and the scale between them: "int", "log-int", "hundreds" (whole ones) or "log"."""


class Seeded(Protocol):
    """Every settings dataclass has a seed."""

    @property
    def seed(self) -> int:
        """What all of the generator's randomness comes from."""


class Generator(ABC):
    """Learns the rows of a table and draws new ones with the same columns and dtypes.

    Subclasses name themselves (`name`), their settings dataclass (`Settings`), and whether `sample` can be asked
    for one class (`conditional`). `fit` wants a complete table (no missing values) and y with 1 = fault.
    """

    name: ClassVar[str]
    Settings: ClassVar[type]
    conditional: ClassVar[bool] = True
    previews: ClassVar[bool] = False
    """Whether `progress` may call `sample` to judge the rows so far."""
    searched: ClassVar[Mapping[str, Range]] = {}
    """What a search may change: setting -> bounds."""

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from a plain dict of settings; raises ValueError for unknown or wrong ones."""
        return cls(from_params(cls.Settings, params))

    def fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None = None) -> Self:
        """Learn from the rows X (n, d) with labels y (n,); raises ValueError for missing values or no rows."""
        if len(X) == 0 or len(X) != len(y):
            raise ValueError(f"{self.name} needs at least one row and a label for each, got {len(X)} and {len(y)}")
        gaps = X.columns[X.isna().any()]
        if len(gaps):
            raise ValueError(f"{self.name} needs complete rows; missing values in {list(gaps)[:5]}")
        y = np.asarray(y)
        values, counts = np.unique(y, return_counts=True)
        self.class_counts_: dict[int, int] = {int(v): int(c) for v, c in zip(values, counts, strict=True)}
        self._fit(X.reset_index(drop=True), y, progress)
        self._reseed()
        return self

    def sample(self, n: int, label: int | None = None) -> pd.DataFrame:
        """Draw n rows (n, d); of class `label`, or of all classes as often as in training when None.

        Raises ValueError for a class not seen in `fit`, or for any class when the generator is unconditional.
        """
        if n < 0:
            raise ValueError(f"n must be >= 0, got {n}")
        if label is not None and not self.conditional:
            raise ValueError(f"{self.name} is unconditional: it cannot draw class {label!r}; filter its rows instead")
        if label is not None and label not in self.class_counts_:
            raise ValueError(f"class {label!r} was not seen in fit; known classes: {sorted(self.class_counts_)}")
        if label is not None or not self.conditional:
            return self._sample(n, label)
        shares = np.array(list(self.class_counts_.values())) / sum(self.class_counts_.values())
        parts = [
            self._sample(int(k), value)
            for value, k in zip(self.class_counts_, self.rng_.multinomial(n, shares), strict=True)
        ]
        rows = pd.concat(parts, ignore_index=True)
        return rows.iloc[self.rng_.permutation(n)].reset_index(drop=True)

    def save(self, folder: str | Path) -> None:
        """Write model.json and weights.safetensors into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays, facts = self._state()
        save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / "weights.safetensors")
        model = {
            "kind": "generator",
            "name": self.name,
            "settings": asdict(self.settings),
            "class_counts": {str(k): v for k, v in self.class_counts_.items()},
            "state": facts,
        }
        (folder / "model.json").write_text(json.dumps(model, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; the loaded generator draws the same rows as the one saved, fresh from fit."""
        model = json.loads((Path(folder) / "model.json").read_text())
        if model.get("kind") != "generator" or model.get("name") != cls.name:
            raise ValueError(f"{folder} holds {model.get('kind')} {model.get('name')!r}, not generator {cls.name!r}")
        generator = cls.from_params(model["settings"])
        generator.class_counts_ = {int(k): v for k, v in model["class_counts"].items()}
        generator._restore(load_file(Path(folder) / "weights.safetensors"), model["state"])
        generator._reseed()
        return generator

    def rewind(self, block: int = 0) -> None:
        """Start the draws anew: the next `sample` gives what the first one after `fit` gave.

        Each block >= 0 has draws of its own, so that blocks can be drawn apart; the first one is fit's.
        """
        self._reseed(block)

    def _reseed(self, block: int = 0) -> None:
        self.rng_ = np.random.default_rng([cast(Seeded, self.settings).seed, 1, *([block] if block else [])])

    @abstractmethod
    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None: ...

    @abstractmethod
    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        """Draw n rows using only `self.rng_` for randomness."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What fit learned: named arrays, and facts that JSON can hold."""

    @abstractmethod
    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None: ...
