"""JSON texts: read strictly, with one line for what is wrong."""

import json
from typing import Any

import orjson

from serving.server.refusals import bad, shown


def read(text: bytes | memoryview, what: str = "the body") -> Any:
    """The value of a JSON text; a 400 for anything else, NaN, Infinity and numbers beyond float64 included."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise bad(f"{what} is not JSON: {' '.join(str(problem).split())[:200]}") from None


def read_object(text: bytes | memoryview, what: str = "the body") -> dict[str, Any]:
    """The JSON object of a text; a 400 for anything else."""
    value = read(text, what)
    if type(value) is not dict:
        raise bad(f"{what} must be a JSON object, got {shown(value)}")
    return value


def refuse_repeated_keys(text: bytes, keys: int) -> None:
    """A 400 if a key stands twice in one object of the text, in which `keys` different ones were found.

    Each key brings one colon, so the slow second reading is needed only where there are more colons than keys.
    """
    if text.count(b":") <= keys:
        return
    try:
        json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise bad("the body is nested too deep") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise bad(f"the key {shown(twice)} stands twice in one object; send it once")
    return found
