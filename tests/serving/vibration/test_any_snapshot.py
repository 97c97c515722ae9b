"""Whatever is sent as a snapshot, the server answers, refuses in one line, and never fails."""

import json

import numpy as np
import pytest
from asgi_calls import ask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_machine import SAMPLES, snapshots
from snapshot_bodies import INFER, PREDICT, binary, make_app, one, tensor

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5))
JSON = st.recursive(
    PLAIN, lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=5), part, max_size=4)
)
SNAPSHOT = snapshots()[0, 0].tolist()


@pytest.fixture(scope="module")
def app(worn):
    return make_app(worn().folder, machines=20)


def check(app, path, body, headers=None):
    reply = ask(app, path, body, headers)
    assert reply.status in {200, 400, 409, 413, 415}, reply.content
    if reply.status != 200:
        assert list(reply.json()) == ["error"] and b"\n" not in reply.content and len(reply.content) < 2000
    else:
        json.loads(reply.content[: int(reply.headers.get(b"inference-header-content-length", len(reply.content)))])


@SETTINGS
@given(body=JSON)
def test_any_json(app, body):
    check(app, PREDICT, json.dumps(body).encode())
    check(app, PREDICT, json.dumps({"instances": body}).encode())
    check(app, PREDICT, json.dumps({"instances": [body]}).encode())
    check(app, INFER, json.dumps({"inputs": body}).encode())


@SETTINGS
@given(
    other=st.dictionaries(
        st.sampled_from(["machine", "sequence", "time", "rate", "reset", "snapshot"]), JSON, max_size=3
    )
)
def test_any_field_of_an_instance(app, other):
    check(app, PREDICT, json.dumps({"instances": [one() | other, one("b")]}).encode())


@SETTINGS
@given(at=st.integers(0, SAMPLES - 1), value=PLAIN, length=st.integers(0, SAMPLES))
def test_any_sample(app, at, value, length):
    values = list(SNAPSHOT)
    values[at] = value
    check(app, PREDICT, json.dumps({"instances": [{"machine": "m", "snapshot": values}]}).encode())
    check(app, PREDICT, json.dumps({"instances": [{"machine": "m", "snapshot": [values[:length]]}]}).encode())


@SETTINGS
@given(
    changes=st.dictionaries(st.sampled_from(["shape", "datatype", "data", "name", "parameters"]), JSON, max_size=2),
    parameters=st.dictionaries(
        st.sampled_from(["machine", "sequence", "time", "rate", "reset", "x"]), JSON, max_size=3
    ),
)
def test_any_tensor(app, changes, parameters):
    body = {"inputs": [tensor(snapshots()) | changes], "parameters": {"machine": "m", **parameters}}
    check(app, INFER, json.dumps(body).encode())


@SETTINGS
@given(raw=st.binary(min_size=4 * SAMPLES, max_size=4 * SAMPLES), datatype=st.sampled_from(["FP32", "INT32", "UINT32"]))
def test_any_bytes(app, raw, datatype):
    check(app, INFER, *binary(("snapshot", datatype, [1, SAMPLES], raw), parameters={"machine": "m"}))


@SETTINGS
@given(values=st.lists(st.floats(width=32), min_size=1, max_size=8), seed=st.integers(0, 9))
def test_any_float(app, values, seed):
    raw = np.random.default_rng(seed).choice(np.array(values, "<f4"), SAMPLES).tobytes()
    check(app, INFER, *binary(("snapshot", "FP32", [1, 1, SAMPLES], raw), parameters={"machine": "m"}))
