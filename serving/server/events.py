"""A logged request as a line of JSON, or as a CloudEvent (version 1.0, structured mode)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from serving.server.model import Model

if TYPE_CHECKING:
    from serving.server.request_log import Entry

EVENT_TYPE = "org.rarefault.serving.prediction"


def batch_of(kind: str) -> Callable[[list["Entry"]], list[bytes]]:
    """What turns logged requests into JSON texts without line breaks: kind is json or cloudevents."""
    encode = {"json": _line, "cloudevents": _event}[kind]
    return lambda entries: [orjson.dumps(encode(entry), option=orjson.OPT_SERIALIZE_NUMPY) for entry in entries]


def _line(entry: "Entry") -> dict[str, Any]:
    return {"time": _time(entry), **_data(entry)}


def _event(entry: "Entry") -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": EVENT_TYPE,
        "source": f"/models/{entry.model.name}/versions/{entry.model.version}",
        "time": _time(entry),
        "datacontenttype": "application/json",
        "data": _data(entry),
    }


def _data(entry: "Entry") -> dict[str, Any]:
    return {
        "model": entry.model.name,
        "version": entry.model.version,
        "protocol": entry.protocol,
        "id": entry.request_id,
        "instances": _instances(entry),
        "predictions": _predictions(entry),
    }


def _predictions(entry: "Entry") -> list[dict[str, Any]]:
    if not isinstance(entry.model, Model):
        return entry.answers
    labels = entry.model.labels(np.array(entry.answers))
    pairs = zip(labels, entry.answers, strict=True)
    return [{"label": label, "probability": probability} for label, probability in pairs]


def _instances(entry: "Entry") -> Any:
    if not isinstance(entry.model, Model) or not isinstance(entry.rows, np.ndarray):
        return entry.rows
    rows = entry.rows.tolist()
    for at, codes in entry.model.schema.levels.items():
        levels = list(codes)
        for row in rows:
            row[at] = levels[int(row[at])]
    return rows


def _time(entry: "Entry") -> str:
    return datetime.fromtimestamp(entry.time, UTC).isoformat().replace("+00:00", "Z")
