"""What the search may change of a generator: setting -> (low, high, scale)."""

from collections.abc import Mapping
from typing import Any

import optuna

from rarefault.degradation import INDICATORS, HealthIndicator
from rarefault.errors import InputError
from rarefault.generators import GENERATORS
from rarefault.generators.base import Generator, Range
from rarefault.generators.image import IMAGE_GENERATORS, ImageGenerator


def space_of(generator: str, changes: Mapping[str, Any]) -> dict[str, Range]:
    """The search space of a generator or a health indicator, with the bounds in `changes` in place of its own.

    changes: {name: [low, high]}.
    Equal bounds fix a setting; a generator of which nothing is searched has an empty space. Raises InputError for a
    name that is not searched or bounds that are no pair.
    """
    space = dict(_class_of(generator).searched)
    for name, bounds in changes.items():
        if name not in space:
            raise InputError(f"{generator} has no searched setting {name!r}; searched: {sorted(space)}")
        scale = space[name][2]
        if not _are_bounds(bounds, scale):
            kind = "numbers" if scale == "log" else "whole numbers"
            above = " above 0" if "log" in scale else ""
            raise InputError(f"the search bounds of {name} must be [low, high], {kind}{above}, got {bounds!r}")
        space[name] = (float(bounds[0]), float(bounds[1]), scale)
    return space


def _class_of(generator: str) -> type[Generator] | type[ImageGenerator] | type[HealthIndicator]:
    if generator in INDICATORS:
        return INDICATORS[generator]
    if generator in IMAGE_GENERATORS:
        return IMAGE_GENERATORS[generator]
    return GENERATORS[generator]


def _are_bounds(bounds: Any, scale: str) -> bool:
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
        return False
    if not all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in bounds):
        return False
    if scale != "log" and not all(float(bound).is_integer() for bound in bounds):
        return False
    return bool(bounds[0] <= bounds[1] and (bounds[0] > 0 or "log" not in scale))


def suggest(trial: optuna.Trial, space: Mapping[str, Range]) -> dict[str, Any]:
    """Ask the trial for every setting of the space."""
    return {name: _suggest_one(trial, name, *range_) for name, range_ in space.items()}


def _suggest_one(trial: optuna.Trial, name: str, low: float, high: float, scale: str) -> int | float:
    if scale == "hundreds":
        return trial.suggest_int(name, int(low), int(high), step=100)
    if "int" in scale:
        return trial.suggest_int(name, int(low), int(high), log=scale == "log-int")
    return trial.suggest_float(name, low, high, log=True)
