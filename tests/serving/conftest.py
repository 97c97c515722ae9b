"""Small exported model folders of every kind of predictor."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_inspector import Inspected, inspect
from threadpoolctl import threadpool_limits

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Column, Schema, Table
from serving.exporting import export

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "linear": ("logistic-regression", {}),
    "additive": ("logistic-regression", {"form": "additive"}),
    "tree": ("decision-tree", {}),
    "svm": ("svm", {}),
    "boosting": ("gradient-boosting", {"iterations": 20}),
    "vote": ("gradient-boosting", {"form": "vote"}),
}
"""Classifier and settings by the name that `exported` takes."""


@dataclass(frozen=True)
class Exported:
    """A model folder, the classifier it came from, the rows it was trained on, and what `export` returned."""

    folder: Path
    classifier: FaultClassifier
    table: Table
    parity: dict[str, float]


def make_table(shape: str = "mixed", n: int = 240, n_numbers: int = 4, seed: int = 0) -> Table:
    """Rows of a simulated press.

    shape: "numbers" (measurements only), "mixed" (and two categories, one of them of two levels), "gaps" (mixed, with
    missing cells); the first column is in kN and the last number, `cycles`, is whole.
    """
    rng = np.random.default_rng(seed)
    names = ["force_peak", *(f"sensor_{j:02d}" for j in range(1, n_numbers - 1)), "cycles"]
    X = pd.DataFrame(rng.normal(50.0, 5.0, size=(n, n_numbers)), columns=names)
    X["cycles"] = rng.integers(0, 5000, n).astype(float)
    columns = [Column(name, "continuous", "kN" if name == "force_peak" else "") for name in names[:-1]]
    columns.append(Column("cycles", "integer"))
    signal = (X["force_peak"] - 50.0) / 5.0 + X["cycles"] / 2500.0 + 0.6 * rng.normal(size=n)
    if shape != "numbers":
        levels = {"material": ("brass", "steel", "tin"), "shift": ("day", "night")}
        for name, options in levels.items():
            X[name] = pd.Categorical(rng.choice(options, n), categories=options)
            columns.append(Column(name, "categorical", levels=options))
        signal += (X["material"] == "tin") + 0.5 * (X["shift"] == "night")
    if shape == "gaps":
        X = X.mask(rng.random(X.shape) < 0.08)
    y = (signal > np.quantile(signal, 0.8)).astype(np.int8).to_numpy()
    return Table(X, y, Schema(tuple(columns), label="result", positive="fail", negative="pass", name="press"))


def fit(kind: str, table: Table, threshold: float = 0.3, **rows: Any) -> FaultClassifier:
    """The classifier MODELS[kind], fitted on one thread; rows: more arguments of its `fit`."""
    name, params = MODELS[kind]
    with threadpool_limits(1):
        return FaultClassifier(name, params, table.schema, threshold).fit(table.X, table.y, **rows)


Export = Callable[..., Exported]


@pytest.fixture(scope="session")
def tables() -> Callable[..., Table]:
    """The function `make_table`."""
    return make_table


@pytest.fixture(scope="session")
def fitted() -> Callable[..., FaultClassifier]:
    """The function `fit`."""
    return fit


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """exported(kind, shape="mixed", **make_table arguments) -> an Exported model called `press`, version 3.

    kind is a key of MODELS. The folder is shared by all tests: never write to it (see `own_folder`).
    """
    known: dict[Any, Exported] = {}

    def build(kind: str, shape: str = "mixed", **rows: Any) -> Exported:
        key = (kind, shape, *sorted(rows.items()))
        if key not in known:
            table = make_table(shape, **rows)
            classifier, folder = fit(kind, table), tmp_path_factory.mktemp("models") / "press"
            parity = export(classifier, table, folder, name="press", version="3", strategy="tuned-threshold")
            known[key] = Exported(folder, classifier, table, parity)
        return known[key]

    return build


@pytest.fixture
def own_folder(exported: Export, tmp_path: Path) -> Callable[..., Path]:
    """own_folder(kind, ...) -> a copy of an exported folder, for a test that changes it."""

    def copy(kind: str = "linear", **rows: Any) -> Path:
        return Path(shutil.copytree(exported(kind, **rows).folder, tmp_path / "own" / kind))

    return copy


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Inspected]:
    """inspected(channels=1) -> an exported inspector called `steel`, version 3; the folder is shared by all tests."""
    known: dict[int, Inspected] = {}

    def build(channels: int = 1) -> Inspected:
        if channels not in known:
            with threadpool_limits(1):
                known[channels] = inspect(tmp_path_factory.mktemp("inspectors") / "steel", channels)
        return known[channels]

    return build
