"""An inspector: a network that learns the classes of images from scratch; fit, answer, save, load, export."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from rarefault.classifiers.image.settings import InspectorSettings
from rarefault.errors import InputError
from rarefault.generators.base import Progress
from rarefault.settings import from_params

if TYPE_CHECKING:
    from rarefault.classifiers.image.network import Network

KIND = "inspector"
_SIDE = 32


class Inspector:
    """One network of IMAGE_CLASSIFIERS with the classes that it tells apart.

    After `fit`: classes_ (k names), shape_ (c, h, w) and history_ ({"loss": one value an epoch}).
    """

    network_: "Network"

    def __init__(self, settings: InspectorSettings | None = None) -> None:
        self.settings = InspectorSettings() if settings is None else settings

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from a plain dict of settings; raises InputError for unknown or wrong ones."""
        return cls(from_params(InspectorSettings, params))

    def fit(
        self,
        images: np.ndarray,
        codes: np.ndarray,
        classes: Sequence[str],
        progress: Progress | None = None,
    ) -> Self:
        """Learn images (n, c, h, w) uint8, h = w a multiple of 32, whose codes (n,) are positions in `classes`.

        Raises ValueError for images of another kind, for codes that are no positions, for fewer than two classes
        with images, and when the training diverges.
        """
        from rarefault.classifiers.image import training

        codes = _checked_codes(_checked(images), codes, classes)
        self.classes_, self.shape_ = tuple(classes), tuple(int(side) for side in images.shape[1:])
        self.network_ = self._untrained()
        self.history_ = {"loss": training.train(self.network_, images, codes, self.settings, progress)}
        return self

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """The probability of each class for images (n, c, h, w) uint8, (n, k) float32; rows add up to 1."""
        from rarefault.classifiers.image import training

        if images.shape[1:] != self.shape_ or images.dtype != np.uint8:
            raise ValueError(f"images must be uint8 (n, {', '.join(map(str, self.shape_))}), got {_told(images)}")
        if len(images) == 0:
            return np.zeros((0, len(self.classes_)), dtype=np.float32)
        return training.answers(self.network_, images, self.settings.device)

    def save(self, folder: str | Path, facts: Mapping[str, Any] | None = None) -> None:
        """Write model.json (with `facts`, e.g. lineage) and weights.safetensors into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = {key: value.cpu().contiguous().numpy() for key, value in self.network_.state_dict().items()}
        save_file(weights, folder / "weights.safetensors")
        model = {
            "kind": KIND,
            "name": self.settings.network,
            "settings": asdict(self.settings),
            "classes": list(self.classes_),
            "shape": list(self.shape_),
            "history": self.history_,
            "facts": dict(facts or {}),
        }
        (folder / "model.json").write_text(json.dumps(model, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; raises InputError where there is no inspector or a damaged one."""
        import torch

        folder = Path(folder)
        try:
            model = json.loads((folder / "model.json").read_text())
        except FileNotFoundError:
            raise InputError(
                f"{folder} holds no model.json; expected a folder written by an inspector's save"
            ) from None
        if model.get("kind") != KIND:
            raise InputError(f"{folder} holds a {model.get('kind')!r} model, expected an inspector")
        inspector = cls.from_params(model["settings"])
        inspector.classes_, inspector.shape_ = tuple(model["classes"]), tuple(model["shape"])
        inspector.history_ = model["history"]
        inspector.network_ = inspector._untrained()
        try:
            weights = load_file(folder / "weights.safetensors")
            inspector.network_.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
        except (FileNotFoundError, SafetensorError, RuntimeError) as problem:
            reason = " ".join(str(problem).split())[:200]
            raise InputError(f"{folder} holds no weights of inspector {model['name']!r}: {reason}") from problem
        inspector.network_.eval()
        return inspector

    def export_onnx(self, path: str | Path) -> Path:
        """Write the network as an ONNX file and return its path.

        Input "images" uint8 (n, c, h, w), any n; output "probabilities" float32 (n, k); the scaling of pixels and
        the softmax are in the graph. The classes' names are in its metadata ("classes", JSON).
        """
        from rarefault.classifiers.image.onnx_graph import onnx_model

        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(onnx_model(self.network_, self.shape_, self.classes_).SerializeToString())
        return path

    def _untrained(self) -> "Network":
        from rarefault.classifiers.image import training

        return training.make_network(self.settings, self.shape_[0], len(self.classes_), self.shape_[1])


def _told(images: np.ndarray) -> str:
    return f"{images.dtype} {images.shape}"


def _checked(images: np.ndarray) -> np.ndarray:
    n, channels, height, width = images.shape if images.ndim == 4 else (0, 0, 0, 0)
    square = height == width and height >= _SIDE and height % _SIDE == 0
    if images.dtype != np.uint8 or n < 2 or channels not in (1, 3) or not square:
        raise ValueError(
            f"images must be uint8 (n >= 2, 1 or 3, side, side) with a side that is a multiple of {_SIDE}, got "
            f"{_told(images)}"
        )
    return images


def _checked_codes(images: np.ndarray, codes: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    codes = np.asarray(codes)
    if codes.shape != (len(images),) or not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(
            f"codes must be a whole number for each of {len(images)} images, got {codes.dtype} {codes.shape}"
        )
    found = np.unique(codes)
    if len(found) < 2 or found[0] < 0 or found[-1] >= len(classes):
        raise ValueError(
            f"codes must hold two or more of the positions 0 to {len(classes) - 1} of {list(classes)}, got "
            f"{found[:10].tolist()}"
        )
    return codes.astype(np.int64)
