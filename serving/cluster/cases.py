"""The rows that a deployed model is tried with."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from rarefault.classifiers.table import FaultClassifier
from rarefault.registry.store import Registry, Version
from serving.cluster.smoke import Case
from serving.model_folder import ModelFolder
from serving.model_folder.features import to_matrix


def cases_of(store: Registry, version: Version, folder: ModelFolder) -> list[Case]:
    """The test rows kept with a registered version, scored by the registered classifier itself, and the export's own.

    Rows with gaps are left out: the server refuses them unless it is told to fill them.
    """
    names = [feature.name for feature in folder.features]
    kept = zip(folder.example_rows, folder.example_probabilities, strict=True)
    cases = [_case(folder, dict(zip(names, row, strict=True)), probability) for row, probability in kept]
    return _test_rows(store, version, folder, names) + cases


def _test_rows(store: Registry, version: Version, folder: ModelFolder, names: list[str]) -> list[Case]:
    with tempfile.TemporaryDirectory(prefix="rarefault-smoke-") as place:
        registered = store.fetch(version, place)
        example = next(iter(sorted(Path(place).rglob("input_example.json"))), None)
        classifier = FaultClassifier.load(registered)
        rows = _rows(json.loads(example.read_text())) if example else pd.DataFrame(columns=names)
    if not set(names) <= set(rows.columns):
        return []
    found = [[_plain(value) for value in row] for row in rows[names].itertuples(index=False)]
    usable = [i for i, row in enumerate(found) if to_matrix(folder.features, [row]) is not None]
    if not usable:
        return []
    scores = classifier.scores(classifier.check(rows.iloc[usable].reset_index(drop=True)))
    pairs = zip(usable, scores, strict=True)
    return [_case(folder, dict(zip(names, found[i], strict=True)), float(score)) for i, score in pairs]


def _rows(kept: dict[str, Any]) -> pd.DataFrame:
    """The table in MLflow's input example."""
    return pd.DataFrame(kept.get("data", []), columns=kept.get("columns", []))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _case(folder: ModelFolder, row: dict[str, float | str], probability: float) -> Case:
    return Case(row, probability, folder.labels[0 if probability >= folder.threshold else 1])
