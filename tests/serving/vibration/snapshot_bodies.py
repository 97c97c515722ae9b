"""Requests of snapshots."""

import asyncio
import json

import numpy as np
from asgi_calls import ask
from small_machine import snapshots

from serving.server.app import App
from serving.server.limits import Limits
from serving.server.reloading import apply
from serving.server.repository import Repository
from serving.server.states import States, look

PREDICT, INFER = "/v1/models/press:predict", "/v2/models/press/infer"
HEADER = b"inference-header-content-length"


def make_app(folder, state="memory", machines=100, **limits):
    app = App(4 << 20, Limits(**limits), States(state, machines))
    apply(Repository(folder, "", "refuse").look(final=True), app)
    return app


def one(machine="press-7", seed=0, worn=0.0, **other):
    """A V1 instance."""
    return {"machine": machine, "snapshot": snapshots(seed=seed, worn=worn)[0, 0].tolist(), **other}


def predict(app, *instances):
    return ask(app, PREDICT, {"instances": list(instances)})


def told(reply):
    assert reply.status == 200, reply.content
    return reply.json()["predictions"]


def refused(reply, status=400):
    assert reply.status == status, reply.content
    [(name, text)] = reply.json().items()
    assert name == "error" and "\n" not in text
    return text


def tensor(values, name="snapshot", datatype="FP32"):
    """A V2 input in JSON."""
    values = np.asarray(values)
    return {"name": name, "shape": list(values.shape), "datatype": datatype, "data": values.ravel().tolist()}


def binary(*tensors, **other):
    """Body and headers of a V2 request whose tensors (name, datatype, shape, bytes) follow the JSON."""
    inputs = [
        {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(raw)}}
        for name, datatype, shape, raw in tensors
    ]
    head = json.dumps({"inputs": inputs, **other}).encode()
    return head + b"".join(raw for *_, raw in tensors), [(HEADER, b"%d" % len(head))]


def metrics(app):
    """What GET /metrics tells, by name and labels without the model's, once the store was looked at."""
    asyncio.run(look(app))
    found = {}
    for line in ask(app, "/metrics").content.decode().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name.replace('model="press",', "").replace('{model="press"}', "")] = float(value)
    return found
