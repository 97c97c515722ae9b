"""A fault classifier for table rows: fit, score, explain, save, load."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from rarefault.classifiers.columns import Completer, column_encoder
from rarefault.classifiers.estimators import CLASSIFIERS
from rarefault.datasets.table import Schema, apply_schema
from rarefault.errors import InputError


class FaultClassifier:
    """Gap filling, encoding and one estimator of the registry, with the threshold at which it calls a fault.

    Gaps are filled with what the real rows teach; `fit` then takes any number of extra (synthetic) rows.
    """

    def __init__(self, name: str, params: Mapping[str, Any], schema: Schema, threshold: float = 0.5) -> None:
        if name not in CLASSIFIERS:
            raise InputError(f"unknown classifier {name!r}; known classifiers: {sorted(CLASSIFIERS)}")
        self.name, self.params, self.schema, self.threshold = name, dict(params), schema, threshold

    def fit(self, X: pd.DataFrame, y: np.ndarray, extra: pd.DataFrame | None = None, extra_label: int = 1) -> Self:
        """Learn from real rows X (n, d), y (n,) and extra rows of one class."""
        kind = CLASSIFIERS[self.name]
        completer = Completer().fit(X)
        rows = completer.transform(X)
        if extra is not None and len(extra):
            rows = pd.concat([rows, completer.transform(extra)], ignore_index=True)
            y = np.concatenate([y, np.full(len(extra), extra_label, dtype=y.dtype)])
        encoder = column_encoder(rows, kind.scaled)
        estimator = kind.estimator(self.params)
        estimator.fit(np.asarray(encoder.fit_transform(rows)), y)
        self.pipeline_ = Pipeline([("complete", completer), ("encode", encoder), ("classify", estimator)])
        return self

    def scores(self, X: pd.DataFrame) -> np.ndarray:
        """Probability of a fault for each row, (n,)."""
        return np.asarray(self.pipeline_.predict_proba(X)[:, 1], dtype=np.float64)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """1 where the score reaches the threshold, else 0; (n,) int8."""
        return (self.scores(X) >= self.threshold).astype(np.int8)

    def answer(self, X: pd.DataFrame) -> pd.DataFrame:
        """Probability of a fault and the label, in the user's own words, for each row."""
        scores = self.scores(X)
        labels = np.where(scores >= self.threshold, self.schema.positive, self.schema.negative)
        return pd.DataFrame({"probability": scores, "label": labels.astype(object)})

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A user's rows in the training order and dtypes; raises ValueError for missing columns."""
        missing = [name for name in self.schema.names if name not in frame]
        if missing:
            raise ValueError(f"rows lack {len(missing)} columns the model needs: {missing[:5]}")
        return apply_schema(frame, self.schema)

    def save(self, folder: str | Path, facts: Mapping[str, Any] | None = None) -> None:
        """Write model.json (with `facts`, e.g. lineage) and model.skops into `folder`."""
        from skops.io import dump

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        dump(self.pipeline_, folder / "model.skops")
        model = {
            "kind": "classifier",
            "name": self.name,
            "params": self.params,
            "threshold": self.threshold,
            "schema": self.schema.to_json(),
            "facts": dict(facts or {}),
        }
        (folder / "model.json").write_text(json.dumps(model, indent=1))

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote; raises ValueError if the file asks for types other than ours and known ones."""
        from skops.io import get_untrusted_types, load

        folder = Path(folder)
        model = json.loads((folder / "model.json").read_text())
        if model.get("kind") != "classifier":
            raise ValueError(f"{folder} holds a {model.get('kind')}, not a classifier")
        asked = get_untrusted_types(file=folder / "model.skops")
        foreign = [name for name in asked if not _trusted(name)]
        if foreign:
            raise ValueError(f"{folder / 'model.skops'} asks for types that are not trusted: {foreign}")
        classifier = cls(model["name"], model["params"], Schema.from_json(model["schema"]), model["threshold"])
        classifier.pipeline_ = load(folder / "model.skops", trusted=asked)
        return classifier


_TRUSTED = frozenset(
    {
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Types beyond skops's own list that our estimators are made of; each holds arrays and numbers only."""


def _trusted(type_name: str) -> bool:
    return type_name in _TRUSTED or type_name.startswith("rarefault.classifiers.")
