"""Which strategy plays which part in a result: selected, baseline, untouched, the paper's."""

import re
from collections.abc import Mapping
from typing import Any

Strategy = Mapping[str, Any]

_SIMULATED = re.compile(r"(?<!not )(?<!no )(?<!non-)\b(simulat|synthetic)", re.IGNORECASE)


def is_simulated(notes: str) -> bool:
    """Whether the notes on a data set say that it was not measured."""
    return bool(_SIMULATED.search(notes))


def measured(result: Mapping[str, Any]) -> list[Strategy]:
    """The strategies that reached the test rows, in the result's order."""
    return [s for s in result.get("strategies", ()) if s["test"]]


def selected(result: Mapping[str, Any]) -> Strategy | None:
    """The strategy that was selected, or None in a run that selects none."""
    return named(result, result.get("selected"))


def named(result: Mapping[str, Any], name: str | None) -> Strategy | None:
    """The strategy called `name`, or None."""
    return next((s for s in result.get("strategies", ()) if s["name"] == name), None)


def title(result: Mapping[str, Any], name: str) -> str:
    """What people call a strategy; a name that is no strategy's stays as it is."""
    strategy = named(result, name)
    return str(strategy["title"]) if strategy else name


def untouched(result: Mapping[str, Any]) -> Strategy | None:
    """The original data at threshold 0.5."""
    return named(result, "untouched")


def paper(result: Mapping[str, Any]) -> Strategy | None:
    """The paper's configuration: a WGAN on all rows, filtered by K-means (even where its gate failed)."""
    return next((s for s in result.get("strategies", ()) if is_paper(s)), None)


def is_paper(strategy: Strategy) -> bool:
    """Whether a strategy is the paper's, by its name or by its parts."""
    by_name = strategy["name"] in ("paper", "wgan-kmeans")
    return by_name or (strategy["generator"], strategy["filter"]) == ("wgan", "kmeans")
