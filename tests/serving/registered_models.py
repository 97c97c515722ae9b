"""A registry of its own with one model that is ready to be deployed."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.table import Column, Schema, Table
from rarefault.registry.store import Registry
from serving.deployment import deploy

NAME = "gearbox-line-classifier"


@dataclass
class Workshop:
    """Trained and registered models, in a folder with a registry of its own."""

    folder: Path
    store: Registry
    table: Table
    model: FaultClassifier

    def register(self, run_id, *, name=NAME, champion=False):
        """Register the model as the next version of `name`; the path of what the register step leaves."""
        tags = {"kind": "classifier", "data": "gearbox-line", "data_fingerprint": "f00d", "strategy": "untouched"}
        rows = self.table.X.head(3)
        version = self.store.register(
            name,
            self.folder / "evaluation" / "selected",
            run_id=run_id,
            tags={**tags, "code_version": "1", "metrics": {"recall": 0.9}, "decision": "It waits."},
            metrics={},
            example=rows,
            output=self.model.answer(rows),
        )
        if champion:
            self.store.promote(name, str(version.version))
        path = self.folder / f"{run_id}.json"
        path.write_text(json.dumps({"name": name, "version": str(version.version)}))
        return path

    def deploy(self, registered, **options):
        """Run the deploy step; the exported folder and the manifest's text."""
        exported, manifest = self.folder / f"exported-{registered.stem}", self.folder / f"{registered.stem}.yaml"
        numbers = deploy(
            str(self.folder / "evaluation"),
            str(self.folder / "train"),
            str(registered),
            str(exported),
            str(manifest),
            record=str(self.folder / "record"),
            **options,
        )
        return exported, manifest.read_text(), numbers


def fitted(n_features=6):
    """A small table, one of its columns unused by the logistic regression that comes with it."""
    frame = simulate(GearboxLineSettings(n_rows=300))
    y = (frame.pop(LABEL) == POSITIVE).to_numpy(np.int8)
    frame = frame.iloc[:, : n_features + 1].astype(float)
    columns = tuple(Column(name, "continuous", FEATURES[name]) for name in frame.columns)
    schema = Schema(columns, label=LABEL, positive=POSITIVE, negative="good", name="gearbox-line")
    table = Table(frame, y, schema)
    used = schema.names[:n_features]
    model = FaultClassifier("logistic-regression", {}, schema.only(used), threshold=0.3)
    return table, model.fit(frame[used], y)


@contextlib.contextmanager
def open_workshop(folder):
    """A workshop in an empty folder."""
    patch = pytest.MonkeyPatch()
    patch.setenv("RAREFAULT_HOME", str(folder / "home"))
    patch.delenv("RAREFAULT_REGISTRY", raising=False)
    table, model = fitted()
    table.write(folder / "train")
    model.save(folder / "evaluation" / "selected")
    try:
        yield Workshop(folder, Registry(), table, model)
    finally:
        patch.undo()
