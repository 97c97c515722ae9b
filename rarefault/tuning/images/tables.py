"""Tables over repeats: means with intervals, and the change against the first row, as Tables 8 and 9 of the paper."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rarefault.metrics.images.classes import flat_metrics
from rarefault.tuning.images.jobs import Result
from rarefault.tuning.images.recipes import Recipe

Estimate = dict[str, float]


def repeat_table(results: Mapping[str, Sequence[Result]], recipes: Sequence[Recipe]) -> list[dict[str, Any]]:
    """A row for each recipe, in plain values; the first recipe is what the others are compared with.

    Each row: name, title, counts (images trained on, by class), repeats, seconds (of one training), metrics (an
    estimate each, see `flat_metrics` for the names), and against the first row, repeat by repeat, difference (in the
    metric's units) and change (in percent of the first row's mean); both are None in the first row, and a change from
    0 is None. An estimate is value, low and high: a 95 % interval over the repeats.
    """
    flat = {recipe.name: _by_metric(results[recipe.name]) for recipe in recipes}
    first = flat[recipes[0].name]
    rows = []
    for recipe in recipes:
        mine, kept = flat[recipe.name], results[recipe.name]
        own = recipe is recipes[0]
        rows.append(
            {
                "name": recipe.name,
                "title": recipe.title,
                "counts": kept[0]["counts"],
                "repeats": len(kept),
                "seconds": round(float(np.mean([result["seconds"] for result in kept])), 3),
                "metrics": {name: share_over_repeats(values) for name, values in mine.items()},
                "difference": None if own else {name: over_repeats(mine[name] - first[name]) for name in mine},
                "change": None if own else {name: percent_change(mine[name], first[name]) for name in mine},
            }
        )
    return rows


def over_repeats(values: Sequence[float] | np.ndarray) -> Estimate:
    """Mean and 95 % interval of Student's t over repeats (r,); raises ValueError for fewer than two."""
    from scipy.stats import t

    array = np.asarray(values, dtype=np.float64)
    if len(array) < 2:
        raise ValueError(f"an interval needs at least 2 repeats, got {len(array)}")
    mean = float(array.mean())
    half = float(t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array)))
    return {"value": mean, "low": mean - half, "high": mean + half}


def share_over_repeats(values: Sequence[float] | np.ndarray) -> Estimate:
    """`over_repeats` of values that lie between 0 and 1, as its ends then do too."""
    estimate = over_repeats(values)
    return {**estimate, "low": max(0.0, estimate["low"]), "high": min(1.0, estimate["high"])}


def percent_change(values: np.ndarray, first: np.ndarray) -> Estimate | None:
    """100 (mean of values / mean of first - 1) with the paired interval of a ratio of means (linearised).

    values, first: (r,), the same repeats. None where first is 0 on the mean.
    """
    base = float(np.mean(first))
    if base == 0:
        return None
    ratio = float(np.mean(values)) / base
    spread = over_repeats((np.asarray(values) - ratio * np.asarray(first)) / base)  # its mean is 0
    return {name: 100 * (ratio - 1 + spread[name] * (name != "value")) for name in ("value", "low", "high")}


def _by_metric(results: Sequence[Result]) -> dict[str, np.ndarray]:
    flat = [flat_metrics(result["report"]) for result in results]
    return {name: np.array([values[name] for values in flat]) for name in flat[0]}
