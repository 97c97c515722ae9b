"""The OpenAPI 3.1 description of the paths that are served now, with each model's own features."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

from serving.server.model import Model
from serving.server.outputs import OUTPUTS

Json = dict[str, Any]


def openapi(models: Mapping[str, Model]) -> Json:
    """GET /openapi.json."""
    paths: Json = {path: {"get": _get(about)} for path, about in _GENERAL.items()}
    paths["/metrics"] = {"get": _operation("Prometheus metrics", {"200": _text("Metrics")})}
    for model in models.values():
        paths |= _of_model(model)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rarefault model server", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Error": _object({"error": {"type": "string"}})}},
    }


_GENERAL = {
    "/": "What is served",
    "/healthz": "Alive",
    "/openapi.json": "This description",
    "/v1/models": "Names of the models",
    "/v2": "The server and its extensions",
    "/v2/models": "Names of the models",
    "/v2/health/live": "Alive",
    "/v2/health/ready": "Every model can be asked",
}


def _of_model(model: Model) -> Json:
    base = f"/v2/models/{model.name}"
    paths: Json = {
        f"/v1/models/{model.name}": {"get": _get("Whether the model can be asked")},
        f"/v1/models/{model.name}:predict": {"post": _post("Score rows", _instances(model), _PREDICTIONS)},
    }
    for path in (base, f"{base}/versions/{model.version}"):
        paths |= {
            path: {"get": _get("The model's tensors and features")},
            f"{path}/ready": {"get": _get("Whether the model can be asked")},
            f"{path}/infer": {"post": _post("Score tensors", _tensors(model), _OUTPUTS)},
        }
    return paths


def _instances(model: Model) -> Json:
    values = [_value(model, at) for at in range(model.schema.width)]
    row = _exactly(values)
    named = _object(dict(zip(model.schema.names, values, strict=True)))
    rows = [{"type": "array", "items": kind, "minItems": 1} for kind in (row, named)]
    return _object({"instances": {"anyOf": rows}})


def _value(model: Model, at: int) -> Json:
    if at in model.schema.levels:
        return {"type": "string", "enum": list(model.schema.levels[at])}
    return _NUMBER


def _tensors(model: Model) -> Json:
    """One row: the general shapes, where the data's length follows the shape, cannot be said in a schema."""
    names = enumerate(model.schema.names)
    ways = [_exactly([_column(model, at, name) for at, name in names])]
    if not model.schema.levels:
        ways += [_exactly([_row(model.schema.width, *kind)]) for kind in _KINDS]
    request = {
        "id": {"type": ["string", "null"]},
        "inputs": {"anyOf": ways},
        "outputs": {"anyOf": [{"type": "null"}, {"const": []}, *map(_exactly, _orders())]},
        "parameters": _flags("binary_data_output"),
    }
    return _object(request, optional=("id", "outputs", "parameters"))


def _row(width: int, datatypes: list[str], number: Json) -> Json:
    row = _exactly([number] * width)
    return _tensor({"type": "string"}, [1, width], {"anyOf": [row, _exactly([row])]}, datatypes)


def _column(model: Model, at: int, name: str) -> Json:
    kinds = [(["BYTES"], _value(model, at))] if at in model.schema.levels else _KINDS
    ways = []
    for datatypes, kind in kinds:
        value = _exactly([kind])
        either = {"anyOf": [value, _exactly([value])]}
        ways += [
            _tensor({"const": name}, [1], value, datatypes),
            _tensor({"const": name}, [1, 1], either, datatypes),
        ]
    return {"anyOf": ways}


def _tensor(name: Json, shape: list[int], data: Json, datatypes: list[str]) -> Json:
    return _object({"name": name, "shape": {"const": shape}, "datatype": {"enum": datatypes}, "data": data})


def _orders() -> list[list[Json]]:
    """Every choice of outputs in every order."""
    asked = [
        _object({"name": {"const": name}, "parameters": _flags("binary_data")}, optional=("parameters",))
        for name in OUTPUTS
    ]
    return [list(order) for n in range(1, len(asked) + 1) for order in permutations(asked, n)]


def _flags(name: str) -> Json:
    """Parameters, of which one is known, some are refused, and others have no effect."""
    properties = {name: {"type": "boolean"}, "shared_memory_region": False, "classification": False}
    return {"type": ["object", "null"], "properties": properties}


def _exactly(items: list[Json]) -> Json:
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items), "maxItems": len(items)}


def _object(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_NUMBER: Json = {"type": "number", "format": "double"}
_SMALL_NUMBER: Json = {"type": "number", "minimum": -65504, "maximum": 65504}
_KINDS: list[tuple[list[str], Json]] = [(["FP64"], _NUMBER), (["FP32", "FP16"], _SMALL_NUMBER)]
_STRINGS: Json = {"type": "string"}
_PROBABILITY: Json = {"type": "number", "minimum": 0, "maximum": 1}
_PREDICTIONS = _object(
    {
        "predictions": {"type": "array", "items": _object({"label": _STRINGS, "probability": _PROBABILITY})},
        "model_name": _STRINGS,
        "model_version": _STRINGS,
    }
)
_OUTPUTS = _object(
    {
        "model_name": _STRINGS,
        "model_version": _STRINGS,
        "id": _STRINGS,
        "outputs": {"type": "array", "items": {"type": "object"}},
    },
    optional=("id",),
)


def _get(about: str) -> Json:
    return _operation(about, {"200": _json(about, {"type": "object"}), "503": _json("Not ready", {"type": "object"})})


def _post(about: str, body: Json, answer: Json) -> Json:
    refused = {408: "Too slow", 413: "Too large", 415: "Media type not accepted", 503: "Not ready"}
    scored = _json("Scored", answer)
    scored["content"]["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    answers = {"200": scored} | {str(status): _error(reason) for status, reason in refused.items()}
    request = {"required": True, "content": {"application/json": {"schema": body}}}
    return _operation(about, answers) | {"requestBody": request}


def _operation(about: str, answers: Json) -> Json:
    common = {"400": _error("Request not accepted"), "404": _error("Unknown"), "405": _error("Method not accepted")}
    return {"summary": about, "responses": answers | common}


def _json(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _text(about: str) -> Json:
    return {"description": about, "content": {"text/plain": {"schema": _STRINGS}}}


def _error(about: str) -> Json:
    return _json(about, {"$ref": "#/components/schemas/Error"})
