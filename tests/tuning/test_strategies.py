"""Which strategies there are, and which are compared when none is named."""

import pytest

from rarefault.generators import GENERATORS
from rarefault.tuning.spaces import space_of
from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED, chosen


def test_every_generator_belongs_to_a_strategy():
    assert {strategy.generator for strategy in STRATEGIES.values()} == {"", *GENERATORS}


def test_a_generator_without_a_strategy_of_its_own_is_one_by_its_name():
    names, _ = chosen(["adasyn"], 10, "logistic-regression")
    assert names == [UNTOUCHED, BASELINE, "adasyn"]
    assert STRATEGIES["adasyn"].synthetic


@pytest.mark.parametrize("classifier", ["logistic-regression", "gradient-boosting"])
def test_by_default_only_the_named_strategies_are_compared(classifier):
    names, _ = chosen([], 10, classifier)
    assert set(names).isdisjoint({"adasyn", "borderline-smote", "resample"})
    assert {"smote", "gaussian-copula", "wgan-kmeans"} <= set(names)


def test_a_generator_says_itself_what_is_searched():
    assert space_of("ctgan", {"epochs": [5, 9]})["epochs"] == (5.0, 9.0, "log-int")
    assert space_of("smote", {}) == {}
