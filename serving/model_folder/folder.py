"""A model of table rows as it was exported: every value checked, the example scored again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from serving.errors import BrokenModel
from serving.model_folder.features import Feature, to_matrix
from serving.model_folder.fields import Fields
from serving.model_folder.files import MODEL
from serving.model_folder.origin import Origin, check_format, origin_of, read_with
from serving.predictors.predictor import Predictor
from serving.predictors.reading import read_predictor

FORMAT_VERSION = 1
TOLERANCE = 1e-6
"""Largest accepted difference between a probability here and where it was first computed."""


@dataclass(frozen=True)
class ModelFolder(Origin):
    """A model of table rows.

    labels is (positive, negative): what a probability >= threshold is called, and what any other; a threshold above 1
    calls nothing a fault. ignored: columns of the training table that the model does not use. example_rows are
    complete rows of raw values and example_probabilities their answers.
    """

    threshold: float
    labels: tuple[str, str]
    features: tuple[Feature, ...]
    ignored: tuple[str, ...]
    example_rows: tuple[tuple[float | str, ...], ...]
    example_probabilities: tuple[float, ...]
    _predictor: Predictor

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Read and check a folder; raises BrokenModel, one line, for anything that is missing or does not fit."""
        return read_with(folder, cls.of)

    @classmethod
    def of(cls, model: Fields, files: Mapping[str, bytes]) -> Self:
        """The model that model.json and the folder's files describe; raises BrokenModel."""
        check_format(model, FORMAT_VERSION)
        features = _features(model)
        rows, probabilities = _example(model, len(features))
        found = cls(
            **origin_of(model, files),
            threshold=_threshold(model),
            labels=_labels(model.part("labels")),
            features=features,
            ignored=_ignored(model, features),
            example_rows=rows,
            example_probabilities=probabilities,
            _predictor=read_predictor(model.values.get("predictor"), files, len(features)),
        )
        found._test()
        return found

    def predictor(self) -> Predictor:
        """What scores rows."""
        return self._predictor

    def _test(self) -> None:
        matrix = to_matrix(self.features, self.example_rows)
        if matrix is None:
            raise BrokenModel(f"{MODEL}.example.rows must be complete rows that fit the features")
        found, wanted = self._predictor.probabilities(matrix), np.array(self.example_probabilities)
        if found.shape != wanted.shape or not (np.abs(found - wanted) <= TOLERANCE).all():
            raise BrokenModel(f"the example's probabilities are {found.tolist()}, not those in {MODEL}"[:200])


def _threshold(model: Fields) -> float:
    threshold = model.number("threshold")
    if threshold < 0:
        raise model.refuse("threshold", ">= 0")
    return threshold


def _labels(labels: Fields) -> tuple[str, str]:
    positive, negative = labels.text("positive", empty=True), labels.text("negative", empty=True)
    if positive == negative:
        raise labels.refuse("positive", "another word than negative")
    return positive, negative


def _features(model: Fields) -> tuple[Feature, ...]:
    features = tuple(map(Feature.read, model.parts("features")))
    if not features or len({feature.name for feature in features}) != len(features):
        raise model.refuse("features", "one or more features whose names differ")
    return features


def _ignored(model: Fields, features: tuple[Feature, ...]) -> tuple[str, ...]:
    ignored = model.texts("ignored")
    if {feature.name for feature in features} & set(ignored):
        raise model.refuse("ignored", "columns that are no features")
    return ignored


def _example(model: Fields, n_features: int) -> tuple[tuple[tuple[float | str, ...], ...], tuple[float, ...]]:
    example = model.part("example")
    rows, probabilities = example.listing("rows"), example.numbers("probabilities")
    if not rows or not all(isinstance(row, list) and len(row) == n_features for row in rows):
        raise example.refuse("rows", f"one or more rows of {n_features} values")
    if len(probabilities) != len(rows):
        raise example.refuse("probabilities", f"one a row ({len(rows)})")
    return tuple(map(tuple, rows)), probabilities
