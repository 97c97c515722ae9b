"""KServe's V1 protocol: {"instances": [...]} in, {"predictions": [{"label", "probability"}, ...]} out."""

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orjson import dumps

from serving.server import jsontext, rows
from serving.server.model import Model
from serving.server.refusals import bad, listed, shown

if TYPE_CHECKING:
    from serving.server.request_log import RequestLog


class Predict:
    """POST /v1/models/NAME:predict of one served version."""

    def __init__(self, model: Model, most_rows: int, log: "RequestLog | None") -> None:
        self._model, self._most, self._log = model, most_rows, log
        self._threshold, self._coded = model.threshold, bool(model.schema.levels)
        self._fault, self._pass = (
            b'{"predictions":[{"label":%b,"probability":' % dumps(label) for label in (model.positive, model.negative)
        )
        self._tail = b'],"model_name":%b,"model_version":%b}' % (dumps(model.name), dumps(model.version))
        self._tail_one = b"}" + self._tail

    def __call__(self, headers: Mapping[bytes, bytes], body: bytes) -> bytes:
        """The answer's JSON."""
        payload = jsontext.read_object(body)
        instances = payload.get("instances")
        if len(payload) != 1 or instances is None:
            raise _wrong_fields(payload)
        if type(instances) is list and len(instances) == 1:
            try:
                return self._one(body, instances)
            except (struct.error, LookupError, TypeError):
                pass  # the careful way knows what is wrong, or fills the gap
        return self._many(body, instances)

    def _one(self, body: bytes, instances: list[Any]) -> bytes:
        row, model = instances[0], self._model
        # a text without these letters and with one colon has no boolean and no second key
        if self._coded or type(row) is not list or b"r" in body or b"l" in body or body.count(b":") != 1:
            keys = 1 + (len(row) if type(row) is dict else 0)
            row = rows.numbers(row, model.schema)
            jsontext.refuse_repeated_keys(body, keys)
        probability = model.score_row(row)
        if self._log is not None:
            self._log.add(model, "v1", None, instances, [probability])
        start = self._fault if probability >= self._threshold else self._pass
        return start + dumps(probability) + self._tail_one

    def _many(self, body: bytes, instances: Any) -> bytes:
        model = self._model
        matrix = rows.matrix(instances, model.schema, self._most)
        keys = matrix.size if type(instances[0]) is dict else 0
        jsontext.refuse_repeated_keys(body, 1 + keys)
        probabilities = model.score(matrix)
        found = probabilities.tolist()
        if self._log is not None:
            self._log.add(model, "v1", None, instances, found)
        pairs = zip(model.labels(probabilities), found, strict=True)
        predictions = dumps([{"label": label, "probability": probability} for label, probability in pairs])
        return b'{"predictions":' + predictions[:-1] + self._tail


def _wrong_fields(payload: dict[str, object]) -> Exception:
    unknown = sorted(payload.keys() - {"instances"})
    if "instances" not in payload:
        got = listed(unknown) if unknown else "an empty object"
        return bad(f'the body has no "instances"; send {{"instances": [row, ...]}}, got {got}')
    if unknown:
        return bad(f'the body has unknown fields {listed(unknown)}; only "instances" is known')
    return bad(f'"instances" must be an array of rows, got {shown(payload["instances"])}')
