"""Networks that look at images: an ONNX graph from pixels to the probability of each class."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.predictors.sessions import open_session
from serving.predictors.weights import file_of

KIND = "onnx"
INPUT, OUTPUT = "images", "probabilities"
BLOCK = 16
"""Images that are looked at together: more of them cost memory, and no less time each."""


class Network:
    """A graph from `images`, uint8 (n, c, h, w), to `probabilities`, float (n, k)."""

    def __init__(self, session: Any) -> None:
        self._run = session.run

    @classmethod
    def read(cls, spec: Any, files: Mapping[str, bytes], shape: tuple[int, int, int], classes: int) -> Self:
        """Load the graph for images of `shape` (c, h, w); raises BrokenModel for any other graph."""
        kind = spec.get("kind") if isinstance(spec, dict) else None
        if kind != KIND:
            raise BrokenModel(f"the predictor's kind must be {KIND!r}, got {str(kind)[:80]!r}")
        into, out = (INPUT, "tensor(uint8)", list(shape)), (OUTPUT, "tensor(float)", [classes])
        trial = {INPUT: np.zeros((2, *shape), dtype=np.uint8)}
        return cls(open_session(file_of(spec, files), into, out, trial))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """The probability of each class of images (n, c, h, w) uint8, n >= 1; (n, k) float32."""
        if len(images) <= BLOCK:
            return self._block(images)
        return np.concatenate([self._block(images[at : at + BLOCK]) for at in range(0, len(images), BLOCK)])

    def _block(self, images: np.ndarray) -> np.ndarray:
        return np.asarray(self._run([OUTPUT], {INPUT: images})[0])
