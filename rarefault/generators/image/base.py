"""What every generator of images does: fit, sample, save, load."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
from safetensors.numpy import load_file, save_file

from rarefault.errors import InputError
from rarefault.generators.base import Progress, Range, Seeded
from rarefault.settings import from_params

Checkpoint = str | Path | None
"""The folder where a training leaves its state now and then, and takes it up again; None: nowhere."""


class ImageGenerator(ABC):
    """Learns images (n, c, h, w) uint8 of some classes and makes new ones of the same size.

    Subclasses name themselves (`name`), their settings dataclass (`Settings`, with a seed), whether they translate
    images of the background class (`translates`; else they draw from noise), and what a search may change
    (`searched`). After `fit`, `health_` says for each class whether what it makes can be used (see `Health`), and
    `history_` holds the losses: name -> one value a loop.
    """

    name: ClassVar[str]
    Settings: ClassVar[type]
    translates: ClassVar[bool] = False
    searched: ClassVar[Mapping[str, Range]] = {}

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from a plain dict of settings; raises InputError for unknown or wrong ones."""
        return cls(from_params(cls.Settings, params))

    def fit(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        background: str = "",
        progress: Progress | None = None,
        checkpoint: Checkpoint = None,
    ) -> Self:
        """Learn the classes in labels (n,) but `background` from images (n, c, h, w) uint8.

        A translator needs images of the background; the others learn without them. checkpoint: a folder for the state
        of the training, which goes on from there when it was stopped. Raises ValueError for arrays of another kind,
        InputError for no class with a defect, and for a translator without background images.
        """
        labels = np.asarray(labels, dtype=object)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3) or len(images) != len(labels):
            raise ValueError(
                f"images must be uint8 (n, 1 or 3, h, w) with a label each, got {images.dtype} {images.shape} and "
                f"{len(labels)} labels"
            )
        counts = {str(name): int((labels == name).sum()) for name in sorted(set(labels.tolist()))}
        defects = tuple(name for name in counts if name != background)
        if not defects:
            raise InputError(f"{self.name} needs images of at least one class with a defect, got {counts}")
        if self.translates and not counts.get(background):
            raise InputError(
                f"{self.name} makes a defect on an image without one: it needs images of a background class, got "
                f"{background or 'none'!r} among {sorted(counts)}"
            )
        self.classes_, self.background_, self.shape_ = defects, background, tuple(images.shape[1:])
        self.health_: dict[str, dict[str, Any]] = {}
        self.history_: dict[str, list[float]] = {}
        self._fit(images, labels, progress, checkpoint)
        self.rewind()
        return self

    def sample(self, n: int, label: str) -> np.ndarray:
        """Make n images (n, c, h, w) uint8 of class `label`; raises ValueError for a class that was not learned."""
        if n < 0:
            raise ValueError(f"n must be >= 0, got {n}")
        if label not in self.classes_:
            raise ValueError(f"class {label!r} was not learned; known classes: {list(self.classes_)}")
        return self._sample(n, label)

    def save(self, folder: str | Path) -> None:
        """Write model.json and weights.safetensors into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays, facts = self._state()
        save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, folder / "weights.safetensors")
        model = {
            "kind": "image-generator",
            "name": self.name,
            "settings": asdict(self.settings),
            "classes": list(self.classes_),
            "background": self.background_,
            "shape": list(self.shape_),
            "health": self.health_,
            "history": self.history_,
            "state": facts,
        }
        (folder / "model.json").write_text(json.dumps(model, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; the loaded generator makes the same images as the one saved, fresh from fit."""
        model = json.loads((Path(folder) / "model.json").read_text())
        if model.get("kind") != "image-generator" or model.get("name") != cls.name:
            raise ValueError(
                f"{folder} holds {model.get('kind')} {model.get('name')!r}, not image generator {cls.name!r}"
            )
        generator = cls.from_params(model["settings"])
        generator.classes_, generator.background_ = tuple(model["classes"]), model["background"]
        generator.shape_ = tuple(model["shape"])
        generator.health_, generator.history_ = model["health"], model["history"]
        generator._restore(load_file(Path(folder) / "weights.safetensors"), model["state"])
        generator.rewind()
        return generator

    def rewind(self, block: int = 0) -> None:
        """Start the draws anew; each block >= 0 has draws of its own."""
        seed = cast(Seeded, self.settings).seed
        self.rng_ = np.random.default_rng([seed, 1, *([block] if block else [])])

    @abstractmethod
    def _fit(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        """Train, filling health_ and history_."""

    @abstractmethod
    def _sample(self, n: int, label: str) -> np.ndarray:
        """Make n images using only `self.rng_` for randomness."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What fit learned: named arrays, and facts that JSON can hold."""

    @abstractmethod
    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None: ...
