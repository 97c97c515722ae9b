"""V2 for vibration: the tensor `snapshot`, [n, samples] or [n, channels, samples], and what belongs to each snapshot.

That is `machine` (BYTES [n]), `sequence` (INT64 [n]) and `time` (FP64 [n]) as tensors, or as parameters of the request
where they are the same for all; `rate` and `reset` are parameters.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from orjson import OPT_SERIALIZE_NUMPY, dumps

from serving.server import binary, jsontext
from serving.server.answers import BINARY, Answer
from serving.server.bodies import HEADER_LENGTH
from serving.server.kinds import Content
from serving.server.outputs import Wanted, wanted_outputs
from serving.server.refusals import bad, listed, shown
from serving.server.tensors import NUMBERS, Tensor, from_json, short
from serving.server.v2 import checked, keys_of
from serving.server.vibration.handlers import Asked, Judging
from serving.server.vibration.instances import check_counts, instance
from serving.server.vibration.model import Found, Instance

SNAPSHOT, MACHINE, SEQUENCE, TIME = "snapshot", "machine", "sequence", "time"
OUTPUTS = {
    "indicator": "FP64",
    "degree": "FP64",
    "state": "BYTES",
    "onset": "BOOL",
    "since": "INT64",
    "alarm": "INT64",
    "filled": "INT64",
}
"""Datatypes of what is answered, each of shape [n]; since and alarm are -1 where there is no onset."""
_PARAMETERS = (MACHINE, SEQUENCE, TIME, "rate", "reset")
_ACCEPTED = "[n, samples] or [n, channels, samples] for the snapshots, [n] or [n, 1] for others"
_RANKS = dict.fromkeys(("BYTES", *NUMBERS), (1, 2, 3))
_BINARY = {"FP64": "<f8", "INT64": "<i8", "BOOL": "?"}


class Infer(Judging):
    """POST /v2/models/NAME/infer of one served version."""

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The tensors; a Refusal for what is not accepted."""
        length = headers.get(HEADER_LENGTH)
        if length is None:
            return self._asked(body, jsontext.read_object(body), None)
        end = binary.head_length(length, len(body))
        payload = jsontext.read_object(body[:end], "the JSON before the binary data")
        return self._asked(body[:end], payload, memoryview(body)[end:])

    def _asked(self, text: bytes, payload: dict[str, Any], tail: memoryview | None) -> Asked:
        given, entries = checked(payload)
        jsontext.refuse_repeated_keys(text, keys_of(payload))
        wanted = wanted_outputs(payload, OUTPUTS)
        if tail is None:
            found = [from_json(entry, at, _RANKS, _ACCEPTED) for at, entry in enumerate(entries)]
        else:
            found = binary.read_inputs(entries, tail, _RANKS, _ACCEPTED)
        parameters = payload.get("parameters") or {}
        told = {name: parameters[name] for name in _PARAMETERS if parameters.get(name) is not None}
        protocol = "v2" if tail is None else "v2-binary"
        return Asked(self._instances(found, told), lambda found: self._told(found, given, wanted), protocol, given)

    def _instances(self, tensors: Sequence[Tensor], told: Mapping[str, Any]) -> list[Instance]:
        known = {tensor.name: tensor for tensor in tensors}
        unknown = [tensor.name for tensor in tensors if tensor.name not in (SNAPSHOT, MACHINE, SEQUENCE, TIME)]
        if unknown or len(known) < len(tensors) or SNAPSHOT not in known:
            raise bad(
                f"inputs must be {SNAPSHOT!r}, and may be {MACHINE!r}, {SEQUENCE!r} and {TIME!r}, each once; "
                f"got {listed([tensor.name for tensor in tensors])}"
            )
        snapshots = self._snapshots(known.pop(SNAPSHOT))
        n = len(snapshots)
        both = sorted(known.keys() & told.keys())
        if both:
            raise bad(f"{shown(both[0])} is a tensor and a parameter; send one of them")
        if n > 1 and told.get("reset"):
            raise bad(f"the parameter 'reset' is for one snapshot, there are {n}; send the first alone")
        columns = {name: _column(tensor, n) for name, tensor in known.items()}
        sent = [{**told, **{name: values[at] for name, values in columns.items()}} for at in range(n)]
        found = [
            instance(own.get(MACHINE), snapshot, own, self._model.form, f"inputs, snapshot {at}")
            for at, (snapshot, own) in enumerate(zip(snapshots, sent, strict=True))
        ]
        check_counts([one.machine for one in found], self._limits.snapshots)
        return found

    def _snapshots(self, tensor: Tensor) -> np.ndarray:
        """(n, c, t) of any number type."""
        channels, samples = self._model.form.shape
        shapes = ([channels, samples], [samples] if channels == 1 else None)
        if isinstance(tensor.values, list) or list(tensor.shape[1:]) not in shapes:
            first = "" if channels > 1 else f"[n, {samples}] or "
            raise bad(
                f"input {SNAPSHOT!r} is {tensor.datatype} {short(list(tensor.shape))}; numbers of shape "
                f"{first}[n, {channels}, {samples}] are needed"
            )
        check_counts(tensor.shape[0], self._limits.snapshots)
        return tensor.values.reshape(-1, channels, samples)

    def _told(self, found: Found, given: str | None, wanted: list[Wanted]) -> Content:
        outputs, raw = [], []
        for name, as_bytes in wanted:
            values = _values(name, found)
            output: dict[str, Any] = {"name": name, "shape": [len(values)], "datatype": OUTPUTS[name]}
            if as_bytes:
                raw.append(_raw(values, OUTPUTS[name]))
                output["parameters"] = {"binary_data_size": len(raw[-1])}
            else:
                output["data"] = values
            outputs.append(output)
        id_ = {} if given is None else {"id": given}
        answer = {"model_name": self._model.name, "model_version": self._model.version, **id_, "outputs": outputs}
        text = dumps(answer, option=OPT_SERIALIZE_NUMPY)
        if not raw:
            return text
        return Answer(b"".join([text, *raw]), 200, BINARY, ((HEADER_LENGTH, b"%d" % len(text)),))


def _column(tensor: Tensor, n: int) -> list[Any]:
    """The n values of a tensor that belongs to the snapshots; whole numbers as such."""
    if prod(tensor.shape) != n or tensor.shape[0] != n:
        shape = short(list(tensor.shape))
        raise bad(f"input {shown(tensor.name)} has shape {shape}; [{n}] or [{n}, 1] is needed, one a snapshot")
    if isinstance(tensor.values, list) != (tensor.name == MACHINE):
        needed = {MACHINE: "BYTES", SEQUENCE: "INT64", TIME: "FP64"}[tensor.name]
        raise bad(f"input {shown(tensor.name)} is {tensor.datatype}; send it as {needed}")
    if isinstance(tensor.values, list):
        return tensor.values
    values = tensor.values.tolist()
    if tensor.name == SEQUENCE:
        return [int(value) if value.is_integer() else value for value in map(float, values)]
    return [None if value != value else float(value) for value in values]


def _values(name: str, found: Found) -> list[Any]:
    if name in ("since", "alarm"):
        places = [getattr(verdict, name) for verdict in found.verdicts]
        return [-1 if place is None else place.snapshot for place in places]
    return [getattr(verdict, name) for verdict in found.verdicts]


def _raw(values: list[Any], datatype: str) -> bytes:
    if datatype == "BYTES":
        texts = [text.encode("utf-8") for text in values]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return np.array(values, dtype=_BINARY[datatype]).tobytes()
