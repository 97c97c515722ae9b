"""Read a model folder: every value checked, every file verified, the example scored again."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.model_folder.features import Feature, to_matrix
from serving.model_folder.fields import Fields
from serving.model_folder.files import MODEL, SUMS, parse_json, read_files
from serving.predictors.predictor import Predictor
from serving.predictors.reading import read_predictor

FORMAT, FORMAT_VERSION = "rarefault-model", 1
TOLERANCE = 1e-6
"""Largest accepted difference between a probability here and where it was first computed."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""Names and versions of models: they stand in addresses."""


@dataclass(frozen=True)
class ModelFolder:
    """A model as it was exported.

    labels is (positive, negative): what a probability >= threshold is called, and what any other; a threshold above 1
    calls nothing a fault. ignored: columns of the training table that the model does not use. example_rows are
    complete rows of raw values and example_probabilities their answers. digest changes with any file.
    """

    name: str
    version: str
    classifier: str
    strategy: str
    threshold: float
    labels: tuple[str, str]
    features: tuple[Feature, ...]
    ignored: tuple[str, ...]
    example_rows: tuple[tuple[float | str, ...], ...]
    example_probabilities: tuple[float, ...]
    facts: dict[str, Any]
    versions: dict[str, Any]
    created: str
    parity: dict[str, Any]
    digest: str
    _predictor: Predictor

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Read and check a folder; raises BrokenModel, one line, for anything that is missing or does not fit."""
        try:
            return cls._read(read_files(Path(folder)))
        except BrokenModel as problem:
            raise BrokenModel(" ".join(f"{folder}: {problem}".split())) from problem

    @classmethod
    def _read(cls, files: dict[str, bytes]) -> Self:
        model = Fields(parse_json(files[MODEL]), MODEL)
        _check_format(model)
        features = _features(model)
        rows, probabilities = _example(model, len(features))
        found = cls(
            name=_name(model, "name"),
            version=_name(model, "version"),
            classifier=model.text("classifier"),
            strategy=model.text("strategy", empty=True),
            threshold=_threshold(model),
            labels=_labels(model.part("labels")),
            features=features,
            ignored=_ignored(model, features),
            example_rows=rows,
            example_probabilities=probabilities,
            facts=model.part("facts").values,
            versions=model.part("versions").values,
            created=model.text("created"),
            parity=model.part("parity").values,
            digest=hashlib.sha256(files[SUMS]).hexdigest(),
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


def _check_format(model: Fields) -> None:
    if model.values.get("format") != FORMAT:
        raise model.refuse("format", repr(FORMAT))
    version = model.values.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise model.refuse("format_version", str(FORMAT_VERSION))


def _name(model: Fields, field: str) -> str:
    if not NAME.fullmatch(model.text(field)):
        raise model.refuse(field, "letters, digits, '.', '_' and '-'")
    return model.text(field)


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
