"""Which strategy earns its place: the tuned baseline stays unless another is better with high probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rarefault.tuning.comparison import OBJECTIVE
from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED

FEWEST_FOLDS = 5
"""Fewer fold differences of one sign say too little: with three of them a coin would win one time in four."""


@dataclass(frozen=True)
class Selection:
    """The selected strategy, why, and for each candidate what became of it (kept, dropped, ...) and why."""

    selected: str
    because: str
    fates: dict[str, tuple[str, str]]


def select(outcomes: Sequence[dict[str, Any]], title: str, min_probability: float) -> Selection:
    """Pick among strategy outcomes (name, inner, inner_difference, gate) by inner-fold evidence only.

    Of the candidates tried on at least 5 folds whose P(better than the tuned baseline) reaches min_probability the
    one with the best inner mean wins; with none, the tuned baseline stays.
    """
    fates, winners = {}, []
    for outcome in outcomes:
        name = outcome["name"]
        status, reason = _fate(outcome, title, min_probability)
        fates[name] = (status, reason)
        if status == "better":
            winners.append((outcome["inner"][OBJECTIVE]["value"], name))
    selected = max(winners)[1] if winners else BASELINE
    fates = {name: ("kept" if s == "better" else s, reason) for name, (s, reason) in fates.items()}
    fates[selected] = ("selected", fates[selected][1])
    return Selection(selected, _because(selected, outcomes, title, min_probability), fates)


def _fate(outcome: dict[str, Any], title: str, min_probability: float) -> tuple[str, str]:
    name, gate = outcome["name"], outcome.get("filter")
    if name in (BASELINE, UNTOUCHED):
        return "kept", "the yardstick" if name == BASELINE else "shown for comparison"
    if gate is not None and not gate["passed"]:
        return "fell-back", f"{gate['reason']} The class-conditional generator takes its place."
    difference = outcome["inner_difference"]
    p = difference["p_better"]
    said = (
        f"{title} {difference['value']:+.3f} against the tuned baseline on the inner folds, P(better) {probability(p)}"
    )
    if outcome["folds_tried"] < FEWEST_FOLDS:
        kind = "dropped" if outcome.get("stopped_early") else "kept"
        return kind, f"{said}, from {outcome['folds_tried']} folds only (at least {FEWEST_FOLDS} are needed to win)"
    if outcome.get("stopped_early"):
        return "dropped", f"{said}; stopped after {outcome['folds_tried']} folds"
    return ("better" if p >= min_probability else "kept"), said


def probability(p: float) -> str:
    """With two digits; a resampled share is never certainty."""
    return "above 0.99" if p > 0.99 else "below 0.01" if p < 0.01 else f"{p:.2f}"


def _because(selected: str, outcomes: Sequence[dict[str, Any]], title: str, min_probability: float) -> str:
    if selected == BASELINE:
        return (
            f"No other strategy was better than the tuned threshold with probability {min_probability:.2f} "
            "or more on the inner folds."
        )
    difference = next(o for o in outcomes if o["name"] == selected)["inner_difference"]
    return (
        f"{STRATEGIES[selected].title} was better than the tuned threshold on the inner folds by "
        f"{difference['value']:.3f} {title} with probability {probability(difference['p_better'])}."
    )
