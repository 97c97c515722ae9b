"""Additive logistic regression: its basis, its names, its pairs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from skops.io import dumps, get_untrusted_types, loads

from rarefault.classifiers.additive import AdditiveBasis, additive_logistic, quantile_knots, tents
from rarefault.classifiers.interactions import interacting_pairs


@pytest.fixture(scope="module")
def corner() -> tuple[pd.DataFrame, np.ndarray]:
    """Faults only where torque and wear are both high; speed says nothing, hot is 0 or 1, fixed is constant."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(900, 3)), columns=["torque", "wear", "speed"])
    X["hot"], X["fixed"] = rng.integers(2, size=900), 4.0
    y = ((X["torque"] > 0.5) & (X["wear"] > 0.5)).to_numpy().astype(int)
    return X, y


def test_tents_interpolate_and_hold_the_end_values():
    knots = np.array([0.0, 1.0, 3.0])
    weights = tents(np.array([-5.0, 0.5, 2.0, 9.0]), knots)
    np.testing.assert_allclose(weights, [[1, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 1]])
    np.testing.assert_allclose(weights @ knots, [0.0, 0.5, 2.0, 3.0])


def test_knots_are_distinct_and_span_the_column():
    knots = quantile_knots(np.array([0.0] * 90 + [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]), 5)
    assert (np.diff(knots) > 0).all() and knots[0] == 0.0 and knots[-1] == 10.0
    np.testing.assert_array_equal(quantile_knots(np.array([1.0, 0.0, 1.0]), 5), [0.0, 1.0])


def test_every_term_has_a_name_in_the_user_s_words(corner):
    X, y = corner
    basis = AdditiveBasis(n_knots=4).fit(X, y)
    names = basis.get_feature_names_out()
    assert basis.transform(X).shape == (900, len(names)) and len(set(names)) == len(names)
    assert {"torque", "hot", "fixed"} <= set(names)
    assert not any(name.startswith("hot ~") and "&" not in name for name in names)
    assert any(name.startswith("torque ~") and " & wear ~" in name for name in names)


def test_unpacked_weights_draw_the_weighted_sum_of_the_terms(corner):
    X, y = corner
    basis = AdditiveBasis(n_knots=5, n_pairs=3).fit(X, y)
    weights = np.random.default_rng(0).normal(size=len(basis.get_feature_names_out()))
    lines, maps = basis.unpack(weights)
    total = sum(np.interp(X[name], knots, line) for name, knots, line in zip(X, basis.knots_, lines, strict=True))
    for (i, j), heights in zip(basis.pairs_, maps, strict=True):
        left, right = (tents(X.iloc[:, c].to_numpy(float), basis.pair_knots_[c]) for c in (i, j))
        total = total + np.einsum("na,ab,nb->n", left, heights, right)
    np.testing.assert_allclose(total, basis.transform(X) @ weights)
    with pytest.raises(ValueError, match=r"weights must hold .* numbers, got 3"):
        basis.unpack(weights[:3])


def test_names_can_be_given_for_a_plain_matrix(corner):
    X, y = corner
    basis = AdditiveBasis(n_pairs=0).fit(X.to_numpy(), y)
    assert basis.get_feature_names_out()[0] == "x0"
    assert basis.get_feature_names_out(list("abcde"))[0] == "a"
    with pytest.raises(ValueError, match="must name 5 columns, got 2"):
        basis.get_feature_names_out(["a", "b"])


def test_the_pair_that_interacts_is_found_first(corner):
    X, y = corner
    pairs = AdditiveBasis().fit(X, y).pairs_
    assert list(pairs[0]) == [0, 1]


def test_noise_brings_no_pairs_worth_speaking_of():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(600, 12)), (rng.random(600) < 0.1).astype(float)
    assert len(interacting_pairs(X, y, np.full(600, y.mean()), 20, 40, 0)) <= 3


def test_interactions_are_learned(corner):
    X, y = corner
    train, test = np.arange(600), np.arange(600, 900)
    score = additive_logistic(n_pairs=5).fit(X.iloc[train], y[train]).score(X.iloc[test], y[test])
    assert score > 0.95


def test_beyond_the_training_range_scores_stay_put(corner):
    X, y = corner
    model = additive_logistic().fit(X, y)
    far = pd.DataFrame({"torque": [10.0, 1e6], "wear": 1.0, "speed": 0.0, "hot": 1, "fixed": 4.0})
    first, second = model.predict_proba(far)[:, 1]
    assert first == second


def test_same_seed_same_scores_and_clone(corner):
    X, y = corner
    model = additive_logistic(random_state=3)
    first, second = (clone(model).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_saves_without_pickle(corner):
    X, y = corner
    model = additive_logistic().fit(X, y)
    data = dumps(model)
    asked = get_untrusted_types(data=data)
    assert all(name.startswith("rarefault.classifiers.") for name in asked)
    np.testing.assert_array_equal(loads(data, trusted=asked).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("wrong", [{"n_knots": 1}, {"pair_knots": 1}, {"n_pairs": -1}, {"screen": 1}])
def test_settings_out_of_range_are_refused(corner, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AdditiveBasis(**wrong).fit(*corner)


def test_gaps_are_refused(corner):
    X, y = corner
    with pytest.raises(ValueError, match="NaN"):
        AdditiveBasis().fit(X.where(X["torque"] < 1.0), y)


def test_one_column_and_constant_columns_pass():
    X, y = np.arange(40.0)[:, None], (np.arange(40) > 35).astype(int)
    assert AdditiveBasis().fit(X, y).transform(X).shape == (40, 9)
    assert AdditiveBasis().fit(np.zeros((40, 2)), y).transform(np.ones((3, 2))).shape == (3, 2)
