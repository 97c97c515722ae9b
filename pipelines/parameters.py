"""A pipeline's parameters as a person types them: key=value -> checked values."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pipelines
from rarefault.errors import InputError

_INTERNAL = ("run_id", "attempt", "fingerprint")


def accepted(name: str) -> dict[str, tuple[str, Any]]:
    """{parameter: (type, default)} of a pipeline, without those that the runner sets."""
    inputs = pipelines.get(name).component_spec.inputs or {}
    return {key: (str(spec.type), spec.default) for key, spec in inputs.items() if key not in _INTERNAL}


def require_known(name: str, values: Mapping[str, Any]) -> None:
    """Raise InputError for values of options, such as --label, that the pipeline has no parameter for."""
    for key in values:
        if key not in accepted(name):
            raise InputError(f"--{key}: {name} has no parameter {key!r}; parameters: {', '.join(accepted(name))}")


def parse(name: str, assignments: Sequence[str]) -> dict[str, Any]:
    """The values of `key=value` texts; raises InputError naming the parameter and what is accepted."""
    known, values = accepted(name), {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or key not in known:
            raise InputError(f"--set {text}: {name} has no parameter {key!r}; parameters: {', '.join(known)}")
        values[key] = _value(key, value, known[key][0])
    return values


def _value(key: str, text: str, kind: str) -> Any:
    if kind == "String":
        return text
    wanted: Mapping[str, tuple[str, Any]] = {
        "Integer": ("a whole number", int),
        "Float": ("a number", (int, float)),
        "Boolean": ("true or false", bool),
        "List": ('a list such as ["a", "b"]', list),
        "Dict": ('a JSON object such as {"a": 1}', dict),
    }
    said, types = wanted[kind]
    try:
        value = json.loads(text)
    except ValueError:
        value = text.split(",") if kind == "List" else None
    finite = not isinstance(value, float) or math.isfinite(value)
    if not isinstance(value, types) or not finite or (isinstance(value, bool) and types is not bool):
        raise InputError(f"--set {key}={text}: {key} takes {said}")
    return float(value) if kind == "Float" else value  # Kubeflow refuses a whole number where it expects a fraction
