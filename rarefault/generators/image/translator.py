"""What PE-GAN, StarGAN and CycleGAN have in common: they turn an image of one class into one of another."""

from abc import abstractmethod
from collections import deque
from typing import Any, ClassVar, Protocol, cast

import numpy as np

from rarefault.errors import InputError
from rarefault.generators.base import Progress
from rarefault.generators.image.base import Checkpoint, ImageGenerator

KEPT = 512
"""Background images that a translator keeps to start from."""


class _Seeded(Protocol):
    @property
    def seed(self) -> int: ...


class Translator(ImageGenerator):
    """Makes a defect on an image of the background, and takes one away.

    A translation knows no chance: `sample` translates the backgrounds that it kept (at most 512) in random order,
    then again mirrored left to right, top to bottom, and both ways; only after these the same image comes again.

    `fit` raises InputError for images that are not square with sides that are multiples of 32, and for a class with
    one image.
    """

    translates: ClassVar[bool] = True
    backgrounds_: np.ndarray

    def translate(self, images: np.ndarray, label: str, source: str = "") -> np.ndarray:
        """Turn images (n, c, h, w) uint8 into ones of class `label`, the background included; same shape and dtype.

        source: their class; empty for the background, or for a defect not named if `label` is the background. Raises
        ValueError for classes that were not learned and images of another size.
        """
        known = [*self.classes_, self.background_]
        for name in (label, *([source] if source else [])):
            if name not in known:
                raise ValueError(f"class {name!r} was not learned; known classes: {known}")
        if images.dtype != np.uint8 or images.shape[1:] != self.shape_:
            raise ValueError(f"images must be uint8 (n, {self.shape_}), got {images.dtype} {images.shape}")
        return self._translate(images, label, source)

    def _fit(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        h, w = self.shape_[1:]
        if h != w or h % 32 or not h:
            raise InputError(f"{self.name} needs square images whose sides are multiples of 32, got {h} x {w}")
        counts = {name: int((labels == name).sum()) for name in (*self.classes_, self.background_)}
        few = [name for name, n in counts.items() if n < 2]
        if few:
            raise InputError(f"{self.name} needs at least 2 images of every class, got 1 of {few}")
        self.backgrounds_ = self._keep(images[labels == self.background_])
        self._learn(images, labels, progress, checkpoint)

    def _keep(self, backgrounds: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng([cast(_Seeded, self.settings).seed, 3])
        return backgrounds[np.sort(rng.permutation(len(backgrounds))[:KEPT])]

    def rewind(self, block: int = 0) -> None:
        """Start the draws anew; each block >= 0 has draws of its own."""
        super().rewind(block)
        self.waiting_: deque[tuple[int, int]] = deque()

    def _sample(self, n: int, label: str) -> np.ndarray:
        return self.translate(self._starts(n), label)

    def _starts(self, n: int) -> np.ndarray:
        """The next n background images, (n, c, h, w)."""
        kept = len(self.backgrounds_)
        while len(self.waiting_) < n:
            self.waiting_.extend((int(at), mirror) for mirror in range(4) for at in self.rng_.permutation(kept))
        picked = [self.waiting_.popleft() for _ in range(n)]
        made = [self.backgrounds_[at][:, :: _way(mirror, 2), :: _way(mirror, 1)] for at, mirror in picked]
        return np.stack(made) if made else self.backgrounds_[:0]

    def _domains(self, labels: np.ndarray) -> np.ndarray:
        """The position of each label (n,) among the defects, the background being the last."""
        at = {name: code for code, name in enumerate((*self.classes_, self.background_))}
        return np.array([at[name] for name in labels.tolist()], dtype=np.int64)

    @abstractmethod
    def _learn(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        """Train, filling health_ and history_."""

    @abstractmethod
    def _translate(self, images: np.ndarray, label: str, source: str) -> np.ndarray:
        """Turn checked images into ones of `label`."""

    @abstractmethod
    def _networks(self) -> dict[str, Any]:
        """The trained networks by name, built untrained when there are none yet."""

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        from rarefault.generators.image.checkpoints import networks_state

        weights = {name: value.cpu().numpy() for name, value in networks_state(self._networks()).items()}
        return {"backgrounds": self.backgrounds_, **weights}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        import torch

        from rarefault.generators.image.checkpoints import restore_networks

        self.backgrounds_ = arrays["backgrounds"]
        weights = {name: torch.from_numpy(value) for name, value in arrays.items() if name != "backgrounds"}
        restore_networks(self._networks(), weights)


def _way(mirror: int, bit: int) -> int:
    return -1 if mirror & bit else 1
