"""V1 for vibration: {"instances": [{"machine", "snapshot", "sequence", "time", "rate", "reset"}, ...]}."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from orjson import dumps

from serving.server import jsontext
from serving.server.refusals import bad, listed, shown
from serving.server.vibration.handlers import Asked, Judging, predictions
from serving.server.vibration.instances import check_counts, instance
from serving.server.vibration.model import Found, Instance

FIELDS = ("machine", "snapshot", "sequence", "time", "rate", "reset")


class Predict(Judging):
    """POST /v1/models/NAME:predict of one served version."""

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The instances; a Refusal for what is not accepted."""
        payload = jsontext.read_object(body)
        unknown = sorted(payload.keys() - {"instances"})
        if unknown or "instances" not in payload:
            raise bad(f'send {{"instances": [snapshot, ...]}} and nothing else, got {listed(unknown or ["{}"])}')
        instances = payload["instances"]
        if type(instances) is not list:
            raise bad(f'"instances" must be an array of snapshots, got {shown(instances)}')
        check_counts(len(instances), self._limits.snapshots)
        found = [self._instance(one, f"instances[{at}]") for at, one in enumerate(instances)]
        jsontext.refuse_repeated_keys(body, 1 + sum(map(len, instances)))
        check_counts([one.machine for one in found], self._limits.snapshots)
        return Asked(found, self._told, "v1")

    def _instance(self, one: Any, where: str) -> Instance:
        if type(one) is not dict:
            raise bad(
                f'{where} must be an object such as {{"machine": "press-7", "snapshot": [...]}}, got {shown(one)}'
            )
        unknown = sorted(one.keys() - set(FIELDS))
        if unknown:
            raise bad(f"{where} has unknown fields {listed(unknown)}; known are {', '.join(FIELDS)}")
        if "snapshot" not in one:
            raise bad(f"{where} has no snapshot; the model takes {self._model.form.says()}")
        samples = _samples(one["snapshot"], self._model.form.shape, f"{where}.snapshot")
        sent = {name: one[name] for name in FIELDS[2:] if one.get(name) is not None}
        return instance(one.get("machine"), samples, sent, self._model.form, where)

    def _told(self, found: Found) -> bytes:
        model = self._model
        return dumps({"predictions": predictions(found), "model_name": model.name, "model_version": model.version})


def _samples(value: Any, shape: tuple[int, int], where: str) -> np.ndarray:
    """(c, t) float64 of an array of numbers, or of one array of numbers a channel; a 400 for anything else."""
    if type(value) is not list:
        raise bad(f"{where} must be an array of numbers, got {shown(value)}")
    channels, samples = shape
    rows = value if value and type(value[0]) is list else [value]
    if len(rows) != channels:
        raise bad(f"{where} has {len(rows)} channels; the model takes {channels} of {samples} samples")
    for at, row in enumerate(rows):
        here = where if rows[0] is value else f"{where}[{at}]"
        if type(row) is not list or len(row) != samples:
            got = len(row) if type(row) is list else shown(row)
            raise bad(f"{here} has {got} samples; the model takes {samples}")
        if not set(map(type, row)) <= {int, float}:
            wrong = next(i for i, one in enumerate(row) if type(one) not in (int, float))
            raise bad(f"{here}[{wrong}] is {shown(row[wrong])}; a sample is a number")
    return np.array(rows, dtype=np.float64)
