"""--set KEY=VALUE, as a person types it."""

import json
from typing import Any, Literal, get_origin, get_type_hints

from rarefault.errors import InputError


def parse(assignments: tuple[str, ...], *settings: type) -> dict[str, Any]:
    """Values by name for fields of the settings dataclasses: a text where one is wanted, else JSON."""
    kinds = {name: kind for one in settings for name, kind in get_type_hints(one).items()}
    values = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or key not in kinds:
            raise InputError(f"--set {text}: accepted: KEY=VALUE with one of the keys {', '.join(kinds)}")
        values[key] = value if kinds[key] is str or get_origin(kinds[key]) is Literal else _json(text, value)
    return values


def _json(text: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as problem:
        raise InputError(f'--set {text}: accepted: JSON, such as 5, ["a", "b"] or {{"A": "b"}}') from problem
