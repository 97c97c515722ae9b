"""The curves and maps that are told of an additive model: exactly the model, and in a form that can be read."""

import json

import numpy as np
import pandas as pd
import pytest

from rarefault.classifiers.additive import tents
from rarefault.classifiers.contributions import centred, contributions, purified, read_sum
from rarefault.classifiers.explain import explain
from rarefault.classifiers.seen import counted_pairs, edges_of
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.catalogue import find
from rarefault.datasets.splits import split
from rarefault.datasets.table import Column, Schema, Table

REAL = ["steel-plates", "ai4i2020", "secom"]


def as_table(frame, y, units=None):
    """Texts become categories, everything else continuous columns."""
    columns = []
    for name in frame:
        if frame[name].dtype == object:
            levels = sorted(frame[name].dropna().unique())
            frame[name] = pd.Categorical(frame[name], categories=levels)
            columns.append(Column(name, "categorical", levels=tuple(levels)))
        else:
            frame[name] = frame[name].astype(np.float64)
            columns.append(Column(name, "continuous", (units or {}).get(name, "")))
    return Table(frame, np.asarray(y, dtype=np.int8), Schema(tuple(columns)))


@pytest.fixture(scope="module")
def line():
    """Torque and wear interact, force bends, two categories (one of two levels), gaps, and a constant column."""
    rng = np.random.default_rng(0)
    n = 900
    X = pd.DataFrame(rng.normal(size=(n, 3)) * [2, 9, 0.01] + [40, 200, 3], columns=["torque", "wear", "force"])
    X["grade"], X["shift"] = rng.choice(["A", "B", "C"], n), rng.choice(["day", "night"], n)
    X["fixed"], X["retries"] = 4.0, rng.integers(0, 3, n)
    corner = (X["torque"] > 41) & (X["wear"] > 204)
    y = corner | ((X["force"] - 3).abs() > 0.016) | ((X["grade"] == "C") & (rng.random(n) < 0.3))
    X.loc[5:30, "wear"], X.loc[7, "grade"] = np.nan, None
    return as_table(X, y, {"torque": "Nm", "wear": "min", "force": "kN"})


def additive(table, **params):
    settings = {"form": "additive", **params}
    return FaultClassifier("logistic-regression", settings, table.schema).fit(table.X, table.y)


def summed(told, X):
    """The log-odds of complete rows X from what is told: the intercept, every curve, every map."""
    total = np.full(len(X), told["intercept"])
    for curve in told["curves"]:
        if curve["edges"]:
            total += np.interp(X[curve["name"]].to_numpy(np.float64), curve["at"], curve["log_odds"])
        else:
            total += X[curve["name"]].astype(str).map(dict(zip(curve["at"], curve["log_odds"], strict=True))).to_numpy()
    for pair in told["pairs"]:
        left, right = (tents(axis_values(axis, X), np.array(axis["at"])) for axis in pair["axes"])
        total += np.einsum("na,ab,nb->n", left, np.array(pair["log_odds"]), right)
    return total


def axis_values(axis, X):
    x = X[axis["name"]]
    return x.to_numpy(np.float64) if axis["level"] is None else (x.astype(str) == axis["level"]).to_numpy(np.float64)


def assert_exact(model, train, rows):
    told = json.loads(json.dumps(explain(model, train, train)))
    complete = model.pipeline_.named_steps["complete"].transform(rows)
    decision = model.pipeline_.decision_function(rows)
    np.testing.assert_allclose(summed(told, complete), decision, rtol=1e-9, atol=1e-8)
    return told


@pytest.mark.parametrize("weighting", ["none", "balanced"])
def test_what_is_told_adds_up_to_the_model(line, weighting):
    model = additive(line, class_weight=weighting)
    told = assert_exact(model, line, line.X)
    assert told["kind"] == "curves" and told["pairs"]
    beyond = line.X.assign(torque=1e6, wear=-1e6)  # far from everything seen
    assert_exact(model, line, beyond)


def test_a_model_trained_with_synthetic_rows_is_told_exactly_too(line):
    extra = line.X[line.y == 1].sample(300, replace=True, random_state=0).reset_index(drop=True)
    model = FaultClassifier("logistic-regression", {"form": "additive"}, line.schema).fit(line.X, line.y, extra)
    assert_exact(model, line, line.X)


def test_a_loaded_model_tells_the_same(line, tmp_path):
    model = additive(line)
    model.save(tmp_path)
    assert explain(FaultClassifier.load(tmp_path), line, line) == explain(model, line, line)


@pytest.mark.parametrize("name", REAL)
def test_it_adds_up_on_real_data(name, real_data, monkeypatch):
    monkeypatch.setenv("RAREFAULT_DATA", str(real_data))
    located = find(name)
    loaded = located.entry.load(located.path)
    X = loaded.frame.drop(columns=[loaded.label, *([loaded.time_column] if loaded.time_column else [])])
    y = (loaded.frame[loaded.label].astype(str) == loaded.positive).to_numpy()
    identifiers = [name for name in X if X[name].dtype == object and X[name].nunique() > 50]
    whole = as_table(X.drop(columns=identifiers), y, loaded.units)
    kept, held_out = split(whole.y, test_size=0.25, seed=0)
    train = whole.rows(kept)
    told = assert_exact(additive(train), train, whole.X.iloc[held_out])
    assert {curve["name"] for curve in told["curves"]} == set(train.schema.names)


def test_curves_are_centred_and_maps_say_nothing_of_one_column_alone(line):
    steps = additive(line).pipeline_.named_steps
    Z = steps["encode"].transform(steps["complete"].transform(line.X))
    fitted = read_sum(steps["classify"])
    told = centred(purified(fitted, Z), Z)
    assert all(abs(drawn(z).mean()) < 1e-9 for drawn, z in zip(told.lines, Z.T, strict=True))
    for k, (i, j) in enumerate(told.basis.pairs_):
        p, q = (tents(Z[:, c], told.basis.pair_knots_[c]).mean(axis=0) for c in (i, j))
        np.testing.assert_allclose(told.maps[k] @ q, 0.0, atol=1e-9)
        np.testing.assert_allclose(p @ told.maps[k], 0.0, atol=1e-9)
    intercept = steps["classify"].decision_function(Z).mean()
    assert told.intercept + sum(told.map_values(k, Z).mean() for k in range(len(told.maps))) == pytest.approx(intercept)


def test_curves_find_the_shapes_with_units_and_rows(line):
    told = contributions(additive(line), line)
    curves = {curve["name"]: curve for curve in told["curves"]}
    weights = [curve["weight"] for curve in told["curves"]]
    assert weights == sorted(weights, reverse=True) and set(curves) == set(line.schema.names)
    force, grade = curves["force"], curves["grade"]
    low, middle, high = np.interp([2.98, 3.0, 3.02], force["at"], force["log_odds"])
    assert force["unit"] == "kN" and middle < min(low, high) - 0.5
    assert force["at"][:: len(force["at"]) - 1] == pytest.approx([line.X["force"].min(), line.X["force"].max()])
    assert grade["at"] == ["A", "B", "C"] and np.argmax(grade["log_odds"]) == 2 and grade["edges"] == []
    assert curves["fixed"]["weight"] == pytest.approx(0.0, abs=1e-9)
    assert len(curves["retries"]["good"]) == 3  # a bin a value
    for curve in told["curves"]:
        assert (sum(curve["good"]), sum(curve["faulty"])) == (len(line) - line.faults, line.faults)
    names = {axis["name"] for axis in told["pairs"][0]["axes"]}
    assert names == {"torque", "wear"}


def test_only_an_additive_model_has_curves(line):
    tree = FaultClassifier("decision-tree", {}, line.schema).fit(line.X, line.y)
    with pytest.raises(ValueError, match="only an additive logistic regression has curves"):
        contributions(tree, line)


def test_coefficients_add_up_to_the_linear_model(line):
    model = FaultClassifier("logistic-regression", {}, line.schema).fit(line.X, line.y)
    told = explain(model, line, line)
    X = model.pipeline_.named_steps["complete"].transform(line.X)
    total = told["intercept"] + sum(r["per_unit"] * (axis_values(r, X) - r["mean"]) for r in told["coefficients"])
    np.testing.assert_allclose(total, model.pipeline_.decision_function(line.X), rtol=1e-9, atol=1e-9)
    weights = {row["name"]: row for row in told["coefficients"]}
    assert weights["wear"]["spread"] == pytest.approx(X["wear"].std(ddof=0))
    assert weights["wear"]["weight"] == pytest.approx(weights["wear"]["per_unit"] * weights["wear"]["spread"])
    assert weights["shift"]["level"] == "night" and weights["shift"]["spread"] is None


def test_bins_give_few_values_their_own_and_leave_outliers_aside():
    np.testing.assert_array_equal(edges_of(np.array([0.0, 1.0, 3.0, 3.0])), [-0.5, 0.5, 2.0, 3.5])
    np.testing.assert_array_equal(edges_of(np.array([7.0, 7.0])), [6.5, 7.5])
    x = np.append(np.linspace(0, 1, 999), 500.0)
    assert edges_of(x)[-1] < 1.01 and edges_of(x[:-1])[-1] == 1.0
    cells = counted_pairs(x, x, np.arange(1000) % 2)
    assert np.sum(cells["good"]) == np.sum(cells["faulty"]) == 500 and np.shape(cells["good"]) == (10, 10)
