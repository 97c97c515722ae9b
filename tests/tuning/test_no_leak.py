"""Synthetic rows are made inside the training folds: augmenting before splitting cannot happen here."""

import numpy as np
import pandas as pd
import pytest

from rarefault.datasets.table import Column, Schema, Table, row_hashes
from rarefault.generators.table.oversampling import Smote
from rarefault.tuning import training
from rarefault.tuning.comparison import Objective, fold_metrics, inner_scores
from rarefault.tuning.strategies import BASELINE, STRATEGIES
from rarefault.tuning.training import TrainingSettings


def noise_table(n=300, d=5, seed=0):
    """Features that know nothing of the label: any score above the base rate is a leak."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, d)), columns=[f"x{i}" for i in range(d)])
    y = np.zeros(n, dtype=np.int8)
    y[rng.permutation(n)[: n // 10]] = 1
    return Table(X, y, Schema(tuple(Column(name, "continuous") for name in X.columns)))


class Spy(Smote):
    """Remembers which rows it was fitted on."""

    fitted_on: list = []  # noqa: RUF012  one list for all instances is the point

    def fit(self, X, y, progress=None):
        self.fitted_on.append(set(row_hashes(X).tolist()))
        return super().fit(X, y, progress)


@pytest.fixture
def spied(monkeypatch):
    monkeypatch.setattr(Spy, "fitted_on", [])
    monkeypatch.setattr(training, "GENERATORS", {"smote": Spy})
    return Spy.fitted_on


def test_no_generator_sees_the_rows_it_is_judged_on(spied):
    table = noise_table()
    inner = inner_scores(STRATEGIES["smote"], table, TrainingSettings(), 5, 2)
    hashes = row_hashes(table.X)
    assert len(spied) == 10
    for number, seen in enumerate(spied):
        held_out = hashes[(inner.fold == number).any(axis=0)]
        assert len(held_out) == len(table) // 5
        assert not seen & set(held_out.tolist())
        assert len(seen) == len(table) - len(held_out)


@pytest.mark.parametrize("strategy", [BASELINE, "smote", "gaussian-copula"])
def test_noise_stays_noise(strategy):
    table = noise_table(n=400)
    settings = TrainingSettings(classifier="gradient-boosting", classifier_params={"iterations": 12})
    inner = inner_scores(STRATEGIES[strategy], table, settings, 5, 1)
    found = np.mean([row["pr_auc"] for row in fold_metrics(table.y, inner, Objective(), tuned=True)])
    assert found < 0.25  # the base rate is 0.10; augmenting first gives more than 0.6


def test_augmenting_first_would_have_been_noticed():
    """The wrong order, done by hand, does look brilliant on the same noise: the test above can fail."""
    table = noise_table(n=400)
    extra = Smote.from_params({}).fit(table.X, table.y).sample(320, label=1)
    both = Table(
        pd.concat([table.X, extra], ignore_index=True), np.concatenate([table.y, np.ones(320, np.int8)]), table.schema
    )
    settings = TrainingSettings(classifier="gradient-boosting", classifier_params={"iterations": 12})
    inner = inner_scores(STRATEGIES[BASELINE], both, settings, 5, 1)
    found = np.mean([row["pr_auc"] for row in fold_metrics(both.y, inner, Objective(), tuned=True)])
    assert found > 0.6
