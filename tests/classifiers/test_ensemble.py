"""The vote of boosting, extra trees and additive curves."""

import numpy as np
import pandas as pd
import pytest
from skops.io import dumps, get_untrusted_types, loads

from rarefault.classifiers.ensemble import WideExtraTrees, mixed_vote


@pytest.fixture(scope="module")
def parts() -> tuple[pd.DataFrame, np.ndarray]:
    """Three columns, about one part in ten faulty."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=["torque", "wear", "speed"])
    return X, (X["torque"] * X["wear"] > 1.0).to_numpy().astype(int)


def test_the_vote_is_the_weighted_mean_of_its_members(parts):
    X, y = parts
    vote = mixed_vote().fit(X, y)
    boosting, trees, curves = (member.predict_proba(X) for member in vote.estimators_)
    np.testing.assert_allclose(vote.predict_proba(X), 0.4 * boosting + 0.4 * trees + 0.2 * curves)


def test_same_seed_same_scores(parts):
    X, y = parts
    first, second = (mixed_vote(random_state=2).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_saves_without_pickle(parts):
    X, y = parts
    vote = mixed_vote().fit(X, y)
    data = dumps(vote)
    again = loads(data, trusted=get_untrusted_types(data=data))
    np.testing.assert_array_equal(again.predict_proba(X), vote.predict_proba(X))


@pytest.mark.parametrize(("d", "looked_at"), [(3, 3), (40, 12), (400, 20)])
def test_trees_look_at_enough_columns(d, looked_at):
    rng = np.random.default_rng(0)
    trees = WideExtraTrees(n_estimators=2).fit(rng.normal(size=(30, d)), np.arange(30) % 2)
    assert trees.forest_.max_features == looked_at


@pytest.mark.parametrize("wrong", [{"n_estimators": 0}, {"min_features": 0}])
def test_settings_out_of_range_are_refused(parts, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        WideExtraTrees(**wrong).fit(*parts)
