import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rarefault import steps
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Column, Table, row_hashes
from rarefault.registry.store import Registry
from rarefault.steps.challenge import compare, judge
from rarefault.tuning.comparison import Objective


def read(path):
    return json.loads(Path(path).read_text())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A registry of its own for this module."""
    patch = pytest.MonkeyPatch()
    patch.setenv("RAREFAULT_HOME", str(tmp_path_factory.mktemp("registry")))
    patch.delenv("RAREFAULT_REGISTRY", raising=False)
    yield Registry()
    patch.undo()


@pytest.fixture(scope="module")
def generator(line, store):
    """The line's generator, registered, found and loaded back."""
    numbers = steps.register_generator(
        line("features"),
        line("facts"),
        line("gan"),
        line("gan.record"),
        record=line("register-generator.record"),
        registry="",
        run_id="one",
    )
    return str(int(numbers["version"]))


def find(line, tmp_path, **options):
    steps.find_generator(
        line("features"), line("facts"), str(tmp_path / "found"), record=str(tmp_path / "r"), registry="", **options
    )
    return read(tmp_path / "found")


def test_a_registered_generator_is_found_again(line, generator, tmp_path):
    assert find(line, tmp_path, generator="wgan")["version"] == generator
    assert find(line, tmp_path, generator="wgan", reuse=False)["version"] == ""
    assert find(line, tmp_path, generator="ctgan")["version"] == ""


def test_a_generator_with_other_settings_than_asked_for_is_not_used(line, generator, tmp_path):
    assert find(line, tmp_path, generator="wgan", params={"epochs": 20.0})["version"] == generator
    found = find(line, tmp_path, generator="wgan", params={"epochs": 21.0})
    assert found["version"] == ""
    assert "other settings (epochs)" in found["reason"]


def test_a_generator_that_saw_the_test_rows_is_not_used(line, generator, tmp_path):
    """The same data split with another seed hold out rows that the generator was trained on."""
    paths = [str(tmp_path / name) for name in ("train", "test", "facts")]
    steps.ingest("gearbox-line", *paths, record=str(tmp_path / "r"), data_params={"n_rows": 400}, seed=5)
    steps.find_generator(
        line("features"), paths[2], str(tmp_path / "f"), record=str(tmp_path / "r"), generator="wgan", registry=""
    )
    assert read(tmp_path / "f")["version"] == ""
    assert "held out" in read(tmp_path / "f")["reason"]


def test_a_loaded_generator_draws_what_the_saved_one_draws(line, generator, tmp_path):
    from rarefault.generators import load_generator

    steps.load_generator(
        line("features"),
        str(tmp_path / "model"),
        str(tmp_path / "registered"),
        record=str(tmp_path / "r"),
        generator="wgan",
        version=generator,
        registry="",
        found="",
    )
    assert load_generator(tmp_path / "model").sample(20).equals(load_generator(line("gan")).sample(20))
    assert read(tmp_path / "registered")["trained_here"] is True


def register(line, evaluated, tmp_path, run_id, **gates):
    (tmp_path / "generator.json").write_text(json.dumps({"name": "g", "version": "1"}))
    steps.register(
        line("test"),
        line("facts"),
        evaluated,
        str(tmp_path / "generator.json"),
        str(tmp_path / "registered"),
        record=str(tmp_path / "r"),
        registry="",
        run_id=run_id,
        settings={"seed": 0},
        **gates,
    )
    return read(tmp_path / "registered")


def test_the_way_of_a_model_through_the_registry(line, evaluated, store, tmp_path):
    failed = register(line, evaluated, tmp_path, "a", min_recall=1.01)
    assert failed["alias"] == "challenger"
    assert "below 1.01" in failed["why"]

    first = register(line, evaluated, tmp_path, "b", min_recall=0.0)
    assert first["alias"] == "champion"

    again = register(line, evaluated, tmp_path, "b", min_recall=0.0)
    assert again["version"] == first["version"]  # the same run registers once

    waiting = register(line, evaluated, tmp_path, "c", min_recall=0.0, approve=False)
    assert waiting["alias"] == "challenger"
    assert "approval" in waiting["why"]

    second = register(line, evaluated, tmp_path, "d", min_recall=0.0)
    assert second["alias"] == "champion"
    assert "differs by +0.000" in second["why"]
    name = second["name"]
    assert store.alias(name, "champion").version == int(second["version"])
    assert store.rollback(name).version == int(first["version"])
    assert store.alias(name, "previous-champion").version == int(second["version"])


def test_lineage_is_complete(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "lineage", min_recall=0.0)
    tags = store.version(made["name"], made["version"]).tags
    assert tags["data_fingerprint"] == read(line("facts") + "/data.json")["fingerprint"]
    assert {"strategy", "generator", "synthetic_fingerprint", "code_version", "settings", "metrics"} <= set(tags)
    assert json.loads(tags["metrics"])["recall"] >= 0


def test_nothing_registered_is_pickled(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "files", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    suffixes = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".skops", ".npy", ".parquet"}


def test_mlflow_serves_the_registered_model(line, evaluated, store, tmp_path):
    import mlflow

    made = register(line, evaluated, tmp_path, "pyfunc", min_recall=0.0)
    rows = Table.read(line("test")).X.head(5)
    answer = mlflow.pyfunc.load_model(made["uri"]).predict(rows)
    expected = FaultClassifier.load(evaluated + "/selected")
    np.testing.assert_allclose(answer["probability"], expected.scores(rows))
    assert set(answer["label"]) <= {"good", "broken"}


def test_a_champion_that_saw_the_test_rows_cannot_be_compared(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "unfair", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    model = FaultClassifier.load(evaluated + "/selected")
    np.save(folder / "trained_on.npy", row_hashes(Table.read(line("test")).X[model.schema.names]))
    passed, why = judge(compare(folder, 1, model, Table.read(line("test")), Objective(), 0), tolerance=0.0)
    assert not passed
    assert "was trained on 100 of these test rows" in why


def test_a_worse_model_does_not_replace_the_champion(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "worse", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    model = FaultClassifier.load(evaluated + "/selected")
    model.threshold = 1.1
    passed, why = judge(compare(folder, 1, model, Table.read(line("test")), Objective(), 0), tolerance=0.0)
    assert not passed
    assert "more than the tolerance" in why


def with_column(table, name):
    """The same rows with one column more."""
    schema = replace(table.schema, columns=(*table.schema.columns, Column(name, "continuous")))
    return Table(table.X.assign(**{name: np.arange(len(table), dtype=float)}), table.y, schema)


def test_a_column_more_does_not_hide_that_the_champion_saw_the_test_rows(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "wider", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    model = FaultClassifier.load(evaluated + "/selected")
    seen = with_column(Table.read(line("train")), "more")
    passed, why = judge(compare(folder, 1, model, seen, Objective(), 0), tolerance=0.0)
    assert not passed
    assert f"was trained on {len(seen)} of these test rows" in why


def test_a_generator_whose_table_had_other_columns_is_not_used(line, generator, tmp_path):
    """Its fingerprints are of other columns: they could not tell that it saw rows held out here."""
    paths = [str(tmp_path / name) for name in ("train", "test", "facts")]
    dropped = Table.read(line("train")).schema.names[0]
    options = {"data_params": {"n_rows": 400}, "seed": 5, "drop_columns": [dropped]}
    steps.ingest("gearbox-line", *paths, record=str(tmp_path / "r"), **options)
    steps.find_generator(
        line("features"), paths[2], str(tmp_path / "f"), record=str(tmp_path / "r"), generator="wgan", registry=""
    )
    assert read(tmp_path / "f")["version"] == ""


def texts_in_place_of(table, name):
    """The same rows with texts in one column."""
    columns = [Column(name, "categorical", levels=("u", "v")) if c.name == name else c for c in table.schema.columns]
    texts = pd.Categorical(np.where(np.arange(len(table)) % 2, "u", "v"), categories=["u", "v"])
    return Table(table.X.assign(**{name: texts}), table.y, replace(table.schema, columns=tuple(columns)))


def test_a_generator_of_numbers_is_not_used_where_a_column_holds_texts(line, generator, tmp_path):
    table = Table.read(line("features"))
    texts_in_place_of(table, table.schema.names[0]).write(tmp_path / "features")
    options = {"record": str(tmp_path / "r"), "generator": "wgan", "registry": ""}
    steps.find_generator(str(tmp_path / "features"), line("facts"), str(tmp_path / "f"), **options)
    assert read(tmp_path / "f")["version"] == ""
    assert "other kinds" in read(tmp_path / "f")["reason"]


def test_a_champion_of_numbers_is_not_compared_where_a_column_holds_texts(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "kinds", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    model = FaultClassifier.load(evaluated + "/selected")
    texts = texts_in_place_of(Table.read(line("test")), model.schema.names[0])
    passed, why = judge(compare(folder, 1, model, texts, Objective(), 0), tolerance=0.0)
    assert not passed
    assert "other kinds" in why


def test_with_a_cost_the_champion_is_challenged_by_cost(line, evaluated, store, tmp_path):
    made = register(line, evaluated, tmp_path, "cost", min_recall=0.0)
    folder = store.fetch(store.version(made["name"], made["version"]), tmp_path / "model")
    model, rows = FaultClassifier.load(evaluated + "/selected"), Table.read(line("test"))
    model.threshold = 0.0  # every part an alarm: no fault missed
    by_f2 = compare(folder, 1, model, rows, Objective(), 0).difference
    by_cost = compare(folder, 1, model, rows, Objective(2.0, 1000.0), 0)
    assert by_f2["value"] < 0 < by_cost.difference["value"]
    assert by_cost.metric == "cost saving at 1000:1"
    assert judge(by_cost, 0.0)[0]
