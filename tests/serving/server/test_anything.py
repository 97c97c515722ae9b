"""Whatever is sent, the app answers, refuses in one line, and never fails."""

import json

import pytest
from asgi_calls import ask, make_app, tensor
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

PATHS = ["/v1/models/press:predict", "/v2/models/press/infer"]
ACCEPTED = {200, 400, 404, 405, 413, 415}
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["tin", "FP64", "BYTES", "INT8", "label", "x0", "x1", "c0", "binary_data_size", 24, 3, 1]),
)
KEYS = st.one_of(
    st.sampled_from(
        ["instances", "inputs", "outputs", "id", "parameters", "name", "shape", "datatype", "data", "x0", "x1", "c0"]
    ),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


@pytest.fixture(params=["refuse", "fill"])
def mixed(request, mixed_folder):
    return make_app(mixed_folder, missing=request.param, max_rows=20, max_body=2000)


def check(app, path, body, headers=None, method="POST", parts=None):
    reply = ask(app, path, body, headers, method, parts)
    assert reply.status in ACCEPTED, reply.content
    if method != "HEAD" and reply.status != 200:
        assert list(reply.json()) == ["error"] and b"\n" not in reply.content and len(reply.content) < 2000
    return reply.status


@SETTINGS
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=300))
def test_any_bytes(mixed, path, body):
    check(mixed, path, body)


@SETTINGS
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_any_json(mixed, path, value):
    check(mixed, path, json.dumps(value).encode())


@SETTINGS
@given(value=st.fixed_dictionaries({"instances": VALUES}))
def test_any_instances(mixed, value):
    check(mixed, PATHS[0], json.dumps(value).encode())


ENTRIES = st.fixed_dictionaries(
    {
        "name": st.one_of(st.sampled_from(["x0", "x1", "c0", "m"]), SCALARS),
        "shape": st.one_of(st.lists(st.integers(-1, 4), max_size=3), VALUES),
        "datatype": st.one_of(st.sampled_from(["FP64", "FP32", "BYTES", "INT8"]), SCALARS),
    },
    optional={
        "data": st.one_of(st.lists(SCALARS, max_size=6), VALUES),
        "parameters": st.one_of(
            st.fixed_dictionaries({"binary_data_size": st.one_of(st.integers(-1, 40), SCALARS)}), VALUES
        ),
    },
)
V2 = st.fixed_dictionaries(
    {"inputs": st.lists(ENTRIES, max_size=4)}, optional={"id": SCALARS, "outputs": VALUES, "parameters": VALUES}
)


@SETTINGS
@given(value=V2)
def test_any_tensors(mixed, value):
    check(mixed, PATHS[1], json.dumps(value).encode())


@SETTINGS
@given(value=V2, tail=st.binary(max_size=60), off=st.integers(-3, 3))
def test_any_binary_data(mixed, value, tail, off):
    text = json.dumps(value).encode()
    check(mixed, PATHS[1], text + tail, [(b"inference-header-content-length", str(len(text) + off).encode())])


@SETTINGS
@given(data=st.data(), path=st.sampled_from(PATHS))
def test_a_good_request_with_some_bytes_changed(mixed, data, path):
    inputs = [tensor([[0.1]], "x0"), tensor([[0.2]], "x1"), tensor([["tin"]], "c0", "BYTES")]
    text = bytearray(
        json.dumps({"instances": [[0.1, 0.2, "tin"]]} if path == PATHS[0] else {"inputs": inputs}).encode()
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    check(mixed, path, bytes(text))


NAMES = st.one_of(
    st.sampled_from(
        [
            b"content-type",
            b"content-encoding",
            b"transfer-encoding",
            b"content-length",
            b"expect",
            b"inference-header-content-length",
        ]
    ),
    st.binary(max_size=10),
)
HEADERS = st.lists(
    st.tuples(
        NAMES,
        st.one_of(
            st.sampled_from([b"application/json", b"application/octet-stream", b"5", b"chunked"]),
            st.binary(max_size=12),
        ),
    ),
    max_size=5,
)


@SETTINGS
@given(
    path=st.one_of(
        st.sampled_from([*PATHS, "/", "/metrics", "/v1/models", "/v2/models/press/versions/1/ready"]),
        st.text(max_size=30),
    ),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "X"]),
    headers=HEADERS,
    body=st.binary(max_size=50),
)
@example(path="/v2/models/press/versions", method="GET", headers=[], body=b"")
@example(path="/v2/models/", method="GET", headers=[], body=b"")
def test_any_head(mixed, path, method, headers, body):
    check(mixed, path, body, headers, method)


@SETTINGS
@given(parts=st.lists(st.binary(max_size=900), min_size=1, max_size=8))
def test_any_parts(mixed, parts):
    status = check(mixed, PATHS[0], None, parts=parts)
    assert (status == 413) == (sum(map(len, parts)) > 2000)
