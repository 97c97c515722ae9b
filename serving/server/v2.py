"""The Open Inference Protocol (V2): tensors in, the tensors `label` and `probability` out, as JSON or binary."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from orjson import dumps

from serving.server import binary, jsontext, tensors
from serving.server.answers import BINARY, Answer
from serving.server.bodies import HEADER_LENGTH
from serving.server.frames import Frame
from serving.server.model import Model
from serving.server.outputs import OUTPUTS, Wanted, wanted_outputs
from serving.server.refusals import bad, listed, shown

if TYPE_CHECKING:
    from serving.server.request_log import RequestLog

_FIELDS = {"id", "inputs", "outputs", "parameters", "model_name", "model_version"}
_LARGEST_FP32 = float(np.finfo(np.float32).max)
_MOST_KNOWN, _LONGEST_KNOWN = 64, 1024


@dataclass(frozen=True, slots=True)
class _Known:
    """What the JSON before one binary matrix was found to say: how many bytes follow, what they are, what is wanted."""

    size: int
    kind: np.dtype[Any]
    shape: tuple[int, int]
    wanted: Sequence[Wanted]


class Infer:
    """POST /v2/models/NAME/infer of one served version."""

    def __init__(self, model: Model, most_rows: int, log: "RequestLog | None") -> None:
        self._model, self._most, self._log = model, most_rows, log
        self._threshold, self._shape = model.threshold, [1, model.schema.width]
        self._start = b'{"model_name":%b,"model_version":%b' % (dumps(model.name), dumps(model.version))
        self._fault, self._pass = (
            b',"outputs":[{"name":"label","shape":[1],"datatype":"BYTES","data":[%b]},'
            b'{"name":"probability","shape":[1],"datatype":"FP64","data":[' % dumps(label)
            for label in (model.positive, model.negative)
        )
        self._elements = binary.Elements((model.negative, model.positive))
        self._known: dict[bytes, _Known] = {}
        self._frame = Frame()

    def __call__(self, headers: Mapping[bytes, bytes], body: bytes) -> bytes | Answer:
        """The answer: JSON, or binary if any output is asked for as such."""
        length = headers.get(HEADER_LENGTH)
        if length is not None:
            return self._binary(body, binary.head_length(length, len(body)))
        data = self._frame.data(body)
        if data is not None:
            try:
                return self._score_one(None, data)
            except (struct.error, TypeError):
                pass  # the careful way knows what is wrong
        payload = jsontext.read_object(body)
        if len(payload) <= 2 and not self._model.schema.levels:
            try:
                answer = self._one(body, payload)
            except (struct.error, LookupError, TypeError):
                answer = None  # not the commonest kind of request, or something is wrong with it
            if answer is not None:
                return answer
        return self._infer(body, payload, None)

    def _one(self, body: bytes, payload: dict[str, Any]) -> bytes | None:
        """The commonest request: one row as one tensor of numbers, all outputs as JSON; None if it is another."""
        given, inputs = payload.get("id"), payload["inputs"]
        tensor = inputs[0]
        data, shape = tensor["data"], tensor["shape"]
        if (
            len(inputs) != 1
            or len(tensor) != 4
            or len(payload) != (1 if given is None else 2)
            or shape != self._shape
            or (type(shape[0]) is not int or type(shape[1]) is not int)
            or tensor["datatype"] not in ("FP64", "FP32")
            or type(data) is not list
            or type(tensor["name"]) is not str
            or (given is not None and type(given) is not str)
            # as for V1, a text without these letters has no boolean
            or ((b"r" in body or b"l" in body) and bool in set(map(type, data)))
            or (tensor["datatype"] == "FP32" and not max(map(abs, data), default=0) <= _LARGEST_FP32)
        ):
            return None
        if body.count(b":") != len(payload) + 4:
            jsontext.refuse_repeated_keys(body, len(payload) + 4)
        answer = self._score_one(given, data)
        if given is None and tensor["datatype"] == "FP64":
            self._frame.learn(body)
        return answer

    def _score_one(self, given: str | None, data: list[Any]) -> bytes:
        probability = self._model.score_row(data)
        if self._log is not None:
            self._log.add(self._model, "v2", given, [data], [probability])
        outputs = self._fault if probability >= self._threshold else self._pass
        if given is not None:
            outputs = b',"id":' + dumps(given) + outputs
        return self._start + outputs + dumps(probability) + b"]}]}"

    def _binary(self, body: bytes, end: int) -> bytes | Answer:
        text = body[:end]
        known = self._known.get(text)
        if known is None or len(body) - end != known.size:
            return self._infer(text, jsontext.read_object(text, "the JSON before the binary data"), body)
        rows = np.frombuffer(body, known.kind, offset=end).reshape(known.shape)
        return self._scored(None, rows, known.wanted, "v2-binary")

    def _infer(self, text: bytes, payload: dict[str, Any], body: bytes | None) -> bytes | Answer:
        """text: the JSON in front of the binary data in body, if there is a body."""
        given, entries = checked(payload)
        jsontext.refuse_repeated_keys(text, keys_of(payload))
        wanted = wanted_outputs(payload)
        if body is None:
            found = [tensors.from_json(entry, at) for at, entry in enumerate(entries)]
        else:
            found = binary.read_inputs(entries, memoryview(body)[len(text) :])
        matrix = tensors.matrix(found, self._model.schema, self._most)
        if body is not None and given is None:
            self._remember(text, len(body) - len(text), found, wanted)
        return self._scored(given, matrix, wanted, "v2" if body is None else "v2-binary")

    def _remember(self, text: bytes, size: int, found: Sequence[tensors.Tensor], wanted: Sequence[Wanted]) -> None:
        """Most senders repeat the JSON before one matrix: what it says need not be found out again."""
        values = found[0].values
        if len(found) > 1 or isinstance(values, list) or values.nbytes != size or len(text) > _LONGEST_KNOWN:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[text] = _Known(size, values.dtype, (found[0].shape[0], self._model.schema.width), wanted)

    def _scored(self, given: str | None, matrix: np.ndarray, wanted: Sequence[Wanted], protocol: str) -> bytes | Answer:
        probabilities = self._model.score(matrix)
        if self._log is not None:
            self._log.add(self._model, protocol, given, matrix, probabilities.tolist())
        return self._outputs(given, probabilities, wanted)

    def _outputs(self, given: str | None, probabilities: np.ndarray, wanted: Sequence[Wanted]) -> bytes | Answer:
        outputs, raw = [], []
        for name, as_bytes in wanted:
            output: dict[str, Any] = {"name": name, "shape": [len(probabilities)], "datatype": OUTPUTS[name]}
            if as_bytes:
                raw.append(self._raw(name, probabilities))
                output["parameters"] = {"binary_data_size": len(raw[-1])}
            else:
                output["data"] = probabilities.tolist() if name == "probability" else self._model.labels(probabilities)
            outputs.append(output)
        id_ = b"" if given is None else b',"id":' + dumps(given)
        text = self._start + id_ + b',"outputs":' + dumps(outputs) + b"}"
        if not raw:
            return text
        return Answer(b"".join([text, *raw]), 200, BINARY, ((HEADER_LENGTH, b"%d" % len(text)),))

    def _raw(self, name: str, probabilities: np.ndarray) -> bytes:
        if name == "probability":
            return probabilities.astype("<f8", copy=False).tobytes()
        return self._elements.chosen(probabilities >= self._threshold)


def checked(payload: dict[str, Any]) -> tuple[str | None, list[Any]]:
    """The id and the entries of the inputs; a 400 for unknown fields and values of another kind."""
    unknown = sorted(payload.keys() - _FIELDS)
    if unknown:
        raise bad(f"the body has unknown fields {listed(unknown)}; known are {', '.join(sorted(_FIELDS))}")
    given, entries = payload.get("id"), payload.get("inputs")
    if given is not None and type(given) is not str:
        raise bad(f"id must be a string, got {shown(given)}")
    if type(entries) is not list:
        got = shown(entries) if "inputs" in payload else "none"
        raise bad(f"inputs must be an array of tensors (name, shape, datatype, data), got {got}")
    return given, entries


def keys_of(payload: dict[str, Any]) -> int:
    """How many keys the objects outside the tensors' data have."""
    keys, waiting = 0, [payload]
    while waiting:
        value: Any = waiting.pop()
        if type(value) is dict:
            keys += len(value)
            waiting += [of for name, of in value.items() if name != "data" and type(of) in (dict, list)]
        else:
            waiting += [of for of in value if type(of) in (dict, list)]
    return keys
