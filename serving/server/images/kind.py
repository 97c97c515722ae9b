"""Models of images: their handlers, descriptions, schemas and counts."""

from math import prod

from serving.images.decoding import FORMATS
from serving.images.preparation import STEPS
from serving.server.images.model import ImageModel
from serving.server.images.observation import CONFIDENCES
from serving.server.images.v1 import Predict
from serving.server.images.v2 import TENSOR, Infer, outputs_of
from serving.server.kinds import Context, Handler, Kind, Schemas
from serving.server.schemas import (
    INFER_ANSWER,
    PROBABILITY,
    STRINGS,
    Json,
    exactly,
    infer_request,
    object_of,
    predict_answer,
    tensor,
)


def _handlers(model: ImageModel, context: Context) -> tuple[Handler, Handler]:
    return Predict(model, context), Infer(model, context)


def _summary(model: ImageModel) -> Json:
    return {"image": list(model.preparation.shape), "classes": list(model.classes)}


def _metadata(model: ImageModel) -> Json:
    """The tensors, the classes, and what is done to an image before it is looked at."""
    shapes = {"probabilities": [-1, len(model.classes)]}
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "rarefault",
        "inputs": [{"name": TENSOR, "datatype": "UINT8", "shape": [-1, *model.preparation.shape]}],
        "outputs": [
            {"name": name, "datatype": datatype, "shape": shapes.get(name, [-1])}
            for name, datatype in outputs_of(model).items()
        ],
        "parameters": {
            "classifier": model.classifier,
            "classes": list(model.classes),
            "background": model.background,
            "threshold": model.threshold,
            "encoded": {"datatype": "BYTES", "shape": [-1], "formats": list(FORMATS)},
            "preparation": STEPS,
            "statistics": [{"name": one.name, "low": one.low, "high": one.high} for one in model.statistics],
            "created": model.created,
        },
    }


def _schemas(model: ImageModel) -> Schemas:
    _, height, width = model.preparation.shape
    encoded = object_of({"b64": _FILE})
    ways = [encoded, object_of({"image": encoded}), _array(_array(_PIXEL, width), height)]
    images = {"anyOf": [{"type": "array", "items": way, "minItems": 1, "maxItems": 8} for way in ways]}
    prediction = {"label": {"enum": list(model.classes)}, "probability": PROBABILITY}
    prediction["probabilities"] = object_of(dict.fromkeys(model.classes, PROBABILITY))
    if model.background:
        prediction["defect_probability"] = PROBABILITY
    return Schemas(
        object_of({"instances": images}), predict_answer(object_of(prediction)), _tensors(model), INFER_ANSWER
    )


def _tensors(model: ImageModel) -> Json:
    """One image of the model's own size: others are resized, but their shapes cannot be said in a schema."""
    shape = model.preparation.shape
    ways = [
        tensor(STRINGS, [1, *shape], _array(_PIXEL, prod(shape)), ["UINT8"]),
        tensor(STRINGS, [1], exactly([_FILE]), ["BYTES"]),
    ]
    return infer_request(exactly([{"anyOf": ways}]), outputs_of(model))


def _array(items: Json, n: int) -> Json:
    return {"type": "array", "items": items, "minItems": n, "maxItems": n}


_PIXEL: Json = {"type": "integer", "minimum": 0, "maximum": 255}
_FILE: Json = {
    "type": "string",
    "format": "image-file",
    "contentEncoding": "base64",
    "description": "a PNG or JPEG file",
}


def _counts(model: ImageModel) -> dict[tuple[str, str], float]:
    seen = model.seen
    counts: dict[tuple[str, str], float] = {
        ("class", name): n for name, n in zip(model.classes, seen.classes.tolist(), strict=True)
    }
    outside = zip(model.statistics, seen.out_of_range.tolist(), strict=True)
    counts |= {("outside", one.name): n for one, n in outside}
    buckets = zip((*map(str, CONFIDENCES), "1.0"), seen.confidences.tolist(), strict=True)
    counts |= {("confidence", bound): n for bound, n in buckets}
    return counts | {("confidence sum", ""): seen.confidence}


def _drift(model: ImageModel) -> tuple[float, dict[str, float]]:
    found = model.seen.drift.index()
    names = [one.name for one in model.statistics]
    return model.seen.drift.rows(), {} if found is None else dict(zip(names, found.tolist(), strict=True))


IMAGES = Kind(_handlers, _summary, _metadata, _schemas, _counts, _drift)
