"""Every classifier of the registry, on one table with gaps and a category."""

import argparse

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from rarefault.classifiers.estimators import CLASSIFIERS
from rarefault.classifiers.explain import explain
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Column, Schema, Table

FORMS = [(name, {}) for name in sorted(CLASSIFIERS)] + [
    ("logistic-regression", {"form": "additive"}),
    ("gradient-boosting", {"form": "vote"}),
]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 300
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["force", "torque", "angle"])
    X["grade"] = pd.Categorical(rng.choice(["A", "B", "C"], n), categories=["A", "B", "C"])
    signal = X["force"] + (X["grade"] == "C") + 0.5 * rng.normal(size=n)
    y = (signal > np.quantile(signal, 0.8)).astype(np.int8).to_numpy()
    X.loc[3, "force"] = np.nan
    X.loc[5, "grade"] = np.nan
    columns = (
        Column("force", "continuous", "kN"),
        Column("torque", "continuous", "Nm"),
        Column("angle", "continuous", "deg"),
        Column("grade", "categorical", levels=("A", "B", "C")),
    )
    return Table(X, y, Schema(columns, positive="broken", negative="good"))


def fitted(name, params, table):
    return FaultClassifier(name, params, table.schema, threshold=0.3).fit(table.X, table.y)


@pytest.mark.parametrize(("name", "params"), FORMS)
def test_it_learns_saves_and_loads(name, params, table, tmp_path):
    model = fitted(name, params, table)
    scores = model.scores(table.X)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert average_precision_score(table.y, scores) > 0.6
    model.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"model.json", "model.skops"}
    loaded = FaultClassifier.load(tmp_path)
    np.testing.assert_array_equal(loaded.scores(table.X), scores)
    assert loaded.threshold == 0.3


@pytest.mark.parametrize(("name", "params"), FORMS)
def test_the_same_seed_gives_the_same_scores(name, params, table):
    first, second = (fitted(name, {**params, "seed": 3}, table).scores(table.X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("name", "params"), FORMS)
def test_the_explanation_names_what_matters(name, params, table):
    found = explain(fitted(name, params, table), table, table)
    rows = found[found["kind"]]
    assert rows[0]["name"] in ("force", "grade")
    assert next(row for row in rows if row["name"] == "force")["unit"] == "kN"
    sums = {("logistic-regression", ""): "coefficients", ("logistic-regression", "additive"): "curves"}
    assert found["kind"] == sums.get((name, params.get("form", "")), "importances")


def test_extra_rows_move_the_scores(table):
    plain = fitted("logistic-regression", {}, table)
    extra = table.X[table.y == 1].sample(200, replace=True, random_state=0).reset_index(drop=True)
    moved = FaultClassifier("logistic-regression", {}, table.schema).fit(table.X, table.y, extra)
    assert moved.scores(table.X).mean() > plain.scores(table.X).mean() + 0.05


def test_class_weights_move_the_scores(table):
    plain = fitted("logistic-regression", {}, table).scores(table.X).mean()
    assert fitted("logistic-regression", {"class_weight": "balanced"}, table).scores(table.X).mean() > plain + 0.05


def test_answers_speak_the_users_words(table):
    answer = fitted("logistic-regression", {}, table).answer(table.X)
    assert set(answer["label"]) == {"broken", "good"}
    assert ((answer["probability"] >= 0.3) == (answer["label"] == "broken")).all()


def test_loosely_typed_rows_are_put_in_order(table):
    model = fitted("logistic-regression", {}, table)
    rows = table.X.head(3)[["grade", "angle", "torque", "force"]].astype({"grade": object})
    np.testing.assert_allclose(model.scores(model.check(rows)), model.scores(table.X.head(3)))
    with pytest.raises(ValueError, match="rows lack 1 columns the model needs"):
        model.check(rows.drop(columns="force"))


def test_foreign_types_in_a_model_file_are_refused(table, tmp_path):
    from skops.io import dump

    fitted("logistic-regression", {}, table).save(tmp_path)
    dump(argparse.Namespace(a=1), tmp_path / "model.skops")
    with pytest.raises(ValueError, match="not trusted"):
        FaultClassifier.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("logistic-regression", {"C": 0}, "C must be > 0"),
        ("svm", {"C": -1}, "C must be > 0"),
        ("decision-tree", {"max_depth": 0}, "max_depth"),
        ("gradient-boosting", {"learning_rate": 2}, "learning_rate"),
        ("gradient-boosting", {"trees": 2}, "no setting 'trees'"),
        ("oracle", {}, "known classifiers"),
    ],
)
def test_wrong_settings_are_refused(name, params, said, table):
    with pytest.raises(ValueError, match=said):
        fitted(name, params, table)
