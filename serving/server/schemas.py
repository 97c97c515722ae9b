"""Building blocks of JSON schemas."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

Json = dict[str, Any]

STRINGS: Json = {"type": "string"}
NUMBER: Json = {"type": "number", "format": "double"}
PROBABILITY: Json = {"type": "number", "minimum": 0, "maximum": 1}
_MOST_ORDERED = 4
"""Of more outputs a schema names each alone: their orders are too many."""


def object_of(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    """An object of exactly these properties, of which the optional ones may be missing."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def exactly(items: list[Json]) -> Json:
    """An array of exactly these items."""
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items), "maxItems": len(items)}


def tensor(name: Json, shape: list[int], data: Json, datatypes: list[str]) -> Json:
    """A tensor of V2."""
    return object_of({"name": name, "shape": {"const": shape}, "datatype": {"enum": datatypes}, "data": data})


def infer_request(inputs: Json, outputs: Iterable[str]) -> Json:
    """The body of a V2 request."""
    asked = [
        object_of({"name": {"const": name}, "parameters": _flags("binary_data")}, optional=("parameters",))
        for name in outputs
    ]
    most = len(asked) if len(asked) <= _MOST_ORDERED else 1
    orders = [exactly(list(order)) for n in range(1, most + 1) for order in permutations(asked, n)]
    request = {
        "id": {"type": ["string", "null"]},
        "inputs": inputs,
        "outputs": {"anyOf": [{"type": "null"}, {"const": []}, *orders]},
        "parameters": _flags("binary_data_output"),
    }
    return object_of(request, optional=("id", "outputs", "parameters"))


def _flags(name: str) -> Json:
    """Parameters, of which one is known, some are refused, and others have no effect."""
    properties = {name: {"type": "boolean"}, "shared_memory_region": False, "classification": False}
    return {"type": ["object", "null"], "properties": properties}


INFER_ANSWER: Json = object_of(
    {
        "model_name": STRINGS,
        "model_version": STRINGS,
        "id": STRINGS,
        "outputs": {"type": "array", "items": {"type": "object"}},
    },
    optional=("id",),
)


def predict_answer(prediction: Json) -> Json:
    """The body of a V1 answer."""
    return object_of(
        {
            "predictions": {"type": "array", "items": prediction},
            "model_name": STRINGS,
            "model_version": STRINGS,
        }
    )
