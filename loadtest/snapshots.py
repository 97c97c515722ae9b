"""Snapshots of machines to send to a model of vibration: made for the shape that its metadata tells."""

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from loadtest.checks import LENGTH, Call, refused, v1_check, v2_binary_check
from loadtest.rows import Rows

MACHINES = 20
"""They send in turn; without sequences, so that each snapshot is a new one however often it is sent."""


def drawn(shape: tuple[int, int], seed: int = 0) -> tuple[tuple[float, ...], ...]:
    """Tones in noise, one snapshot of `shape` (channels, samples) a machine, flat."""
    rng = np.random.default_rng(seed)
    tones = np.sin(0.05 * np.arange(shape[1]) + rng.uniform(0, 6, (MACHINES, shape[0], 1)))
    noisy = tones + rng.normal(0, 0.4, tones.shape)
    return tuple(tuple(one.ravel().round(5).tolist()) for one in noisy)


def v1_snapshots(rows: Rows, model: str) -> list[Call]:
    """V1, one snapshot."""
    told = {"Content-Type": "application/json"}
    bodies = [json.dumps({"instances": [_instance(rows, at)]}).encode() for at in range(MACHINES)]
    return [Call("v1 snapshot", f"/v1/models/{model}:predict", body, told, v1_check(1)) for body in bodies]


def v2_binary_snapshots(rows: Rows, model: str) -> list[Call]:
    """V2, one snapshot as a binary tensor."""
    calls = []
    for at in range(MACHINES):
        [flat] = rows.take(1, at)
        blob = np.asarray(flat, dtype="<f4").tobytes()
        shape = [1, rows.channels, len(flat) // rows.channels]
        tensor = {
            "name": rows.tensor,
            "shape": shape,
            "datatype": "FP32",
            "parameters": {"binary_data_size": len(blob)},
        }
        head = json.dumps({"inputs": [tensor], "parameters": {"machine": f"machine-{at}"}}).encode()
        headers = {"Content-Type": "application/octet-stream", LENGTH: str(len(head))}
        calls.append(Call("v2 binary snapshot", f"/v2/models/{model}/infer", head + blob, headers, v2_binary_check(1)))
    return calls


def bad_snapshots(rows: Rows, model: str) -> list[Call]:
    """What must be answered with 4xx: cut off, silent, of no machine, with gaps, of tensors of another size."""
    good, told = _instance(rows, 0), {"Content-Type": "application/json"}
    samples = good["snapshot"]
    wrong: list[Any] = [
        {**good, "snapshot": samples[:-1]},
        {**good, "snapshot": np.zeros_like(samples).tolist()},
        {"snapshot": samples},
        {**good, "snapshot": [None, *samples[1:]]},
        {**good, "rate": 1},
        {**good, "machine": "no such name \N{SNOWMAN}"},
        None,
    ]
    v1, v2 = f"/v1/models/{model}:predict", f"/v2/models/{model}/infer"
    bodies = [(v1, json.dumps({"instances": [one]}).encode()) for one in wrong]
    bodies += [(v1, b'{"instances": []}'), (v2, b'{"inputs": []}'), (v2, struct.pack("<I", 7))]
    return [Call("bad snapshot", path, body, told, refused) for path, body in bodies]


def _instance(rows: Rows, at: int) -> dict[str, Any]:
    [flat] = rows.take(1, at)
    channels = np.reshape(flat, (rows.channels, -1)).tolist()
    return {"machine": f"machine-{at}", "snapshot": channels[0] if rows.channels == 1 else channels}


SNAPSHOT_KINDS: Mapping[str, Callable[[Rows, str], list[Call]]] = {
    "v1 snapshot": v1_snapshots,
    "v2 binary snapshot": v2_binary_snapshots,
    "bad snapshot": bad_snapshots,
}
