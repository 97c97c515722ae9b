"""A model of images as it was exported: every value checked, the example images scored again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.images.decoding import BadImage, open_image
from serving.images.preparation import Preparation
from serving.images.statistics import STATISTICS
from serving.model_folder.features import Feature
from serving.model_folder.fields import Fields
from serving.model_folder.files import MODEL
from serving.model_folder.origin import Origin, check_format, origin_of, read_with
from serving.predictors.network import Network

KIND, FORMAT_VERSION = "image", 2
TOLERANCE = 1e-4
"""Largest accepted difference between a probability here and where it was first computed, in single precision."""
_MOST_CLASSES = 1000


@dataclass(frozen=True)
class ImageFolder(Origin):
    """A model of images.

    classes: in the order of the probabilities; background: the one without a defect, or empty; threshold: None calls
    an image by its most probable class; otherwise it is a defect, the most probable one, where 1 - the background's
    probability >= threshold, and else the background. statistics: how those of `serving.images.statistics` were
    distributed over the training images. examples are encoded images, the content of example_files, and
    example_probabilities (n, k) their answers.
    """

    classes: tuple[str, ...]
    background: str
    threshold: float | None
    preparation: Preparation
    statistics: tuple[Feature, ...]
    example_files: tuple[str, ...]
    examples: tuple[bytes, ...]
    example_probabilities: np.ndarray
    _network: Network

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Read and check a folder; raises BrokenModel, one line, for anything that is missing or does not fit."""
        return read_with(folder, cls.of)

    @classmethod
    def of(cls, model: Fields, files: Mapping[str, bytes]) -> Self:
        """The model that model.json and the folder's files describe; raises BrokenModel."""
        check_format(model, FORMAT_VERSION)
        if model.text("kind") != KIND:
            raise model.refuse("kind", repr(KIND))
        classes, preparation = _classes(model), Preparation.read(model.part("input"))
        background = model.text("background", empty=True)
        if background and background not in classes:
            raise model.refuse("background", "one of the classes, or empty")
        found = cls(
            **origin_of(model, files),
            classes=classes,
            background=background,
            threshold=_threshold(model, background),
            preparation=preparation,
            statistics=_statistics(model),
            **_examples(model.part("example"), files, len(classes)),
            _network=Network.read(model.values.get("predictor"), files, preparation.shape, len(classes)),
        )
        found._test()
        return found

    def network(self) -> Network:
        """What looks at images."""
        return self._network

    def example_images(self) -> np.ndarray:
        """The examples as the network takes them, (n, c, h, w) uint8; raises BadImage."""
        return np.stack([self.preparation.of_picture(open_image(content)) for content in self.examples])

    def _test(self) -> None:
        try:
            images = self.example_images()
        except BadImage as problem:
            raise BrokenModel(f"an example image {problem}") from problem
        found = self._network.probabilities(images)
        if not (np.abs(found - self.example_probabilities) <= TOLERANCE).all():
            raise BrokenModel(f"the examples' probabilities are {found.tolist()}, not those in {MODEL}"[:200])


def _classes(model: Fields) -> tuple[str, ...]:
    classes = model.texts("classes")
    if not 2 <= len(classes) <= _MOST_CLASSES or not all(classes):
        raise model.refuse("classes", f"2 to {_MOST_CLASSES} names that are not empty")
    return classes


def _threshold(model: Fields, background: str) -> float | None:
    if model.values.get("threshold") is None:
        return None
    threshold = model.number("threshold")
    if not background or threshold < 0:
        raise model.refuse("threshold", ">= 0, or null, which it must be without a background")
    return threshold


def _statistics(model: Fields) -> tuple[Feature, ...]:
    found = tuple(map(Feature.read, model.parts("statistics")))
    if tuple(one.name for one in found) != STATISTICS or any(one.levels for one in found):
        raise model.refuse("statistics", f"those of the numbers {', '.join(STATISTICS)}")
    return found


def _examples(example: Fields, files: Mapping[str, bytes], classes: int) -> dict[str, Any]:
    names = example.texts("files")
    if not names or not set(names) <= set(files):
        raise example.refuse("files", "one or more files of the folder")
    rows = [_probabilities(example, row, classes) for row in example.listing("probabilities")]
    if len(rows) != len(names):
        raise example.refuse("probabilities", f"one list a file ({len(names)})")
    contents = tuple(files[name] for name in names)
    return {"example_files": names, "examples": contents, "example_probabilities": np.array(rows)}


def _probabilities(example: Fields, row: object, classes: int) -> tuple[float, ...]:
    numbers = Fields({"probabilities": row}, example.where).numbers("probabilities")
    if len(numbers) != classes or min(numbers) < 0 or abs(sum(numbers) - 1) > 1e-3:
        raise example.refuse("probabilities", f"lists of {classes} numbers >= 0 with sum 1")
    return numbers
