"""V2 for images: one tensor of pixels, UINT8 [n, channels, height, width], or of encoded images, BYTES [n]."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from orjson import OPT_SERIALIZE_NUMPY, dumps

from serving.server import binary, jsontext
from serving.server.answers import BINARY, Answer
from serving.server.bodies import HEADER_LENGTH
from serving.server.images.batches import Batch, Encoded, Pixels
from serving.server.images.handlers import Asked, Looking
from serving.server.images.model import Found, ImageModel
from serving.server.images.v1 import decoded, whole_numbers
from serving.server.kinds import Content, Context
from serving.server.outputs import Wanted, wanted_outputs
from serving.server.refusals import bad, counted, shown
from serving.server.tensors import head, short
from serving.server.v2 import checked, keys_of

TENSOR = "images"
_RANKS = {"UINT8": (4,), "BYTES": (1, 2)}


def outputs_of(model: ImageModel) -> dict[str, str]:
    """Datatype by name of what a model answers."""
    found = {"label": "BYTES", "probability": "FP32", "probabilities": "FP32"}
    return found | ({"defect_probability": "FP32"} if model.background else {})


class Infer(Looking):
    """POST /v2/models/NAME/infer of one served version."""

    def __init__(self, model: ImageModel, context: Context) -> None:
        super().__init__(model, context)
        self._outputs = outputs_of(model)

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The tensor; a Refusal for what is not accepted."""
        length = headers.get(HEADER_LENGTH)
        if length is None:
            return self._asked(body, jsontext.read_object(body), None)
        end = binary.head_length(length, len(body))
        payload = jsontext.read_object(body[:end], "the JSON before the binary data")
        return self._asked(body[:end], payload, memoryview(body)[end:])

    def _asked(self, text: bytes, payload: dict[str, Any], tail: memoryview | None) -> Asked:
        given, entries = checked(payload)
        jsontext.refuse_repeated_keys(text, keys_of(payload))
        wanted = wanted_outputs(payload, self._outputs)
        if len(entries) != 1:
            raise bad(f"inputs must hold one tensor, {self._accepted()}; got {len(entries)}")
        batch = self._batch(entries[0], memoryview(b"") if tail is None else tail)
        protocol = "v2" if tail is None else "v2-binary"
        return Asked(batch, lambda found: self._told(found, given, wanted), protocol, given)

    def _batch(self, entry: Any, tail: memoryview) -> Batch:
        _, datatype, shape = head(entry, 0, _RANKS, self._accepted())
        size = binary.binary_size(entry, 0)
        if size is None and "data" not in entry:
            raise bad("inputs[0] has no data; send it as JSON, or binary with parameters.binary_data_size")
        if (size or 0) != len(tail):
            raise bad(f"inputs[0] has binary_data_size {size or 0}, but {counted(len(tail), 'byte')} follow the JSON")
        if datatype == "UINT8":
            return self._tensor(entry.get("data"), shape, None if size is None else tail)
        if len(shape) == 2 and shape[1] != 1:
            raise bad(f"inputs[0].shape must be [n] or [n, 1] for BYTES, got {short(list(shape))}")
        raw = _encoded(entry["data"]) if size is None else binary.elements(tail, prod(shape), "inputs[0]")
        if len(raw) != prod(shape):
            raise bad(f"inputs[0].data has {counted(len(raw), 'image')}, its shape needs another number")
        return Encoded([bytes(one) for one in raw], _where, self._limits)

    def _tensor(self, data: Any, shape: tuple[int, ...], raw: memoryview | None) -> Batch:
        if shape[1] not in (1, 3):
            raise bad(f"inputs[0].shape must be [n, 1 or 3, height, width], got {short(list(shape))}")
        flat = np.frombuffer(raw, dtype=np.uint8) if raw is not None else whole_numbers(_flat(data), "inputs[0].data")
        if len(flat) != prod(shape):
            raise bad(f"inputs[0] has {counted(len(flat), 'value')}; shape {short(list(shape))} needs another number")
        return Pixels(flat.reshape(shape), _where, self._limits)

    def _accepted(self) -> str:
        channels, height, width = self._model.preparation.shape
        return f"UINT8 [n, {channels}, {height}, {width}] or BYTES [n] of PNG or JPEG files"

    def _told(self, found: Found, given: str | None, wanted: list[Wanted]) -> Content:
        outputs, raw = [], []
        for name, as_bytes in wanted:
            values = self._values(name, found)
            shape = list(values.shape) if isinstance(values, np.ndarray) else [len(values)]
            output: dict[str, Any] = {"name": name, "shape": shape, "datatype": self._outputs[name]}
            if as_bytes:
                raw.append(_raw(values))
                output["parameters"] = {"binary_data_size": len(raw[-1])}
            else:
                output["data"] = values.ravel() if isinstance(values, np.ndarray) else values
            outputs.append(output)
        id_ = {} if given is None else {"id": given}
        answer = {"model_name": self._model.name, "model_version": self._model.version, **id_, "outputs": outputs}
        text = dumps(answer, option=OPT_SERIALIZE_NUMPY)
        if not raw:
            return text
        return Answer(b"".join([text, *raw]), 200, BINARY, ((HEADER_LENGTH, b"%d" % len(text)),))

    def _values(self, name: str, found: Found) -> list[str] | np.ndarray:
        if name == "label":
            return self._model.labels(found.codes)
        values = {
            "probability": found.confidence,
            "probabilities": found.probabilities,
            "defect_probability": found.defect,
        }[name]
        assert values is not None
        return np.ascontiguousarray(values)


def _where(at: int) -> str:
    return f"inputs[0], image {at},"


def _encoded(data: Any) -> list[bytes]:
    """The files in JSON data: base64 texts, flat or one a row."""
    if type(data) is not list:
        raise bad(f"inputs[0].data must be an array, got {shown(data)}")
    flat = [one[0] if type(one) is list and len(one) == 1 else one for one in data]
    return [decoded(text, _where(at)) for at, text in enumerate(flat)]


def _flat(data: Any) -> list[Any]:
    """Nested arrays of at most four levels as one."""
    if type(data) is not list:
        raise bad(f"inputs[0].data must be an array, got {shown(data)}")
    flat: list[Any] = data
    for _ in range(3):
        if not flat or type(flat[0]) is not list:
            break
        if any(type(part) is not list for part in flat):
            raise bad("inputs[0].data must be nested as its shape says, or flat")
        flat = [value for part in flat for value in part]
    return flat


def _raw(values: list[str] | np.ndarray) -> bytes:
    if isinstance(values, np.ndarray):
        return values.astype("<f4", copy=False).tobytes()
    texts = [text.encode("utf-8") for text in values]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
