"""Write the model folder of an inspector, and let it stand only if it answers as the inspector does."""

import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from PIL import Image

from rarefault.datasets.images import ImageSet
from serving.exporting.features import binned, decile_edges
from serving.exporting.placing import check_target
from serving.exporting.writing import ParityError, check_names, head_of, write_folder
from serving.images.decision import decide
from serving.images.preparation import Preparation
from serving.images.statistics import STATISTICS, statistics
from serving.model_folder import BrokenModel, Feature
from serving.model_folder.images import FORMAT_VERSION, KIND, TOLERANCE, ImageFolder
from serving.predictors.network import Network

_FILE = "inspector.onnx"
_MOST_COMPARED, _MOST_MEASURED, _EXAMPLES = 512, 5000, 4


class FittedInspector(Protocol):
    """What is exported: `rarefault.classifiers.image.Inspector` after fit, or anything that answers like it."""

    classes_: tuple[str, ...]
    shape_: tuple[int, ...]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """The probability of each class for images (n, c, h, w) uint8, (n, k) float32."""
        ...

    def export_onnx(self, path: str | Path) -> Path:
        """Write the ONNX graph from "images" to "probabilities" and return its path."""
        ...


def export_image(
    inspector: FittedInspector,
    training: ImageSet,
    folder: str | Path,
    *,
    name: str,
    version: str,
    classifier: str = "",
    strategy: str = "",
    threshold: float | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Write a fitted inspector as the model folder `folder`, whole or not at all.

    `training` are the images it was trained on, whose background is the class without a defect; `classifier` and
    `strategy` name the network and what it was trained on. An image is called by its most probable class; with a
    threshold, by its most probable defect where the probability of a defect, 1 - the background's, reaches it, and
    else by the background. `facts` (lineage, metrics) are plain JSON values. A model folder that is already there is
    replaced. Returns rows, largest_difference and labels_differ. Raises ParityError, and leaves what was there, when a
    label differs on training images (at most 512 of them, evenly drawn) or a probability by more than 1e-4; InputError
    for a folder that holds something else; ValueError for a name or version that cannot stand in an address, for
    images of another shape or other classes, and for a threshold without a background.
    """
    background = _check(inspector, training, name, version, threshold)
    check_target(Path(folder))
    preparation, classes = Preparation(*inspector.shape_), inspector.classes_
    files = {_FILE: _graph(inspector)}
    compared = training.images[_spread(len(training), _MOST_COMPARED)]
    truth = inspector.probabilities(compared)
    network = _network(files, preparation, len(classes))
    at = classes.index(background) if background else None
    parity = _parity(network.probabilities(compared), truth, at, threshold)
    example = _example(compared, truth, files)
    packages = ("rarefault", "numpy", "torch", "onnx", "pillow")
    model = {
        "kind": KIND,
        **head_of(name, version, FORMAT_VERSION, packages),
        "classifier": classifier or type(inspector).__name__,
        "strategy": strategy,
        "classes": list(classes),
        "background": background,
        "threshold": threshold,
        "input": preparation.to_json(),
        "statistics": [one.to_json() for one in _statistics(training.images)],
        "predictor": {"kind": "onnx", "file": _FILE},
        "example": example,
        "facts": dict(facts or {}),
        "parity": parity,
    }
    write_folder(Path(folder), model, files, ImageFolder.read)
    return parity


def _check(inspector: FittedInspector, training: ImageSet, name: str, version: str, threshold: float | None) -> str:
    """The background, empty where the inspector knows none."""
    check_names(name, version)
    if not len(training) or training.images.shape[1:] != tuple(inspector.shape_):
        shape = tuple(training.images.shape)
        raise ValueError(f"training must hold images (n, {', '.join(map(str, inspector.shape_))}), got {shape}")
    background = training.facts.background
    if background not in inspector.classes_:
        background = ""
    if threshold is not None and not (background and 0 <= threshold <= 1):
        raise ValueError(f"threshold must be in [0, 1], and None without a background class, got {threshold}")
    return background


def _graph(inspector: FittedInspector) -> bytes:
    """The ONNX graph with all its weights in one file."""
    with tempfile.TemporaryDirectory(prefix="rarefault-export-") as place:
        model = onnx.load(str(inspector.export_onnx(Path(place) / _FILE)))
    content: bytes = model.SerializeToString()
    return content


def _spread(n: int, most: int) -> np.ndarray:
    """At most `most` of the positions 0 to n - 1, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def _network(files: Mapping[str, bytes], preparation: Preparation, classes: int) -> Network:
    try:
        return Network.read({"kind": "onnx", "file": _FILE}, files, preparation.shape, classes)
    except BrokenModel as problem:
        raise ParityError(f"the exported model cannot be loaded: {problem}") from problem


def _parity(found: np.ndarray, truth: np.ndarray, background: int | None, threshold: float | None) -> dict[str, float]:
    """Compare with the inspector's own probabilities (n, k); raises ParityError."""
    largest = float(np.max(np.abs(found - truth)))
    labels = [decide(probabilities, background, threshold) for probabilities in (found, truth)]
    differ = int((labels[0] != labels[1]).sum())
    if differ or not largest <= TOLERANCE:  # a NaN is refused too
        raise ParityError(
            f"the exported model differs from the inspector on {differ} labels of {len(truth)} training images and by "
            f"up to {largest:.2g} in probability; accepted: no label, at most {TOLERANCE:g}"
        )
    return {"rows": len(truth), "largest_difference": largest, "labels_differ": differ}


def _example(images: np.ndarray, truth: np.ndarray, files: dict[str, bytes]) -> dict[str, Any]:
    """A few training images from the least to the most sure answer as PNG files, and their probabilities."""
    ranks = _spread(len(images), _EXAMPLES)
    picked = np.argsort(truth.max(axis=1), kind="stable")[ranks]
    names = [f"example-{at}.png" for at in range(len(picked))]
    files |= {file: png(images[i]) for file, i in zip(names, picked, strict=True)}
    return {"files": names, "probabilities": truth[picked].astype(float).tolist()}


def png(pixels: np.ndarray) -> bytes:
    """The PNG file of pixels (1 or 3, h, w) uint8."""
    values = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    content = BytesIO()
    Image.fromarray(values).save(content, "PNG", optimize=True)
    return content.getvalue()


def _statistics(images: np.ndarray) -> Sequence[Feature]:
    """How the statistics of training images (n, c, h, w) are distributed."""
    measured = statistics(images[_spread(len(images), _MOST_MEASURED)])
    found = []
    for name, values in zip(STATISTICS, measured.T, strict=True):
        edges = decile_edges(values)
        low, high, middle = float(values.min()), float(values.max()), float(np.median(values))
        found.append(Feature(name, "", "number", (), low, high, middle, False, edges, binned(values, edges)))
    return found
