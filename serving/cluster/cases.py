"""The rows, images or snapshots that a deployed model is tried with."""

import json
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from rarefault.registry.store import Registry, Version
from serving.cluster.smoke import Case
from serving.model_folder import AnyFolder, ModelFolder
from serving.model_folder.features import to_matrix

if TYPE_CHECKING:
    from serving.model_folder.images import ImageFolder
    from serving.model_folder.vibration import VibrationFolder


def cases_of(store: Registry, version: Version, folder: AnyFolder) -> list[Case]:
    """The test rows or images kept with a registered version, as the registered model itself answers them, and the
    export's own rows, images or snapshots.

    Rows with gaps are left out: the server refuses them unless it is told to fill them. Of a degradation model the
    export's own snapshots are taken, which the export compared with the model.
    """
    if isinstance(folder, ModelFolder):
        return _test_rows(store, version, folder) + _own_rows(folder)
    from serving.model_folder.vibration import VibrationFolder

    if isinstance(folder, VibrationFolder):
        return _snapshot_cases(folder)
    return _test_images(store, version, folder) + _image_cases(folder, folder.examples, folder.example_probabilities)


@contextmanager
def _registered(store: Registry, version: Version) -> Iterator[tuple[Path, pd.DataFrame]]:
    """The registered model's folder, and the input example that MLflow keeps with it; empty without any."""
    with tempfile.TemporaryDirectory(prefix="rarefault-smoke-") as place:
        folder = store.fetch(version, place)
        example = next(iter(sorted(Path(place).rglob("input_example.json"))), None)
        kept = json.loads(example.read_text()) if example else {}
        yield folder, pd.DataFrame(kept.get("data", []), columns=kept.get("columns", []))


def _own_rows(folder: ModelFolder) -> list[Case]:
    names = [feature.name for feature in folder.features]
    kept = zip(folder.example_rows, folder.example_probabilities, strict=True)
    return [_case(folder, dict(zip(names, row, strict=True)), probability) for row, probability in kept]


def _test_rows(store: Registry, version: Version, folder: ModelFolder) -> list[Case]:
    from rarefault.classifiers.table import FaultClassifier

    names = [feature.name for feature in folder.features]
    with _registered(store, version) as (registered, rows):
        classifier = FaultClassifier.load(registered)
    if not set(names) <= set(rows.columns):
        return []
    found = [[_plain(value) for value in row] for row in rows[names].itertuples(index=False)]
    usable = [i for i, row in enumerate(found) if to_matrix(folder.features, [row]) is not None]
    if not usable:
        return []
    scores = classifier.scores(classifier.check(rows.iloc[usable].reset_index(drop=True)))
    pairs = zip(usable, scores, strict=True)
    return [_case(folder, dict(zip(names, found[i], strict=True)), float(score)) for i, score in pairs]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _case(folder: ModelFolder, row: dict[str, float | str], probability: float) -> Case:
    return Case(row, probability, folder.labels[0 if probability >= folder.threshold else 1])


def _test_images(store: Registry, version: Version, folder: "ImageFolder") -> list[Case]:
    from rarefault.classifiers.image import Inspector
    from serving.images.decoding import open_image

    with _registered(store, version) as (registered, rows):
        inspector = Inspector.load(registered)
    contents = [b64decode(text) for text in rows["image"]] if "image" in rows else []
    if not contents:
        return []
    images = np.stack([folder.preparation.of_picture(open_image(content)) for content in contents])
    return _image_cases(folder, contents, inspector.probabilities(images))


def _image_cases(folder: "ImageFolder", contents: list[bytes] | tuple[bytes, ...], found: np.ndarray) -> list[Case]:
    """found: the probability of each class of the encoded images, (n, k)."""
    from serving.images.decision import decide
    from serving.model_folder.images import TOLERANCE

    at = folder.classes.index(folder.background) if folder.background else None
    codes = decide(found, at, folder.threshold).tolist()
    return [
        Case({"b64": b64encode(content).decode()}, float(own[code]), folder.classes[code], TOLERANCE)
        for content, own, code in zip(contents, found, codes, strict=True)
    ]


def _snapshot_cases(folder: "VibrationFolder") -> list[Case]:
    """Snapshots below the threshold, each the first of a machine of no name: nobody is alarmed by them."""
    from serving.model_folder.vibration import TOLERANCE
    from serving.vibration.machine import TRIAL
    from serving.vibration.rule import HEALTHY

    pairs = zip(folder.examples, folder.example_indicators, strict=True)
    kept = [(own, value) for own, value in pairs if value <= folder.rule.threshold]
    sent = {"machine": TRIAL, "reset": True}
    return [
        Case({**sent, "snapshot": own.astype(float).tolist()}, value, HEALTHY, TOLERANCE * value) for own, value in kept
    ]
