"""What a generator's search minimises, measured on real rows that the trial's generator has not seen."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.columns import Completer
from rarefault.datasets.splits import split
from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.filters import FILTERS
from rarefault.filters.base import Filter
from rarefault.generators import GENERATORS
from rarefault.generators.base import Generator
from rarefault.metrics.similarity import SIMILARITIES
from rarefault.tuning.comparison import OBJECTIVE, Objective, fold_metrics, inner_scores
from rarefault.tuning.strategies import Strategy
from rarefault.tuning.training import TrainingSettings

HELD_OUT = 1 / 3
_DRAWN = 2000
_LOOKS = 5

Report = Callable[[float, int], None]
"""Called as report(value, look) a few times while a generator trains; raising in it stops the trial."""


def wasserstein(table: Table, generator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """Mean Wasserstein distance, on columns scaled to [0, 1], from synthetic faults to a held-out third of the real.

    An unconditional generator's faults are its rows nearest to the real faults' centroid.
    """
    fit_rows, held_out = _apart(table, seed)
    completer = Completer().fit(table.X.iloc[fit_rows])
    rows, y = completer.transform(table.X.iloc[fit_rows]), table.y[fit_rows]
    real = completer.transform(table.X.iloc[held_out[table.y[held_out] == 1]])
    nearest = FILTERS["fault-centroid"].from_params({}).fit(rows, y)
    model = GENERATORS[generator].from_params({**params, "seed": seed})

    def distance() -> float:
        return SIMILARITIES["wasserstein"](_faults(model, nearest, int(y.sum())), real)

    looks = 0

    def progress(done: int, total: int) -> None:
        nonlocal looks
        if done * (_LOOKS + 1) >= (looks + 1) * total and done < total:
            looks += 1
            report(distance(), looks)

    model.fit(rows, y, progress if model.previews else None)
    return distance()


def _apart(table: Table, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A held-out third, whole groups where there are enough of them."""
    if table.groups is not None:
        try:
            return split(table.y, test_size=HELD_OUT, seed=seed, groups=table.groups)
        except InputError:  # too few groups: the comparison of settings alone suffers
            pass
    return split(table.y, test_size=HELD_OUT, seed=seed)


def _faults(model: Generator, nearest: Filter, n_real: int) -> pd.DataFrame:
    n = min(_DRAWN, max(200, 4 * n_real))
    model.rewind()
    if model.conditional:
        return model.sample(n, label=1)
    drawn = model.sample(5 * n)
    return drawn.iloc[nearest.keep(drawn, n)]


def inner_f(table: Table, generator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """One minus the mean inner-fold F2 of logistic regression trained with the generator's rows (3 folds).

    An unconditional generator's rows go through the K-means filter.
    """
    filter_name = "" if GENERATORS[generator].conditional else "kmeans"
    strategy = Strategy("trial", generator=generator, filter=filter_name, params=dict(params))
    inner = inner_scores(strategy, table, TrainingSettings(seed=seed), 3, 1)
    values = [row[OBJECTIVE] for row in fold_metrics(table.y, inner, Objective(), tuned=True)]
    return 1.0 - float(np.mean(values))


OBJECTIVES: dict[str, Callable[[Table, str, Mapping[str, Any], int, Report], float]] = {
    "wasserstein": wasserstein,
    "inner-f2": inner_f,
}
