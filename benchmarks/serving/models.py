"""The models that are served: trained on the simulated gearbox line (66 features) and exported as model folders."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.simulators.gearbox_line import LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.table import Table
from rarefault.steps.ingestion import read_checked
from serving.exporting import export

NAME = "line"
KINDS = {
    "linear": ("logistic-regression", {}),
    "additive": ("logistic-regression", {"form": "additive"}),
    "boosting": ("gradient-boosting", {}),
}
THRESHOLD = 0.3


@dataclass(frozen=True)
class Made:
    """folder: what is served; rows: (n, 66) numbers; probabilities: of a fault for each row, (n,)."""

    folder: Path
    rows: np.ndarray
    probabilities: np.ndarray


def make(kind: str, table: Table, folder: Path, version: str = "1", asked: Table | None = None) -> Made:
    """Train one kind on the table and export it; `asked` are the rows to ask about, without them those of the table."""
    name, params = KINDS[kind]
    classifier = FaultClassifier(name, params, table.schema, THRESHOLD).fit(table.X, table.y)
    export(classifier, table, folder, name=NAME, version=version)
    if kind == "linear":
        (folder.parent / "linear.json").write_text(json.dumps(_numbers(classifier)))
    X = (asked or table).X
    return Made(folder, X.to_numpy(dtype=float), classifier.scores(X))


def _numbers(classifier: FaultClassifier) -> dict[str, object]:
    """What the rivals need of a logistic regression."""
    steps = classifier.pipeline_
    scaler = steps["encode"].named_transformers_["numeric"]
    logistic = steps["classify"]
    return {
        "mean": scaler.mean_.tolist(),
        "scale": scaler.scale_.tolist(),
        "coefficient": logistic.coef_[0].tolist(),
        "intercept": float(logistic.intercept_[0]),
        "threshold": classifier.threshold,
        "labels": [classifier.schema.negative, classifier.schema.positive],
    }


def gearbox_table(n: int) -> Table:
    """n simulated parts as the pipeline reads them."""
    frame = simulate(GearboxLineSettings(n_rows=n))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "parts.csv"
        frame.to_csv(file, index=False)
        return read_checked(str(file), LABEL, POSITIVE, "", "", [], {}).table


def with_all_digits(table: Table) -> Table:
    """The same parts as an instrument would report them that does not round: 15 to 17 digits a number."""
    return Table(table.X * (1 + np.pi * 1e-9), table.y, table.schema)
