"""Write the model folder of a table's classifier, and let it stand only if it answers as the classifier does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table
from serving.exporting.encoding import encoding_of, matrix_of
from serving.exporting.estimators import estimator_part
from serving.exporting.features import features_of
from serving.exporting.parts import Part
from serving.exporting.placing import check_target
from serving.exporting.writing import ParityError, check_names, head_of, write_folder
from serving.model_folder import BrokenModel, Feature, ModelFolder
from serving.model_folder.folder import FORMAT_VERSION, TOLERANCE
from serving.predictors.reading import read_predictor

Facts = dict[str, float]
_EXAMPLES = 5


def export(
    classifier: FaultClassifier,
    training: Table,
    folder: str | Path,
    *,
    name: str,
    version: str,
    strategy: str = "",
    facts: Mapping[str, Any] | None = None,
    ignored: Sequence[str] = (),
) -> Facts:
    """Write a fitted classifier as the model folder `folder`, whole or not at all.

    `training` are the rows it was trained on; columns of theirs that it does not use, and those named by `ignored`,
    are listed as ignored. `facts` (lineage, metrics) are plain JSON values. A model folder that is already there is
    replaced. Returns rows, largest_difference and labels_differ. Raises ParityError, and leaves what was there, when a
    label differs on the training rows or a probability by more than 1e-6; InputError for a folder that holds something
    else; ValueError for a name or version that cannot stand in an address and for an estimator without an export.
    """
    _check(classifier, training, name, version)
    check_target(Path(folder))
    part = estimator_part(classifier.pipeline_["classify"], encoding_of(classifier))
    matrix = matrix_of(classifier, training.X)
    scores = classifier.scores(training.X[classifier.schema.names])
    parity = _parity(_scored(part, matrix), scores, classifier.threshold)
    features = features_of(classifier, training.X)
    unused = [column for column in training.schema.names if column not in classifier.schema.names]
    model = {
        **head_of(name, version, FORMAT_VERSION, ("rarefault", "numpy", "scikit-learn", "onnx")),
        **_decision(classifier, strategy),
        "features": [feature.to_json() for feature in features],
        "ignored": list(dict.fromkeys([*unused, *ignored])),
        "predictor": part.spec,
        "example": _example(features, matrix, scores),
        "facts": dict(facts or {}),
        "parity": parity,
    }
    write_folder(Path(folder), model, part.files, ModelFolder.read)
    return parity


def _check(classifier: FaultClassifier, training: Table, name: str, version: str) -> None:
    check_names(name, version)
    missing = [column for column in classifier.schema.names if column not in training.X]
    if missing or not len(training):
        raise ValueError(
            f"training must hold rows of the classifier's columns, got {len(training)}, without {missing[:5]}"
        )


def _scored(part: Part, matrix: np.ndarray) -> np.ndarray:
    try:
        return read_predictor(part.spec, part.files, matrix.shape[1]).probabilities(matrix)
    except BrokenModel as problem:
        raise ParityError(f"the exported model cannot be loaded: {problem}") from problem


def _parity(found: np.ndarray, scores: np.ndarray, threshold: float) -> Facts:
    """Compare with the classifier's own scores; raises ParityError."""
    largest = float(np.max(np.abs(found - scores), initial=0.0))
    differ = int(((found >= threshold) != (scores >= threshold)).sum())
    if differ or not largest <= TOLERANCE:  # a NaN is refused too
        raise ParityError(
            f"the exported model differs from the classifier on {differ} labels of {len(scores)} training rows and by "
            f"up to {largest:.2g} in probability; accepted: no label, at most {TOLERANCE:g}"
        )
    return {"rows": len(scores), "largest_difference": largest, "labels_differ": differ}


def _decision(classifier: FaultClassifier, strategy: str) -> dict[str, Any]:
    return {
        "classifier": classifier.name,
        "strategy": strategy,
        "threshold": float(classifier.threshold),
        "labels": {"positive": classifier.schema.positive, "negative": classifier.schema.negative},
    }


def _example(features: Sequence[Feature], matrix: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Complete training rows from the lowest to the highest score, the middle one first, and their probabilities."""
    ranks = np.linspace(0, len(scores) - 1, _EXAMPLES).round().astype(int)
    picked = np.argsort(scores, kind="stable")[[ranks[_EXAMPLES // 2], *np.delete(ranks, _EXAMPLES // 2)]]
    rows = [
        [f.levels[int(value)] if f.levels else float(value) for f, value in zip(features, matrix[i], strict=True)]
        for i in picked
    ]
    return {"rows": rows, "probabilities": scores[picked].tolist()}
