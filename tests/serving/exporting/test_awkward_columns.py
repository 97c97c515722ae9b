"""Columns of sizes and shapes that lose digits when they are handled carelessly."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from rarefault.classifiers.additive import additive_logistic
from rarefault.datasets.table import Column, Schema, Table
from serving.exporting import export
from serving.exporting.additive import additive_part
from serving.exporting.encoding import EncodedColumn, Encoding
from serving.model_folder import ModelFolder
from serving.predictors.reading import read_predictor

KINDS = ["linear", "additive", "tree", "svm", "boosting", "vote"]


@pytest.fixture(scope="module")
def awkward():
    rng = np.random.default_rng(3)
    n = 200
    signal = rng.normal(size=n)
    X = pd.DataFrame(
        {
            "seconds": 1.7e9 + np.round(signal * 900),
            "milliseconds": 1.7e12 + rng.integers(0, 10**6, n),
            "tiny": 1e-12 * (signal + rng.normal(size=n)),
            "huge": 1e12 * rng.normal(size=n),
            "heavy": np.exp(6 * rng.normal(size=n)),
            "mostly_zero": np.where(rng.random(n) < 0.9, 0.0, rng.random(n)),
            "two_values": rng.integers(0, 2, n) * 7.0,
            "three_values": rng.integers(0, 3, n) - 1.0,
            "constant": np.full(n, 3.25),
            "one_outlier": np.append(rng.normal(size=n - 1), 1e9),
            "close_steps": 1.0 + rng.integers(0, 12, n) * 1e-13,
        }
    )
    y = (signal + (X["two_values"] > 0) * (X["three_values"] > 0) > 0.9).astype(np.int8).to_numpy()
    return Table(X, y, Schema(tuple(Column(name, "continuous") for name in X)))


@pytest.mark.parametrize("kind", KINDS)
def test_awkward_columns_keep_their_answers(kind, awkward, fitted, tmp_path):
    model = fitted(kind, awkward)
    parity = export(model, awkward, tmp_path / "m", name="awkward", version="1")
    assert parity["largest_difference"] < 1e-9
    rng = np.random.default_rng(4)
    rows = awkward.X.apply(lambda column: rng.permutation(column.to_numpy()))
    rows.iloc[::3] = np.nextafter(rows.iloc[::3], np.inf)
    rows.iloc[1::3] *= 1.5
    found = ModelFolder.read(tmp_path / "m").predictor().probabilities(np.ascontiguousarray(rows.to_numpy()))
    np.testing.assert_allclose(found, model.scores(rows), atol=1e-9, rtol=0)


def folded(pipeline: Pipeline, d: int):
    part = additive_part(pipeline, Encoding([EncodedColumn(j) for j in range(d)], d), "model")
    return read_predictor(part.spec, part.files, d)


@pytest.mark.parametrize("n_pairs", [0, 20])
def test_curves_agree_at_between_and_beyond_their_knots(n_pairs):
    rng = np.random.default_rng(5)
    X = np.column_stack([rng.normal(size=300), rng.integers(0, 2, 300), rng.integers(0, 3, 300), np.ones(300)])
    y = ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int)
    pipeline = additive_logistic(n_pairs=n_pairs).fit(X, y)
    knots = np.unique(np.concatenate([*pipeline["basis"].knots_, *pipeline["basis"].pair_knots_]))
    inner = (knots[1:] + knots[:-1]) / 2
    ends = [knots[0] - 1e-12, knots[0] - 5, knots[-1] + 1e-12, knots[-1] + 5]
    places = np.concatenate([knots, np.nextafter(knots, -np.inf), np.nextafter(knots, np.inf), inner, ends])
    rows = rng.choice(places, size=(4000, 4))
    np.testing.assert_allclose(
        folded(pipeline, 4).probabilities(rows), pipeline.predict_proba(rows)[:, 1], atol=1e-12, rtol=0
    )


def test_a_curve_without_a_bend_is_a_constant():
    pipeline = additive_logistic(n_pairs=0).fit(np.ones((20, 2)), np.arange(20) % 2)
    np.testing.assert_allclose(folded(pipeline, 2).probabilities(np.array([[1.0, 5.0], [0.0, -1.0]])), 0.5)


EXTREMES = [0.0, -0.0, 5e-324, -1e-300, 1e150, -1e150, 1e308, -1.7976931348623157e308, 1.7976931348623157e308]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("error")
def test_every_finite_row_gets_a_finite_probability(kind, exported):
    press = exported(kind)
    predictor = ModelFolder.read(press.folder).predictor()
    rng = np.random.default_rng(6)
    matrix = np.column_stack([rng.choice(EXTREMES, size=(500, 4)), rng.integers(0, 3, 500), rng.integers(0, 2, 500)])
    found = predictor.probabilities(np.ascontiguousarray(matrix))
    assert np.isfinite(found).all() and (found >= 0).all() and (found <= 1).all()
    for i in range(0, 500, 25):
        np.testing.assert_allclose(predictor.probabilities(matrix[i : i + 1].copy()), found[i], atol=1e-12)


@pytest.mark.filterwarnings("error")
def test_sums_that_overflow_still_take_the_right_side(exported):
    press = exported("linear", "numbers")
    predictor = ModelFolder.read(press.folder).predictor()
    rows = np.random.default_rng(7).normal(size=(200, 4))
    moderate, extreme = (predictor.probabilities(rows * size) for size in (1e12, 2e307))
    np.testing.assert_array_equal(extreme > 0.5, moderate > 0.5)
    assert 20 < (extreme > 0.5).sum() < 180
