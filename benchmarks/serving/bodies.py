"""Requests as they go over the wire, and the answers they must have."""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.serving.models import NAME, Made

TENSOR = "input-0"
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Request:
    """wire: head and body; probabilities: of a fault, that the answer must hold."""

    wire: bytes
    probabilities: np.ndarray


def on_the_wire(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def v1(made: Made, start: int, n: int) -> Request:
    rows = made.rows[start : start + n]
    body = json.dumps({"instances": rows.tolist()}, separators=(",", ":")).encode()
    wire = on_the_wire(f"/v1/models/{NAME}:predict", body, "content-type: application/json")
    return Request(wire, made.probabilities[start : start + n])


def v2_json(made: Made, start: int, n: int) -> Request:
    rows = made.rows[start : start + n]
    tensor = {"name": TENSOR, "shape": list(rows.shape), "datatype": "FP64", "data": rows.ravel().tolist()}
    body = json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode()
    wire = on_the_wire(f"/v2/models/{NAME}/infer", body, "content-type: application/json")
    return Request(wire, made.probabilities[start : start + n])


def v2_binary(made: Made, start: int, n: int) -> Request:
    """Inputs and outputs as binary tensors."""
    rows = np.ascontiguousarray(made.rows[start : start + n], dtype="<f8")
    tensor = {
        "name": TENSOR,
        "shape": list(rows.shape),
        "datatype": "FP64",
        "parameters": {"binary_data_size": rows.nbytes},
    }
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}, separators=(",", ":")).encode()
    lengths = ("content-type: application/octet-stream", f"inference-header-content-length: {len(head)}")
    wire = on_the_wire(f"/v2/models/{NAME}/infer", head + rows.tobytes(), *lengths)
    return Request(wire, made.probabilities[start : start + n])


FORMS: dict[str, Callable[[Made, int, int], Request]] = {"V1": v1, "V2 JSON": v2_json, "V2 binary": v2_binary}


def answered(head: bytes, body: bytes) -> np.ndarray:
    """The probabilities in an answer of any of the contestants, (n,); raises ValueError when there are none."""
    length = _header(head, b"inference-header-content-length")
    told = json.loads(body if length is None else body[: int(length)])
    if "predictions" in told:
        return np.array([p["probability"] if isinstance(p, dict) else p for p in told["predictions"]])
    blob = b"" if length is None else body[int(length) :]
    for output in told.get("outputs", ()):
        size = output.get("parameters", {}).get("binary_data_size")
        if output["name"] == "probability":
            return np.array(output["data"]) if size is None else np.frombuffer(blob[:size], "<f8")
        blob = blob[size or 0 :]
    raise ValueError(f"no probabilities in {body[:200]!r}")


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def check(request: Request, head: bytes, body: bytes) -> None:
    """Raises RuntimeError unless the answer is a 200 with the right probabilities."""
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"not a 200: {head[:60]!r} {body[:300]!r}")
    found = answered(head, body)
    if found.shape != request.probabilities.shape or np.abs(found - request.probabilities).max() > TOLERANCE:
        raise RuntimeError(f"wrong probabilities: {found[:3]}, not {request.probabilities[:3]}")


def plan(requests: Sequence[Request], answers: Sequence[Sequence[bytes]]) -> list[dict[str, object]]:
    """The requests and their accepted bodies as the client reads them."""
    return [
        {"request": b64encode(request.wire).decode(), "answers": [b64encode(body).decode() for body in bodies]}
        for request, bodies in zip(requests, answers, strict=True)
    ]
