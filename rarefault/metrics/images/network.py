"""What turns images into features, and how the features of an image once seen are found again."""

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np

from rarefault.metrics.images.graph import Graph

_BATCH = 4
_KEPT = 20_000


class Network(ABC):
    """Turns images into rows of `width` features; `title` names it in reports."""

    width: ClassVar[int]
    title: str

    def __init__(self) -> None:
        self._rows: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def __call__(self, images: np.ndarray, threads: int) -> np.ndarray:
        """Features (n, width) float64 of images (n, 1 or 3, h, w) uint8; computed once for equal images."""
        keys = [_key(image) for image in images]
        new = {key: at for at, key in enumerate(keys) if key not in self._rows}
        rows = dict(zip(new, self._compute(images[list(new.values())], threads), strict=True)) if new else {}
        found = [rows[key] if key in rows else self._rows[key] for key in keys]
        self._rows.update(rows)
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)
        return np.array(found, dtype=np.float64).reshape(len(images), self.width)

    @abstractmethod
    def _compute(self, images: np.ndarray, threads: int) -> np.ndarray:
        """Features (n, width) of n > 0 images."""


class ConvolutionalNetwork(Network):
    """Sees square images of `size` pixels a side whose values are (pixel - mean) / deviation; grey ones as RGB."""

    size: ClassVar[int]
    mean: ClassVar[float]
    deviation: ClassVar[float]

    def __init__(self) -> None:
        super().__init__()
        self._session = self._graph().session(self.size)

    @abstractmethod
    def _graph(self) -> Graph:
        """The network up to its last map."""

    def _compute(self, images: np.ndarray, threads: int) -> np.ndarray:
        batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
        with ThreadPoolExecutor(threads) as pool:  # ONNX Runtime lets go of the interpreter while it computes
            return np.concatenate(list(pool.map(self._run, batches)))

    def _run(self, images: np.ndarray) -> np.ndarray:
        x = (resized(images, self.size) - self.mean) / self.deviation
        rows: np.ndarray = self._session.run(None, {Graph.input: np.repeat(x, 3 // x.shape[1], axis=1)})[0]
        return rows


class Pixels(Network):
    """The grey values of an image at 8 x 8 pixels: fast, and blind to all but the roughest shape."""

    width = 64
    title = "8 x 8 pixels"

    def _compute(self, images: np.ndarray, threads: int) -> np.ndarray:
        grey: np.ndarray = resized(images, 8).mean(axis=1) / 255.0
        return grey.reshape(len(images), -1)


def resized(images: np.ndarray, size: int) -> np.ndarray:
    """Images (n, c, h, w) uint8 at another size, (n, c, size, size) float32: bilinear, smoothed where they shrink."""
    import torch
    from torch.nn.functional import interpolate

    if images.shape[-2:] == (size, size):
        return images.astype(np.float32)
    x = torch.from_numpy(images.astype(np.float32))
    pixels: np.ndarray = interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False).numpy()
    return pixels


def _key(image: np.ndarray) -> bytes:
    return hashlib.blake2b(image.tobytes(), digest_size=16, key=str(image.shape).encode()).digest()
