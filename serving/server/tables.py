"""Models of table rows: their handlers, descriptions, schemas and counts."""

from typing import Any

from serving.server.kinds import Context, Handler, Kind, Schemas
from serving.server.model import Model
from serving.server.outputs import OUTPUTS
from serving.server.schemas import (
    INFER_ANSWER,
    NUMBER,
    PROBABILITY,
    STRINGS,
    Json,
    exactly,
    infer_request,
    object_of,
    predict_answer,
    tensor,
)
from serving.server.v1 import Predict
from serving.server.v2 import Infer


def _handlers(model: Model, context: Context) -> tuple[Handler, Handler]:
    rows, log = context.limits.rows, context.log
    return Predict(model, rows, log), Infer(model, rows, log)


def _summary(model: Model) -> Json:
    return {"features": model.schema.width}


def _metadata(model: Model) -> Json:
    """The tensors, and the features with their units and training ranges."""
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "rarefault",
        "inputs": _inputs(model),
        "outputs": [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in OUTPUTS.items()],
        "parameters": {
            "classifier": model.classifier,
            "threshold": model.threshold,
            "labels": {"positive": model.positive, "negative": model.negative},
            "features": [_feature(feature) for feature in model.features],
            "created": model.created,
        },
    }


def _inputs(model: Model) -> list[Json]:
    if not model.schema.levels:
        return [{"name": "input-0", "datatype": "FP64", "shape": [-1, model.schema.width]}]
    return [
        {"name": name, "datatype": "BYTES" if at in model.schema.levels else "FP64", "shape": [-1]}
        for at, name in enumerate(model.schema.names)
    ]


def _feature(feature: Any) -> Json:
    facts = {"name": feature.name, "unit": feature.unit, "kind": feature.kind}
    if feature.levels:
        return facts | {"levels": list(feature.levels)}
    return facts | {"low": feature.low, "high": feature.high}


def _schemas(model: Model) -> Schemas:
    values = [_value(model, at) for at in range(model.schema.width)]
    named = object_of(dict(zip(model.schema.names, values, strict=True)))
    rows = [{"type": "array", "items": kind, "minItems": 1} for kind in (exactly(values), named)]
    prediction = object_of({"label": STRINGS, "probability": PROBABILITY})
    return Schemas(object_of({"instances": {"anyOf": rows}}), predict_answer(prediction), _tensors(model), INFER_ANSWER)


def _value(model: Model, at: int) -> Json:
    if at in model.schema.levels:
        return {"type": "string", "enum": list(model.schema.levels[at])}
    return NUMBER


def _tensors(model: Model) -> Json:
    """One row: the general shapes, where the data's length follows the shape, cannot be said in a schema."""
    names = enumerate(model.schema.names)
    ways = [exactly([_column(model, at, name) for at, name in names])]
    if not model.schema.levels:
        ways += [exactly([_row(model.schema.width, *kind)]) for kind in _KINDS]
    return infer_request({"anyOf": ways}, OUTPUTS)


def _row(width: int, datatypes: list[str], number: Json) -> Json:
    row = exactly([number] * width)
    return tensor(STRINGS, [1, width], {"anyOf": [row, exactly([row])]}, datatypes)


def _column(model: Model, at: int, name: str) -> Json:
    kinds = [(["BYTES"], _value(model, at))] if at in model.schema.levels else _KINDS
    ways = []
    for datatypes, kind in kinds:
        value = exactly([kind])
        either = {"anyOf": [value, exactly([value])]}
        ways += [
            tensor({"const": name}, [1], value, datatypes),
            tensor({"const": name}, [1, 1], either, datatypes),
        ]
    return {"anyOf": ways}


_SMALL_NUMBER: Json = {"type": "number", "minimum": -65504, "maximum": 65504}
_KINDS: list[tuple[list[str], Json]] = [(["FP64"], NUMBER), (["FP32", "FP16"], _SMALL_NUMBER)]


def _counts(model: Model) -> dict[tuple[str, str], float]:
    seen = model.seen
    seen.look()
    counts: dict[tuple[str, str], float] = {
        ("class", model.positive): seen.faults,
        ("class", model.negative): seen.passes,
    }
    for kind, values in (("outside", seen.out_of_range), ("filled", seen.filled)):
        counts |= {(kind, name): n for name, n in zip(model.schema.names, values.tolist(), strict=True)}
    return counts


def _drift(model: Model) -> tuple[float, dict[str, float]]:
    model.seen.look()
    found = model.seen.drift.index()
    named = {} if found is None else dict(zip(model.schema.names, found.tolist(), strict=True))
    return model.seen.drift.rows(), named


TABLES = Kind(_handlers, _summary, _metadata, _schemas, _counts, _drift)
