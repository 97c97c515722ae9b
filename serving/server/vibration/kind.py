"""Models of vibration: their handlers, descriptions, schemas and counts."""

from math import prod

from serving.server.kinds import Context, Handler, Kind, Schemas
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
from serving.server.vibration.model import VibrationModel
from serving.server.vibration.observation import gauges
from serving.server.vibration.v1 import FIELDS, Predict
from serving.server.vibration.v2 import MACHINE, OUTPUTS, SEQUENCE, SNAPSHOT, TIME, Infer
from serving.vibration.machine import MACHINE as ID
from serving.vibration.machine import REMEMBERED
from serving.vibration.rule import STATES


def _handlers(model: VibrationModel, context: Context) -> tuple[Handler, Handler]:
    return Predict(model, context), Infer(model, context)


def _summary(model: VibrationModel) -> Json:
    channels, samples = model.form.shape
    return {"snapshot": [channels, samples], "rate": model.form.rate, "states": list(STATES)}


def _metadata(model: VibrationModel) -> Json:
    """The tensors, what a snapshot is, and when a machine is held to be worn."""
    channels, samples = model.form.shape
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "rarefault",
        "inputs": [
            {"name": SNAPSHOT, "datatype": "FP32", "shape": [-1, channels, samples]},
            {"name": MACHINE, "datatype": "BYTES", "shape": [-1]},
            {"name": SEQUENCE, "datatype": "INT64", "shape": [-1]},
            {"name": TIME, "datatype": "FP64", "shape": [-1]},
        ],
        "outputs": [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in OUTPUTS.items()],
        "parameters": {
            "indicator": model.classifier,
            "channels": list(model.form.channels),
            "samples": samples,
            "rate": model.form.rate,
            "unit": model.form.unit,
            "states": list(STATES),
            "assessment": model.rule.to_json(),
            "optional": [SEQUENCE, TIME, "rate", "reset"],
            "remembered": REMEMBERED,
            "created": model.created,
        },
    }


def _schemas(model: VibrationModel) -> Schemas:
    channels, samples = model.form.shape
    rows = _array(_array(NUMBER, samples), channels)
    sent: Json = {
        "machine": _ID,
        "snapshot": rows if channels > 1 else {"anyOf": [_array(NUMBER, samples), rows]},
        "sequence": {"type": ["integer", "null"]},
        "time": {"type": ["number", "null"]},
        "rate": {"enum": [model.form.rate, None]},
        "reset": {"type": ["boolean", "null"]},
    }
    instances = {"type": "array", "items": object_of(sent, optional=FIELDS[2:]), "minItems": 1, "maxItems": 8}
    return Schemas(object_of({"instances": instances}), predict_answer(_prediction()), _tensors(model), INFER_ANSWER)


def _tensors(model: VibrationModel) -> Json:
    """One snapshot of one machine."""
    shape = [1, *model.form.shape]
    snapshot = tensor({"const": SNAPSHOT}, shape, _array(NUMBER, prod(shape)), ["FP32"])
    machine = tensor({"const": MACHINE}, [1], exactly([_ID]), ["BYTES"])
    return infer_request(exactly([snapshot, machine]), OUTPUTS)


def _prediction() -> Json:
    count: Json = {"type": "integer", "minimum": 0}
    place = {"snapshot": count, "sequence": {"type": "integer"}, "time": NUMBER}
    where = {"anyOf": [{"type": "null"}, object_of(place, optional=("sequence", "time"))]}
    told: Json = {"machine": STRINGS, **place, "indicator": NUMBER, "degree": PROBABILITY}
    told |= {"state": {"enum": list(STATES)}, "onset": {"type": "boolean"}, "since": where, "alarm": where}
    told |= {"filled": count, "warnings": {"type": "array", "items": STRINGS}}
    return object_of(told, optional=("sequence", "time"))


def _array(items: Json, n: int) -> Json:
    return {"type": "array", "items": items, "minItems": n, "maxItems": n}


_ID: Json = {"type": "string", "pattern": f"^{ID.pattern}$"}


def _counts(model: VibrationModel) -> dict[tuple[str, str], float]:
    counts: dict[tuple[str, str], float] = {("class", name): n for name, n in model.seen.states.items()}
    counts |= {("snapshot", result): n for result, n in model.seen.snapshots.items()}
    return counts | {("forgotten", "forgotten"): model.seen.forgotten}


def _drift(model: VibrationModel) -> tuple[float, dict[str, float]]:
    return 0.0, {}


def _machines(model: VibrationModel) -> dict[str, dict[str, float]]:
    return gauges(model.seen.machines)


VIBRATION = Kind(_handlers, _summary, _metadata, _schemas, _counts, _drift, _machines)
