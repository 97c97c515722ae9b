"""The linear predictor: the centre folded into the intercept where that loses nothing, subtracted where it would."""

import numpy as np
import pytest

from serving.predictors.linear import Linear

NONE = np.empty(0)


def model(centre, coefficient, intercept=0.25):
    return Linear(intercept, centre, coefficient, NONE.astype(int), NONE, NONE)


def exact(matrix, predictor):
    z = (matrix.astype(np.longdouble) - predictor.centre).dot(predictor.coefficient) + predictor.intercept
    return np.asarray(1 / (1 + np.exp(-z)), dtype=float)


@pytest.mark.parametrize(("size", "folded"), [(0.0, True), (30.0, True), (1e9, False), (1e290, False)])
@pytest.mark.parametrize("n", [1, 50])
def test_the_centre_costs_no_accuracy(size, folded, n):
    rng = np.random.default_rng(0)
    predictor = model(size * rng.uniform(0.5, 1, 20), rng.normal(size=20))
    spread = max(1e-6 * size, 1.0)
    matrix = predictor.centre + spread * rng.normal(size=(n, 20))
    assert predictor._folded == folded
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(predictor.probabilities(matrix), exact(matrix, predictor), rtol=0, atol=1e-10)


@pytest.mark.parametrize("centre", [1.0, 1e9])
def test_numbers_beyond_all_measure(centre):
    predictor = model(np.full(3, centre), np.array([1.0, -1.0, 1e-3]))
    for row in ([1.7e308, 1.7e308, 0.0], [-1.7e308, 1.7e308, 0.0], [1.7e308, -1.7e308, 1.0]):
        for n in (1, 2):
            matrix = np.array([row] * n)
            with np.errstate(over="ignore"):
                np.testing.assert_allclose(predictor.probabilities(matrix), exact(matrix, predictor), atol=1e-6)
