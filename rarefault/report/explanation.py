"""What the model looks at, in words: which parts of its explanation are shown, and how to read them."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rarefault.report import roles
from rarefault.report.formats import clean, count, factor, number, percent, quantity, signed

Values = Mapping[str, Any]

MOST_CURVES = 9
MOST_PAIRS = 6
MOST_WEIGHTS = 15
_LEVEL = 0.05  # of a curve's height: what falls back by less still counts as rising


def shown_curves(result: Values) -> list[Values]:
    """The curves that move the log-odds most, largest first."""
    return [c for c in _part(result, "curves") if c["weight"] > 0][:MOST_CURVES]


def shown_pairs(result: Values) -> list[Values]:
    """The maps that move the log-odds most, largest first."""
    return [p for p in _part(result, "pairs") if p["weight"] > 0][:MOST_PAIRS]


def _part(result: Values, name: str) -> list[Values]:
    return list((result.get("explanation") or {}).get(name) or ())


def heaviest(result: Values) -> list[tuple[str, float, Values]]:
    """(label, weight, entry) of the columns and pairs that weigh most, largest first."""
    rows = [
        (labelled(entry), entry["weight"], entry)
        for kind in ("coefficients", "curves", "importances")
        for entry in _part(result, kind)
    ]
    rows += [(pair_name(pair), pair["weight"], pair) for pair in _part(result, "pairs")]
    if (result.get("explanation") or {}).get("kind") == "importances":
        return sorted(rows, key=lambda row: -row[1])[:MOST_WEIGHTS]
    return sorted(rows, key=lambda row: -abs(row[1]))[:MOST_WEIGHTS]


def labelled(entry: Values) -> str:
    """A column's name with its unit, or with the level it stands for: `force [kN]`, `grade = C`."""
    name, unit, level = clean(entry["name"]), clean(entry["unit"], 16), entry.get("level")
    if level is not None:
        return f"{name} = {clean(level)}"
    told = not unit or any(f"{a}{unit}{b}" in name for a, b in ("[]", "()"))
    return name if told else f"{name} [{unit}]"


def pair_name(pair: Values) -> str:
    """Both columns of a pair."""
    return " \u00d7 ".join(labelled({**axis, "unit": ""}) for axis in pair["axes"])


def explanation(result: Values) -> dict[str, Any] | None:
    """What the page says beside the figures of the explanation, or None where a run has none."""
    found = result.get("explanation")
    strategy = roles.selected(result)
    if not found or strategy is None:
        return None
    curves, pairs = shown_curves(result), shown_pairs(result)
    return {
        "kind": found["kind"],
        "start": _start(found["intercept"]),
        "alarm": _alarm(strategy["threshold"]),
        "coefficients": [_coefficient_row(row) for row in found["coefficients"][:MOST_WEIGHTS]],
        "example": _example(found["coefficients"]),
        "curves": [(labelled(curve), _told(curve), _beyond(curve)) for curve in curves],
        "pairs": [pair_name(pair) for pair in pairs],
        "left_out": _left_out(found, len(curves), len(pairs)),
    }


def _start(intercept: float | None) -> str:
    if intercept is None:
        return ""
    return f"{signed(intercept, 2)}, a fault probability of {percent(_probability(intercept))}"


def _alarm(threshold: float | None) -> str:
    if threshold is None or not 0 < threshold < 1:
        return ""
    return f"{signed(math.log(threshold / (1 - threshold)), 2)} (a fault probability of {number(threshold)})"


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0


def _coefficient_row(row: Values) -> dict[str, str]:
    spread = row["spread"]
    return {
        "name": labelled({**row, "unit": ""}),
        "unit": clean(row["unit"], 16) or "\u2013",
        "mean": quantity(row["mean"], span=(spread or 0.0) / 10) if row["level"] is None else "\u2013",
        "spread": quantity(spread) if spread else "\u2013",
        "weight": signed(row["weight"], 2),
        "factor": factor(row["weight"]),
        "per_unit": quantity(row["per_unit"]),
    }


def _example(rows: Sequence[Values]) -> str:
    row = next((row for row in rows if row["spread"] and row["weight"]), None)
    if row is None:
        return ""
    unit = clean(row["unit"], 16)
    step = quantity(row["spread"], unit)
    one = f"1 {unit}" if unit else "1"
    return (
        f"For example {clean(row['name'], 80)}: a part with {step} more of it, one standard deviation, and equal "
        f"in every other column, has {_times(row['weight'])} the odds of a fault; {one} more adds "
        f"{quantity(row['per_unit'])} to the log-odds (odds {factor(row['per_unit'])})."
    )


def _times(log_odds: float) -> str:
    """A factor of odds within a sentence: `2.7 times`, `1/2.7 of`."""
    size = factor(abs(log_odds)).removeprefix("\u00d7\u00a0")
    return f"{size} times" if log_odds >= 0 else f"1/{size.removeprefix('more than ')} of"


def _told(curve: Values) -> str:
    """Which values raise the risk, in a sentence."""
    at, heights = in_view(curve)
    low, high = min(range(len(at)), key=heights.__getitem__), max(range(len(at)), key=heights.__getitem__)
    if heights[high] - heights[low] < 0.05:
        return "Hardly any effect."
    span = at[-1] - at[0] if not isinstance(at[0], str) else 0.0
    most, least = (_place(at[k], span, curve["unit"], heights[k]) for k in (high, low))
    if not isinstance(at[0], str) and len(at) > 1:
        steps = [b - a for a, b in pairwise(heights)]
        slack = _LEVEL * (heights[high] - heights[low])
        if all(step >= -slack for step in steps):
            return f"More of it, more risk: odds {least}, {most}."
        if all(step <= slack for step in steps):
            return f"Less of it, more risk: odds {most}, {least}."
    return f"Most risk: odds {most}. Least: {least}."


def _place(at: Any, span: float, unit: str, height: float) -> str:
    place = clean(at, 40) if isinstance(at, str) else quantity(at, unit, span)
    return f"{factor(height)} at {place}"


def in_view(curve: Values) -> tuple[list[Any], list[float]]:
    """The curve's points within the range that is drawn, its ends interpolated; all levels of a category."""
    at, heights, edges = list(curve["at"]), list(curve["log_odds"]), curve["edges"]
    if not edges or len(at) < 2:
        return at, heights
    first, last = max(edges[0], at[0]), min(edges[-1], at[-1])
    inner = [(a, h) for a, h in zip(at, heights, strict=True) if first < a < last]
    ends = [(x, float(np.interp(x, at, heights))) for x in (first, last)]
    points = [ends[0], *inner, ends[1]]
    return [a for a, _ in points], [h for _, h in points]


def _beyond(curve: Values) -> str:
    """A note on outliers that are not drawn."""
    edges, at, heights = curve["edges"], curve["at"], curve["log_odds"]
    if not edges:
        return ""
    span = at[-1] - at[0]
    outside = [(at[k], heights[k]) for k, out in ((0, edges[0] - at[0]), (-1, at[-1] - edges[-1])) if out > 1e-6 * span]
    if not outside:
        return ""
    ends = [f"{quantity(x, curve['unit'], span)} (odds {factor(height)})" for x, height in outside]
    return f"Not drawn: at most 1\u202f% of the training parts, as far as {' and '.join(ends)}."


def _left_out(found: Values, curves: int, pairs: int) -> str:
    rest = [(len(found["curves"]) - curves, "column"), (len(found["pairs"]) - pairs, "pair")]
    words = [f"{count(n)} more {name}{'s' * (n != 1)}" for n, name in rest if n > 0]
    return " and ".join(words)
