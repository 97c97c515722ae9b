"""The requests of each kind, made ready before the run."""

import json
import struct
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from loadtest.checks import LENGTH, Call, refused, v1_check, v2_binary_check, v2_check
from loadtest.rows import Rows, Value
from loadtest.snapshots import SNAPSHOT_KINDS
from loadtest.target import LoadError

VARIANTS = 16  # different requests prepared of each kind
BATCH, BINARY_BATCH, IMAGES = 50, 500, 8


def calls_of(kind: str, rows: Rows, model: str) -> list[Call]:
    """The prepared requests of one kind; raises LoadError for a kind that these rows do not allow."""
    return {**KINDS, **IMAGE_KINDS, **SNAPSHOT_KINDS}[kind](rows, model)


def _v1(kind: str, model: str, instances: Sequence[object]) -> Call:
    body = json.dumps({"instances": instances}).encode()
    return Call(
        kind, f"/v1/models/{model}:predict", body, {"Content-Type": "application/json"}, v1_check(len(instances))
    )


def v1_rows(rows: Rows, model: str) -> list[Call]:
    """V1, one row, as an array."""
    return [_v1("v1 row", model, rows.take(1, i)) for i in range(VARIANTS)]


def v1_named_rows(rows: Rows, model: str) -> list[Call]:
    """Rows as objects; as arrays where nobody told the names."""
    if not rows.named:
        return [_v1("v1 named row", model, rows.take(1, i)) for i in range(VARIANTS)]
    return [_v1("v1 named row", model, rows.as_objects(rows.take(1, i))) for i in range(VARIANTS)]


def v1_batches(rows: Rows, model: str) -> list[Call]:
    """V1, BATCH rows."""
    return [_v1("v1 batch", model, rows.take(BATCH, i)) for i in range(VARIANTS)]


def v2_json_rows(rows: Rows, model: str) -> list[Call]:
    """V2 in JSON, one row."""
    return [_v2("v2 json row", model, _json_tensors(rows, rows.take(1, i)), 1) for i in range(VARIANTS)]


def _v2(kind: str, model: str, inputs: list[dict[str, object]], n: int) -> Call:
    body = json.dumps({"inputs": inputs}).encode()
    return Call(kind, f"/v2/models/{model}/infer", body, {"Content-Type": "application/json"}, v2_check(n))


def _json_tensors(rows: Rows, taken: Sequence[Sequence[Value]]) -> list[dict[str, object]]:
    """One tensor [n, d] of numbers; one tensor [n] a feature where there are categories."""
    n = len(taken)
    if rows.numeric:
        flat = [value for row in taken for value in row]
        return [{"name": rows.tensor, "shape": [n, len(rows.features)], "datatype": "FP64", "data": flat}]
    columns = list(zip(*taken, strict=True))
    return [
        {"name": f.name, "shape": [n], "datatype": "BYTES" if f.is_text else "FP64", "data": list(column)}
        for f, column in zip(rows.features, columns, strict=True)
    ]


def v2_binary_rows(rows: Rows, model: str) -> list[Call]:
    """V2 with binary tensors, one row."""
    return [_binary("v2 binary row", model, rows, rows.take(1, i)) for i in range(VARIANTS)]


def v2_binary_batches(rows: Rows, model: str) -> list[Call]:
    """V2 with binary tensors, BINARY_BATCH rows."""
    return [_binary("v2 binary batch", model, rows, rows.take(BINARY_BATCH, i)) for i in range(4)]


def _binary(kind: str, model: str, rows: Rows, taken: Sequence[Sequence[Value]]) -> Call:
    """The Open Inference Protocol's binary tensor extension, for the inputs and the outputs."""
    inputs, blobs = [], []
    for tensor in _json_tensors(rows, taken):
        blob = _encoded(tensor.pop("data"), tensor["datatype"])
        inputs.append({**tensor, "parameters": {"binary_data_size": len(blob)}})
        blobs.append(blob)
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    headers = {"Content-Type": "application/octet-stream", LENGTH: str(len(head))}
    return Call(kind, f"/v2/models/{model}/infer", head + b"".join(blobs), headers, v2_binary_check(len(taken)))


def _encoded(data: object, datatype: object) -> bytes:
    assert isinstance(data, list)
    if datatype == "BYTES":
        texts = [str(value).encode() for value in data]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return np.asarray(data, dtype="<f8").tobytes()


def bad_input(rows: Rows, model: str) -> list[Call]:
    """What must be answered with 4xx: never scored, never a 5xx."""
    row = list(rows.values[0])
    short, one_null = json.dumps({"instances": [row[:-1]]}), json.dumps({"instances": [[None, *row[1:]]]})
    worded = json.dumps({"instances": [[*row[:-1], "no such value \N{SNOWMAN}"]]})
    tensor = {"name": rows.tensor, "shape": [1, len(row) + 1], "datatype": "FP64", "data": [0.0] * len(row)}
    v1, v2 = f"/v1/models/{model}:predict", f"/v2/models/{model}/infer"
    bodies = [
        (v1, short),
        (v1, one_null),
        (v1, worded),
        (v1, '{"instances": [[1.0, '),
        (v1, '{"rows": [[1.0]]}'),
        (v1, "[]"),
        (v2, json.dumps({"inputs": [tensor]})),
        (v2, '{"inputs": []}'),
        ("/v1/models/no-such-model:predict", '{"instances": [[1.0]]}'),
    ]
    json_type = {"Content-Type": "application/json"}
    return [Call("bad input", path, body.encode(), json_type, refused) for path, body in bodies]


def v1_images(rows: Rows, model: str) -> list[Call]:
    """V1, one image file in base64."""
    return [_v1("v1 image", model, rows.as_objects(rows.take(1, i))) for i in range(VARIANTS)]


def v2_binary_images(rows: Rows, model: str) -> list[Call]:
    """V2 with a binary tensor of IMAGES image files, numbers asked for as bytes."""
    calls = []
    for i in range(4):
        blob = b"".join(_element(b64decode(str(value))) for (value,) in rows.take(IMAGES, i))
        parameters = {"binary_data_size": len(blob)}
        tensor = {"name": rows.tensor, "shape": [IMAGES], "datatype": "BYTES", "parameters": parameters}
        head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
        headers = {"Content-Type": "application/octet-stream", LENGTH: str(len(head))}
        path = f"/v2/models/{model}/infer"
        calls.append(Call("v2 binary images", path, head + blob, headers, v2_binary_check(IMAGES)))
    return calls


def _element(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def bad_images(rows: Rows, model: str) -> list[Call]:
    """What must be answered with 4xx: cut off, no image, no base64, nothing."""
    text = str(rows.values[0][0])
    wrong = [{"b64": text[: len(text) // 8 * 4]}, {"b64": "bm8gaW1hZ2U="}, {"b64": "?"}, {"bytes": text}, [[0.5]], None]
    told = {"Content-Type": "application/json"}
    bodies = [json.dumps({"instances": [one]}).encode() for one in wrong] + [b'{"instances": []}']
    return [Call("bad image", f"/v1/models/{model}:predict", body, told, refused) for body in bodies]


KINDS: Mapping[str, Callable[[Rows, str], list[Call]]] = {
    "v1 row": v1_rows,
    "v1 named row": v1_named_rows,
    "v2 json row": v2_json_rows,
    "v2 binary row": v2_binary_rows,
    "v1 batch": v1_batches,
    "v2 binary batch": v2_binary_batches,
    "bad input": bad_input,
}
IMAGE_KINDS: Mapping[str, Callable[[Rows, str], list[Call]]] = {
    "v1 image": v1_images,
    "v2 binary images": v2_binary_images,
    "bad image": bad_images,
}


def prepare(mix: Mapping[str, float], rows: Rows, model: str) -> tuple[list[list[Call]], np.ndarray]:
    """The calls of each kind, and the kinds' summed-up shares, the last of them 1."""
    known = {**KINDS, **IMAGE_KINDS, **SNAPSHOT_KINDS}
    unknown = sorted(set(mix) - set(known))
    if unknown:
        raise LoadError(f"unknown kinds of requests {unknown}; known: {', '.join(known)}")
    takes = "images" if rows.pictures else "snapshots" if rows.channels else "rows"
    profile, own = {"images": ("images", IMAGE_KINDS), "snapshots": ("vibration", SNAPSHOT_KINDS)}.get(
        takes, ("paper", KINDS)
    )
    if any(kind not in own for kind in mix):
        raise LoadError(f"the model takes {takes}: use a profile such as {profile}")
    shares = np.cumsum(list(mix.values()))
    return [calls_of(kind, rows, model) for kind in mix], shares / shares[-1]
