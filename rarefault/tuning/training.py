"""Train one classifier under one strategy, using nothing but the rows it is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.columns import Completer
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table
from rarefault.filters import FILTERS
from rarefault.generators import GENERATORS
from rarefault.tuning.strategies import Strategy

OVERSAMPLING = 10
"""An unconditional generator draws this many times the rows it needs ("much larger than the original")."""
MOST_DRAWN = 200_000


@dataclass(frozen=True)
class TrainingSettings:
    """What stays the same for every strategy of a comparison.

    classifier_params and generator_params (per generator name) hold plain settings; gate_lift and gate_recall are
    what the filter's real cluster must reach before its rows may be used.
    """

    classifier: str = "logistic-regression"
    classifier_params: Mapping[str, Any] = field(default_factory=dict)
    generator_params: Mapping[str, Any] = field(default_factory=dict)
    filter_params: Mapping[str, Any] = field(default_factory=dict)
    gate_lift: float = 1.5
    gate_recall: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class Augmentation:
    """Synthetic fault rows (n, d) and what the filter that picked them says of itself (None without one)."""

    rows: pd.DataFrame
    quality: Mapping[str, Any] | None = None


def augment(strategy: Strategy, table: Table, settings: TrainingSettings, seed: int) -> Augmentation:
    """Make the fault rows that balance the table, as many as good rows less faults (the paper's N)."""
    rows = Completer().fit(table.X).transform(table.X)
    wanted = max(0, len(table) - 2 * table.faults)
    params = {**strategy.params, **settings.generator_params.get(strategy.generator, {}), "seed": seed}
    generator = GENERATORS[strategy.generator].from_params(params).fit(rows, table.y)
    if not strategy.filter:
        return Augmentation(generator.sample(wanted, label=1))
    drawn = generator.sample(min(OVERSAMPLING * len(table), MOST_DRAWN))
    return keep(drawn, rows, table.y, wanted, strategy.filter, settings)


def keep(
    drawn: pd.DataFrame, rows: pd.DataFrame, y: np.ndarray, wanted: int, name: str, settings: TrainingSettings
) -> Augmentation:
    """Filter drawn rows against complete real rows; at most `wanted` are kept, nearest first."""
    chosen = FILTERS[name].from_params({**settings.filter_params, "seed": settings.seed}).fit(rows, y)
    kept = chosen.keep(drawn, wanted)
    quality = {
        "name": name,
        **{key: float(value) for key, value in chosen.quality_.items()},
        "passed": chosen.passes(settings.gate_lift, settings.gate_recall),
        "reason": chosen.reason(settings.gate_lift, settings.gate_recall),
        "kept": len(kept),
        "wanted": wanted,
        "drawn": len(drawn),
    }
    return Augmentation(drawn.iloc[kept].reset_index(drop=True), quality)


Augmenter = Callable[[Strategy, Table, TrainingSettings, int], Augmentation]
"""What makes the synthetic rows of a strategy from a table, given the settings and a seed."""


def train(
    strategy: Strategy,
    table: Table,
    settings: TrainingSettings,
    seed: int,
    extra: Augmentation | None = None,
    make: Augmenter = augment,
) -> tuple[FaultClassifier, Augmentation | None]:
    """Fit the classifier on the table and, where the strategy adds rows, on those (`extra`, or what `make` makes)."""
    if strategy.synthetic and extra is None:
        extra = make(strategy, table, settings, seed)
    params = {**settings.classifier_params, **strategy.classifier_params, "seed": settings.seed}
    classifier = FaultClassifier(settings.classifier, params, table.schema)
    return classifier.fit(table.X, table.y, None if extra is None else extra.rows), extra
