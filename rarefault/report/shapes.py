"""The pieces that the schema of result.json is made of."""

from collections.abc import Mapping
from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
NUMBER: dict[str, Any] = {"type": "number"}
NUMBER_OR_NULL: dict[str, Any] = {"type": ["number", "null"]}
SHARE: dict[str, Any] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
SECONDS: dict[str, Any] = {"type": "number", "minimum": 0}
BOOL: dict[str, Any] = {"type": "boolean"}
SETTINGS: dict[str, Any] = {"type": "object"}


def shape(properties: Mapping[str, Any], optional: tuple[str, ...] = (), null: bool = False) -> dict[str, Any]:
    """An object with exactly these properties, all of them required but the optional ones; with `null`, or null."""
    return {
        "type": ["object", "null"] if null else "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def metrics(required: tuple[str, ...], item: Mapping[str, Any]) -> dict[str, Any]:
    """Items by name, the required ones among them, or null."""
    return {"type": ["object", "null"], "required": list(required), "additionalProperties": dict(item)}


ESTIMATE = shape({"value": NUMBER_OR_NULL, "low": NUMBER_OR_NULL, "high": NUMBER_OR_NULL})
