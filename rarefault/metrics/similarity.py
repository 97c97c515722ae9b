"""How alike synthetic and real rows are.

Score against real rows the generator has not seen: on training rows the figures can be gamed. `with_reference` gives
beside each figure what real rows reach against other real rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from rarefault.metrics.columns import Columns, check_tables
from rarefault.metrics.neighbours import exact_copies, near_copies
from rarefault.metrics.projection import project_pca

_REPEATS = 5


class Pair:
    """A synthetic and a real table, and what several metrics share, computed once; all_real rows give the ranges."""

    def __init__(self, synthetic: pd.DataFrame, real: pd.DataFrame, all_real: pd.DataFrame | None = None) -> None:
        self.synthetic = synthetic
        self.real = real
        self.all_real = real if all_real is None else all_real

    @cached_property
    def columns(self) -> Columns:
        """Both tables' columns side by side."""
        return Columns.of(self.synthetic, self.real, self.all_real)

    @cached_property
    def cdf_distances(self) -> tuple[np.ndarray, np.ndarray]:
        """Kolmogorov-Smirnov and Wasserstein distances of the numeric columns."""
        return self.columns.cdf_distances()


@dataclass(frozen=True)
class Similarity:
    """A figure of merit of synthetic rows; `against` says which real rows it is computed with."""

    name: str
    direction: Literal["higher", "lower"]
    bounds: tuple[float, float]
    against: Literal["held-out", "train"]
    function: Callable[[Pair], float] = field(repr=False)

    def __call__(self, synthetic: pd.DataFrame, real: pd.DataFrame) -> float:
        """The figure for two tables with the same columns; raises ValueError for empty or incomplete ones."""
        return self.function(Pair(synthetic, real))


def _ks_complement(pair: Pair) -> float:
    """One minus the Kolmogorov-Smirnov distance; total variation distance where a column is categorical; mean."""
    return float(1.0 - np.concatenate([pair.cdf_distances[0], pair.columns.total_variation()]).mean())


def _correlation_similarity(pair: Pair) -> float:
    """1 - |difference of the correlations| / 2, mean over pairs of numeric columns that vary in the real table.

    As SDMetrics defines it, but a column that is constant in the synthetic table alone counts as uncorrelated
    instead of being left out. 1 where there is no pair.
    """
    synthetic, real, varies = pair.columns.correlations()
    upper = np.triu(np.outer(varies, varies), k=1)
    return float(1.0 - np.abs(synthetic - real)[upper].mean() / 2.0) if upper.any() else 1.0


def _wasserstein(pair: Pair) -> float:
    """Wasserstein-1 distance of columns scaled to [0, 1] by the real range, levels being 1 apart; mean."""
    return float(np.concatenate([pair.cdf_distances[1], pair.columns.total_variation()]).mean())


SIMILARITIES: dict[str, Similarity] = {
    metric.name: metric
    for metric in (
        Similarity("ks_complement", "higher", (0.0, 1.0), "held-out", _ks_complement),
        Similarity("correlation_similarity", "higher", (0.0, 1.0), "held-out", _correlation_similarity),
        Similarity("wasserstein", "lower", (0.0, np.inf), "held-out", _wasserstein),
        Similarity(
            "jensen_shannon", "lower", (0.0, 1.0), "held-out", lambda p: float(p.columns.jensen_shannon().mean())
        ),
        Similarity("near_copies", "lower", (0.0, 1.0), "train", lambda p: near_copies(p.synthetic, p.real)),
        Similarity("exact_copies", "lower", (0.0, 1.0), "train", lambda p: exact_copies(p.synthetic, p.real)),
    )
}


def similarity(synthetic: pd.DataFrame, held_out: pd.DataFrame, train: pd.DataFrame | None = None) -> dict[str, float]:
    """Every figure for synthetic rows; with the training rows those about copies too, and ranges from all real rows.

    Raises ValueError for tables that are empty, incomplete, or differ in their columns.
    """
    if train is None:
        return _figures({"held-out": Pair(synthetic, held_out)})
    check_tables(held_out=held_out, train=train)
    real = pd.concat([train, held_out], ignore_index=True)
    return _figures({"held-out": Pair(synthetic, held_out, real), "train": Pair(synthetic, train)})


def _figures(pairs: dict[str, Pair]) -> dict[str, float]:
    return {name: m.function(pairs[m.against]) for name, m in SIMILARITIES.items() if m.against in pairs}


def with_reference(
    synthetic: pd.DataFrame, train: pd.DataFrame, held_out: pd.DataFrame, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Every figure with what real rows would reach, {name: {"value", "reference"}}, at the same numbers of rows.

    The reference for a figure on held-out rows: all real rows are dealt at random into one part in the synthetic
    rows' place and one in the held-out rows' place; the median of five deals. For that at most as many synthetic
    rows as there are training rows are compared, drawn by `seed`. The reference for copies: the held-out rows.
    """
    check_tables(held_out=held_out, train=train, synthetic=synthetic)
    rng = np.random.default_rng(seed)
    n = min(len(synthetic), len(train))
    real = pd.concat([train, held_out], ignore_index=True)
    deals = [rng.permutation(len(real)) for _ in range(_REPEATS)]
    halves = [_figures({"held-out": Pair(real.iloc[deal[:n]], real.iloc[deal[len(train) :]], real)}) for deal in deals]
    compared = synthetic.iloc[np.sort(rng.permutation(len(synthetic))[:n])]
    values = similarity(compared, held_out, train)
    reference = {name: float(np.median([half[name] for half in halves])) for name in halves[0]}
    unseen = Pair(held_out, train)
    reference |= {name: m.function(unseen) for name, m in SIMILARITIES.items() if m.against == "train"}
    return {name: {"value": values[name], "reference": reference[name]} for name in SIMILARITIES}


__all__ = ["SIMILARITIES", "Similarity", "project_pca", "similarity", "with_reference"]
