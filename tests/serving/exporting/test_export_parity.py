"""Every classifier of the registry, in every form and on every shape of table, answers the same once exported."""

from typing import get_args, get_type_hints

import numpy as np
import pytest

from rarefault.classifiers.estimators import CLASSIFIERS
from rarefault.classifiers.table import FaultClassifier
from serving.exporting import export
from serving.exporting.encoding import matrix_of
from serving.model_folder import ModelFolder
from serving.model_folder.features import to_matrix


def forms(name):
    """Each value of the setting `form`, or just the defaults where there is no such setting."""
    hints = get_type_hints(CLASSIFIERS[name].Settings)
    return [{"form": form} for form in get_args(hints["form"])] if "form" in hints else [{}]


FORMS = [(name, params) for name in sorted(CLASSIFIERS) for params in forms(name)]


def never_seen_together(X, rng):
    """Rows of seen values in unseen combinations, some of them out of range, some cells empty."""
    mixed = X.apply(lambda column: rng.permutation(column.to_numpy()) if column.dtype.kind == "f" else column).copy()
    for name in X.columns:
        if X[name].dtype.kind == "f":
            mixed[name] += rng.choice([0.0, 0.0, 0.3, -0.7, 4.0], len(X)) * X[name].std()
        else:
            mixed[name] = X[name].sample(frac=1.0, random_state=1).to_numpy()
    mixed.iloc[0] = np.nan
    return mixed.astype(X.dtypes)


@pytest.mark.parametrize(("shape", "weighting"), [("numbers", "none"), ("mixed", "balanced"), ("gaps", "none")])
@pytest.mark.parametrize(("name", "params"), FORMS)
def test_it_answers_as_the_classifier_does(name, params, shape, weighting, tables, tmp_path):
    table = tables(shape, n=160)
    model = FaultClassifier(name, {**params, "class_weight": weighting}, table.schema, 0.3).fit(table.X, table.y)
    parity = export(model, table, tmp_path / "press", name="press", version="3")
    assert parity == {"rows": 160, "largest_difference": parity["largest_difference"], "labels_differ": 0}
    assert parity["largest_difference"] < 1e-12
    predictor = ModelFolder.read(tmp_path / "press").predictor()
    unseen = never_seen_together(table.X, np.random.default_rng(0))
    matrix = matrix_of(model, unseen)
    expected = model.scores(unseen)
    assert np.ptp(expected) > 0.05
    found = predictor.probabilities(matrix)
    assert found.shape == (160,) and found.dtype == np.float64
    np.testing.assert_allclose(found, expected, atol=1e-12, rtol=0)
    one_by_one = np.concatenate([predictor.probabilities(matrix[i : i + 1]) for i in range(0, 160, 8)])
    np.testing.assert_allclose(one_by_one, found[::8], atol=1e-13, rtol=0)
    assert predictor.probabilities(matrix[:0]).shape == (0,)


@pytest.mark.parametrize("kind", ["linear", "additive", "boosting"])
def test_synthetic_rows_and_unseen_levels_are_no_obstacle(kind, tables, fitted, tmp_path):
    table = tables("mixed", n=160)
    tin = (table.X["material"] == "tin").to_numpy()
    rest = table.rows(np.flatnonzero(~tin))
    model = fitted(kind, rest, extra=rest.X[rest.y == 1])
    export(model, rest, tmp_path / "press", name="press", version="3")
    read = ModelFolder.read(tmp_path / "press")
    assert read.features[4].levels == ("brass", "steel", "tin")
    assert read.features[4].shares[2] == 0
    found = read.predictor().probabilities(matrix_of(model, table.X))
    with pytest.warns(UserWarning, match="unknown categories"):
        np.testing.assert_allclose(found, model.scores(table.X), atol=1e-12, rtol=0)


def test_a_model_of_categories_alone_is_exported(tables, fitted, tmp_path):
    table = tables("mixed", n=160).select(["material", "shift"])
    for kind in ("linear", "additive", "tree", "boosting", "svm", "vote"):
        model = fitted(kind, table)
        export(model, table, tmp_path / kind, name="press", version="3")
        read = ModelFolder.read(tmp_path / kind)
        rows = [["tin", "night"], ["brass", "day"]]
        expected = model.scores(model.check(table.X.iloc[:2].assign(material=["tin", "brass"], shift=["night", "day"])))
        np.testing.assert_allclose(read.predictor().probabilities(to_matrix(read.features, rows)), expected, atol=1e-12)


def test_the_folder_describes_the_model(exported):
    press = exported("linear", "gaps")
    read = ModelFolder.read(press.folder)
    assert (read.name, read.version, read.strategy) == ("press", "3", "tuned-threshold")
    assert (read.classifier, read.threshold, read.labels) == ("logistic-regression", 0.3, ("fail", "pass"))
    force, cycles, material = read.features[0], read.features[3], read.features[4]
    values = press.table.X["force_peak"]
    assert (force.name, force.unit, force.kind, force.levels) == ("force_peak", "kN", "number", ())
    assert (force.low, force.high, force.fill) == (values.min(), values.max(), values.median())
    assert force.has_gaps and cycles.kind == "integer"
    assert (material.kind, material.levels, material.low) == ("category", ("brass", "steel", "tin"), None)
    assert material.fill == press.table.X["material"].mode()[0]
    assert read.parity == press.parity
    assert set(read.versions) == {"python", "rarefault", "numpy", "scikit-learn", "onnx"}


def test_the_example_spans_the_scores(exported):
    press = exported("linear")
    read = ModelFolder.read(press.folder)
    scores = press.classifier.scores(press.table.X)
    assert min(read.example_probabilities) == scores.min() and max(read.example_probabilities) == scores.max()
    assert isinstance(read.example_rows[0][0], float) and read.example_rows[0][4] in ("brass", "steel", "tin")
