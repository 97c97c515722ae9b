"""Requests that are refused: each with its status and one line that names the cause and what is accepted."""

import json
import struct

import pytest
from asgi_calls import JSON, ask, make_app, tensor

GOOD = {"instances": [[0.1, 0.2, 0.3]]}
PREDICT, INFER = "/v1/models/press:predict", "/v2/models/press/infer"
DEEP = b"[" * 5000 + b"]" * 5000


def v1(row_or_rows, whole=False):
    return {"instances": row_or_rows if whole else [row_or_rows]}


def v2(**changes):
    return {"inputs": [{**tensor([[0.1, 0.2, 0.3]]), **changes}]}


V1 = {
    "too few values": (v1([0.1, 0.2]), "2 values"),
    "too many values": (v1([0.1, 0.2, 0.3, 0.4]), "4 values"),
    "no values": (v1([]), "0 values"),
    "ragged rows": (v1([[0.1, 0.2, 0.3], [0.1]], whole=True), "instances[1] has 1 value"),
    "null": (v1([0.1, None, 0.3]), "'x1'"),
    "string": (v1([0.1, "0.2", 0.3]), "'0.2'"),
    "boolean": (v1([0.1, True, 0.3]), "true"),
    "only booleans": (v1([True, False, True]), "true"),
    "boolean in a batch": (v1([[0.1, 0.2, 0.3], [0.1, 0.2, False]], whole=True), "false"),
    "nested row": (v1([[0.1, 0.2, 0.3]]), "1 value"),
    "object as value": (v1([0.1, {}, 0.3]), "an object"),
    "NaN": (b'{"instances": [[0.1, NaN, 0.3]]}', "not JSON"),
    "Infinity": (b'{"instances": [[0.1, Infinity, 0.3]]}', "not JSON"),
    "minus Infinity": (b'{"instances": [[0.1, -Infinity, 0.3]]}', "not JSON"),
    "1e400": (b'{"instances": [[0.1, 1e400, 0.3]]}', "infinity"),
    "an integer of 400 digits": (b'{"instances": [[0.1, 1' + b"0" * 400 + b", 0.3]]}", "infinity"),
    "nested too deep": (b'{"instances": ' + DEEP + b"}", "depth"),
    "deep and closed early": (b'{"instances": ' + b"[" * 900 + b"]" * 900 + b"}", "1 value"),
    "truncated": (b'{"instances": [[0.1, 0.2', "not JSON"),
    "trailing text": (b'{"instances": [[0.1, 0.2, 0.3]]} x', "not JSON"),
    "trailing comma": (b'{"instances": [[0.1, 0.2, 0.3,]]}', "not JSON"),
    "single quotes": (b"{'instances': [[0.1, 0.2, 0.3]]}", "not JSON"),
    "byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "BOM"),
    "not UTF-8": (b'{"instances": [[0.1, "\xff", 0.3]]}', "UTF-8"),
    "UTF-16": (json.dumps(GOOD).encode("utf-16"), "not JSON"),
    "half a surrogate pair": (b'{"instances": [["\\ud800", 0.2, 0.3]]}', "surrogate"),
    "NUL bytes": (b"\0" * 50, "not JSON"),
    "empty": (b"", "not JSON"),
    "an array": ([[0.1, 0.2, 0.3]], "must be a JSON object"),
    "a number": (b"1", "must be a JSON object"),
    "null body": (b"null", "must be a JSON object"),
    "empty object": ({}, '"instances"'),
    "misspelt instances": ({"instance": [[0.1, 0.2, 0.3]]}, '"instances"'),
    "V2 body": (v2(), '"instances"'),
    "unknown field beside": ({**GOOD, "parameters": {}}, "'parameters'"),
    "instances null": ({"instances": None}, "null"),
    "instances a string": ({"instances": "abc"}, "'abc'"),
    "instances an object": ({"instances": {"x0": 1}}, "an object"),
    "no instances": ({"instances": []}, "is empty"),
    "one row, not in an array": ({"instances": [0.1, 0.2, 0.3]}, "instances[0]"),
    "a row is null": (v1([[0.1, 0.2, 0.3], None], whole=True), "null"),
    "mixed rows": (v1([[0.1, 0.2, 0.3], {"x0": 1, "x1": 1, "x2": 1}], whole=True), "one kind"),
    "unknown name": (v1({"x0": 1, "x1": 1, "y": 1}), "'y' and lacks 'x2'"),
    "extra name": (v1({"x0": 1, "x1": 1, "x2": 1, "x3": 1}), "'x3'"),
    "missing name": (v1({"x0": 1, "x1": 1}), "lacks the features 'x2'"),
    "name in capitals": (v1({"X0": 1, "x1": 1, "x2": 1}), "'X0'"),
    "named null": (v1({"x0": 1, "x1": None, "x2": 1}), "null"),
    "named boolean": (v1({"x0": 1, "x1": True, "x2": 1}), "true"),
    "instances twice": (b'{"instances": [[1, 2, 3]], "instances": [[4, 5, 6]]}', "stands twice"),
    "a name twice": (b'{"instances": [{"x0": 1, "x1": 1, "x1": 2, "x2": 1}]}', "'x1' stands twice"),
    "too many rows": (v1([[0.1, 0.2, 0.3]] * 51, whole=True), "at most 50"),
}

V2 = {
    "V1 body": (GOOD, "'instances'"),
    "no inputs": ({}, "inputs"),
    "inputs null": ({"inputs": None}, "null"),
    "inputs empty": ({"inputs": []}, "inputs is empty"),
    "inputs an object": ({"inputs": tensor([[0.1, 0.2, 0.3]])}, "must be an array"),
    "input not an object": ({"inputs": [1]}, "inputs[0]"),
    "no name": (v2(name=None), "name must be a string"),
    "no shape": (v2(shape=None), "shape"),
    "scalar shape": (v2(shape=[]), "shape"),
    "three dimensions": (v2(shape=[1, 1, 3]), "shape"),
    "negative shape": (v2(shape=[-1, 3]), "shape"),
    "fractional shape": (v2(shape=[1, 3.0]), "shape"),
    "boolean shape": (v2(shape=[True, 3]), "shape"),
    "shape of strings": (v2(shape=["1", "3"]), "shape"),
    "deep shape": (
        b'{"inputs": [{"name": "a", "datatype": "FP64", "data": [], "shape": ' + DEEP[4100:5900] + b"}]}",
        "shape",
    ),
    "huge shape": (v2(shape=[10**18, 3]), "3 values"),
    "no rows": (v2(shape=[0, 3], data=[]), "no rows"),
    "wrong width": (v2(shape=[1, 2], data=[0.1, 0.2]), "[n, 3]"),
    "one dimension": (v2(shape=[3]), "[n, 3]"),
    "data too short": (v2(data=[0.1, 0.2]), "2 values"),
    "data too long": (v2(data=[0.1] * 4), "4 values"),
    "no data": ({"inputs": [{"name": "a", "shape": [1, 3], "datatype": "FP64"}]}, "no data"),
    "data null": (v2(data=None), "must be an array"),
    "data a string": (v2(data="abc"), "must be an array"),
    "null in data": (v2(data=[0.1, None, 0.3]), "'x1'"),
    "string in data": (v2(data=[0.1, "a", 0.3]), "'a'"),
    "boolean in data": (v2(data=[0.1, True, 0.3]), "true"),
    "ragged data": (v2(shape=[2, 3], data=[[0.1, 0.2, 0.3], [0.1]]), "rows of '1', '3' values"),
    "nested too much": (v2(data=[[[0.1, 0.2, 0.3]]]), "rows of '1' values"),
    "no datatype": (v2(datatype=None), "datatype"),
    "unknown datatype": (v2(datatype="FLOAT"), "FP64"),
    "BOOL": (v2(datatype="BOOL", data=[True, False, True]), "datatype"),
    "datatype a list": (v2(datatype=["FP64"]), "datatype"),
    "BYTES for numbers": (v2(datatype="BYTES", data=["a", "b", "c"]), "BYTES"),
    "numbers as BYTES": (v2(datatype="BYTES"), "strings"),
    "fraction as INT32": (v2(datatype="INT32", data=[1, 2, 2.5]), "whole"),
    "beyond INT8": (v2(datatype="INT8", data=[1, 2, 128]), "127"),
    "negative UINT8": (v2(datatype="UINT8", data=[1, 2, -1]), "255"),
    "beyond INT64": (v2(datatype="INT64", data=[1, 2, 2**63]), "9223372036854775807"),
    "below INT64": (v2(datatype="INT64", data=[1, 2, -(2**64)]), "-9223372036854775808"),
    "beyond UINT64": (v2(datatype="UINT64", data=[1, 2, 2**64]), "18446744073709551615"),
    "beyond FP32": (v2(datatype="FP32", data=[1, 2, 1e39]), "3.40282e+38"),
    "beyond FP16": (v2(datatype="FP16", data=[1, -65505, 2]), "from -65504 to 65504"),
    "unknown field of an input": (v2(dat=[1]), "'dat'"),
    "parameters of an input": (v2(parameters=3), "parameters"),
    "shared memory": (v2(parameters={"shared_memory_region": "r"}), "shared memory"),
    "parameters": ({**v2(), "parameters": []}, "parameters"),
    "binary_data_output": ({**v2(), "parameters": {"binary_data_output": "yes"}}, "true or false"),
    "id a number": ({**v2(), "id": 7}, "id must be a string"),
    "unknown field": ({**v2(), "input": []}, "'input'"),
    "unknown output": ({**v2(), "outputs": [{"name": "score"}]}, "'score'"),
    "unknown field of an output": ({**v2(), "outputs": [{"name": "label", "data": []}]}, "'data'"),
    "output without name": ({**v2(), "outputs": [{}]}, "name"),
    "output twice": ({**v2(), "outputs": [{"name": "label"}, {"name": "label"}]}, "twice"),
    "outputs a string": ({**v2(), "outputs": "label"}, "outputs"),
    "classification": ({**v2(), "outputs": [{"name": "label", "parameters": {"classification": 2}}]}, "classification"),
    "two matrices": ({"inputs": [tensor([[1, 2, 3]], "a"), tensor([[1, 2, 3]], "b")]}, "no features"),
    "a feature twice": ({"inputs": [tensor([[1]], "x0"), tensor([[1]], "x0"), tensor([[1]], "x2")]}, "stands twice"),
    "a feature missing": ({"inputs": [tensor([[1]], "x0"), tensor([[1]], "x2")]}, "'x1'"),
    "different n": ({"inputs": [tensor([[1]], "x0"), tensor([[1], [2]], "x1"), tensor([[1]], "x2")]}, "[1] or [1, 1]"),
    "two columns": ({"inputs": [tensor([[1]], "x0"), tensor([[1, 2]], "x1"), tensor([[1]], "x2")]}, "[1] or [1, 1]"),
    "too many rows": ({"inputs": [tensor([[0.1, 0.2, 0.3]] * 51)]}, "at most 50"),
    "a key twice": (
        b'{"inputs": [{"name": "a", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3], "data": [4, 5, 6]}]}',
        "'data' stands twice",
    ),
    "truncated": (b'{"inputs": [{"name": "a"', "not JSON"),
    "deep parameters": (b'{"inputs": [], "parameters": {"a": ' + DEEP[4100:5900] + b"}}", "inputs is empty"),
}


@pytest.fixture
def strict(numbers_folder):
    return make_app(numbers_folder, max_rows=50, max_body=100_000)


def refused(app, status, cause, path, body, headers=None, method=None, parts=None):
    reply = ask(app, path, body, headers, method, parts)
    assert reply.status == status, reply.content
    assert reply.headers[b"content-type"] == b"application/json"
    assert list(reply.json()) == ["error"] and b"\n" not in reply.content and len(reply.content) < 700
    assert cause in reply.json()["error"], reply.json()["error"]
    assert ask(app, PREDICT, GOOD).status == 200
    return reply


@pytest.mark.parametrize(("body", "cause"), V1.values(), ids=V1)
def test_v1_content(strict, body, cause):
    refused(strict, 400, cause, PREDICT, body)


@pytest.mark.parametrize(("body", "cause"), V2.values(), ids=V2)
def test_v2_content(strict, body, cause):
    refused(strict, 400, cause, INFER, body)


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ([0.1, 0.2, "iron"], "'brass', 'steel', 'tin'"),
        ([0.1, 0.2, 1], "'c0'"),
        ([0.1, 0.2, None], "null"),
        ([0.1, 0.2, ["tin"]], "an array of 1"),
        ([0.1, True, "tin"], "true"),
        (["tin", 0.2, 0.1], "'x0'"),
        ({"x0": 0.1, "x1": 0.2, "c0": "Tin"}, "'Tin'"),
        ({"x0": 0.1, "x1": "0.2", "c0": "tin"}, "'0.2'"),
    ],
)
def test_categories(mixed_app, row, cause):
    for rows in ([row], [row, row]):
        reply = ask(mixed_app, PREDICT, {"instances": rows})
        assert reply.status == 400 and cause in reply.json()["error"], reply.content


@pytest.mark.parametrize(
    ("inputs", "cause"),
    [
        ([tensor([[0.1, 0.2, 1.0]])], "categories"),
        ([tensor([["a", "b", "tin"]], datatype="BYTES")], "categories"),
        ([tensor([[0.1]], "x0"), tensor([[0.2]], "x1"), tensor([[2]], "c0")], "BYTES"),
        ([tensor([[0.1]], "x0"), tensor([["0.2"]], "x1", "BYTES"), tensor([["tin"]], "c0", "BYTES")], "FP64"),
        ([tensor([[0.1]], "x0"), tensor([[0.2]], "x1"), tensor([["iron"]], "c0", "BYTES")], "'iron'"),
        ([tensor([[0.1]], "x0"), tensor([[0.2]], "x1"), tensor([[None]], "c0", "BYTES")], "null"),
    ],
)
def test_categories_as_tensors(mixed_app, inputs, cause):
    reply = ask(mixed_app, INFER, {"inputs": inputs})
    assert reply.status == 400 and cause in reply.json()["error"], reply.content


def test_the_sum_of_the_largest_numbers_is_scored_or_refused(app):
    for row in ([1.7e308] * 3, [1.7e308, -1.7e308, 1.7e308], [-1.7e308] * 3):
        assert ask(app, PREDICT, {"instances": [row]}).status in (200, 400)


HEADS = {
    "form": (415, "x-www-form", PREDICT, [(b"content-type", b"application/x-www-form-urlencoded")]),
    "plain text": (415, "text/plain", PREDICT, [(b"content-type", b"text/plain")]),
    "multipart": (415, "multipart", PREDICT, [(b"content-type", b"multipart/form-data; boundary=x")]),
    "xml": (415, "application/xml", INFER, [(b"content-type", b"application/xml")]),
    "UTF-16 charset": (415, "charset", PREDICT, [(b"content-type", b"application/json; charset=utf-16")]),
    "garbage type": (415, "content-type", PREDICT, [(b"content-type", b"\xff\xfe")]),
    "binary without its header": (415, "Inference-Header", INFER, [(b"content-type", b"application/octet-stream")]),
    "gzip": (415, "gzip", PREDICT, [*JSON, (b"content-encoding", b"gzip")]),
    "brotli": (415, "br", INFER, [*JSON, (b"content-encoding", b"br")]),
    "transfer gzip": (415, "transfer-encoding", PREDICT, [*JSON, (b"transfer-encoding", b"gzip, chunked")]),
}


@pytest.mark.parametrize(("status", "cause", "path", "headers"), HEADS.values(), ids=HEADS)
def test_heads(strict, status, cause, path, headers):
    refused(strict, status, cause, path, GOOD, headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", [PREDICT, INFER])
def test_methods_of_scoring(strict, method, path):
    reply = refused(strict, 405, "send POST", path, None, method=method)
    assert reply.headers[b"allow"] == b"POST"


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/v2", "/v1/models", "/v2/health/ready", "/v2/models/press", "/openapi.json"]
)
def test_methods_of_reading(strict, path):
    reply = refused(strict, 405, "send GET, HEAD", path, {}, method="POST")
    assert reply.headers[b"allow"] == b"GET, HEAD"


PATHS = {
    "unknown model": ("/v1/models/pres:predict", "'pres'"),
    "unknown model, V2": ("/v2/models/other/infer", "'other'"),
    "unknown version": ("/v2/models/press/versions/2/infer", "'2'"),
    "no such verb": ("/v1/models/press:explain", "/openapi.json"),
    "no verb": ("/v2/models/press/predict", "/openapi.json"),
    "nothing": ("/nothing", "/openapi.json"),
    "empty": ("", "/openapi.json"),
    "no model": ("/v1/models/", "''"),
    "traversal": ("/v1/models/../../etc/passwd", "'..'"),
    "double slash": ("//v1/models/press:predict", "/openapi.json"),
    "trailing slash": ("/v1/models/press:predict/", "/openapi.json"),
    "NUL": ("/v1/models/press\0:predict", "not served"),
    "lone surrogate": ("/v1/models/\ud800:predict", "not served"),
    "line break": ("/v1/models/a\nb", "not served"),
    "very long": ("/v1/models/" + "a" * 100_000, "not served"),
    "very long, many slashes": ("/" * 100_000, "/openapi.json"),
}


@pytest.mark.parametrize(("path", "cause"), PATHS.values(), ids=PATHS)
def test_paths(strict, path, cause):
    refused(strict, 404, cause, path, GOOD)


def test_a_get_with_a_body(strict):
    for header in ((b"content-length", b"5"), (b"transfer-encoding", b"chunked")):
        refused(strict, 400, "takes no body", "/v1/models", b"hello", [header], method="GET")
    assert ask(strict, "/v1/models", headers=[(b"content-length", b"0")]).status == 200


@pytest.mark.parametrize("path", [PREDICT, INFER])
def test_bodies_over_the_cap_are_drained_first(strict, path):
    parts = [b"x" * 30_000] * 40
    taken = []
    reply = refused(strict, 413, "100000 bytes", path, None, parts=Counted(parts, taken))
    assert len(taken) == len(parts) and b"connection" not in reply.headers
    refused(strict, 413, "100000 bytes", path, b"x" * 100_001)


class Counted(list):
    """Parts of a body that remember which of them were taken."""

    def __init__(self, parts, taken):
        super().__init__(parts)
        self.taken = taken

    def __iter__(self):
        for part in super().__iter__():
            self.taken.append(part)
            yield part


def test_a_body_that_never_ends_is_cut_off(strict):
    reply = refused(strict, 413, "100000 bytes", PREDICT, None, parts=[b"x" * (8 << 20)] * 20)
    assert reply.headers[b"connection"] == b"close"


def test_who_asks_first_is_refused_before_sending(strict):
    headers = [*JSON, (b"expect", b"100-continue"), (b"content-length", b"100001")]
    assert refused(strict, 413, "100000 bytes", PREDICT, b"", headers).headers[b"connection"] == b"close"
    assert ask(strict, PREDICT, GOOD, [*JSON, (b"expect", b"100-continue"), (b"content-length", b"50")]).status == 200


def test_a_sender_who_leaves_gets_nothing(strict):
    for sent in (b"", b'{"instances"', b"x" * 500_000):
        assert ask(strict, PREDICT, sent, whole=False).status == 0
    assert ask(strict, PREDICT, GOOD).status == 200


def request(entry, tail, length=None, **payload):
    text = json.dumps({"inputs": [entry] if isinstance(entry, dict) else entry, **payload}).encode()
    headers = [(b"content-type", b"application/octet-stream")]
    headers.append((b"inference-header-content-length", str(len(text) if length is None else length).encode()))
    return text + tail, headers


def raw(size, **changes):
    parameters = {"binary_data_size": size}
    return {"name": "input-0", "shape": [1, 3], "datatype": "FP64", "parameters": parameters, **changes}


ROW = struct.pack("<3d", 0.1, 0.2, 0.3)
BINARY = {
    "truncated": (request(raw(24), ROW[:20]), "only 20 bytes"),
    "no bytes": (request(raw(24), b""), "only 0 bytes"),
    "too many bytes": (request(raw(24), ROW + b"x"), "1 byte too many"),
    "size against shape": (request(raw(16), ROW[:16]), "16 bytes"),
    "size against datatype": (request(raw(24, datatype="FP32"), ROW), "24 bytes"),
    "negative size": (request(raw(-1), ROW), "binary_data_size"),
    "size a string": (request(raw("24"), ROW), "binary_data_size"),
    "size a boolean": (request(raw(True), ROW), "binary_data_size"),
    "size a float": (request(raw(24.0), ROW), "binary_data_size"),
    "huge size": (request(raw(10**18), ROW), "only 24 bytes"),
    "huge shape": (request(raw(24, shape=[10**15, 3]), ROW), "24 bytes"),
    "data as well": (request(raw(24, data=[0.1, 0.2, 0.3]), ROW), "both"),
    "neither": (request({"name": "a", "shape": [1, 3], "datatype": "FP64"}, b""), "no data"),
    "NaN": (request(raw(24), struct.pack("<3d", 0.1, float("nan"), 0.3)), "NaN"),
    "Infinity": (request(raw(24), struct.pack("<3d", 0.1, float("inf"), 0.3)), "Infinity"),
    "header 0": (request(raw(24), ROW, 0), "from 1 to"),
    "header negative": (request(raw(24), ROW, -5), "from 1 to"),
    "header too large": (request(raw(24), ROW, 10**9), "from 1 to"),
    "header of 400 digits": (request(raw(24), ROW, "1" * 400), "from 1 to"),
    "header no number": (request(raw(24), ROW, "abc"), "'abc'"),
    "header a float": (request(raw(24), ROW, "1.5"), "'1.5'"),
    "header empty": (request(raw(24), ROW, ""), "''"),
    "header in other digits": (request(raw(24), ROW, "²"), "from 1 to"),
    "header too short": (request(raw(24), ROW, 30), "not JSON"),
    "header into the data": (request(raw(24), ROW, len(request(raw(24), b"")[0]) + 3), "not JSON"),
    "numbers as BYTES": (request(raw(15, datatype="BYTES"), 3 * struct.pack("<Ic", 1, b"a")), "BYTES"),
}
WORDS = {
    "length lies": (struct.pack("<I", 99) + b"tin", "longer than"),
    "length huge": (b"\xff\xff\xff\xff" + b"tin", "longer than"),
    "length cut": (b"\x03\0", "longer than"),
    "too many": (2 * (struct.pack("<I", 3) + b"tin"), "2 elements"),
    "not UTF-8": (struct.pack("<I", 2) + b"\xff\xfe", "UTF-8"),
    "unknown level": (struct.pack("<I", 4) + b"iron", "'iron'"),
}


@pytest.mark.parametrize(("body", "cause"), BINARY.values(), ids=BINARY)
def test_binary(strict, body, cause):
    refused(strict, 400, cause, INFER, *body)


@pytest.mark.parametrize(("words", "cause"), WORDS.values(), ids=WORDS)
def test_binary_words(mixed_app, words, cause):
    entries = [tensor([[0.1]], "x0"), tensor([[0.1]], "x1")]
    entries.append({"name": "c0", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(words)}})
    reply = ask(mixed_app, INFER, *request(entries, words))
    assert reply.status == 400 and cause in reply.json()["error"], reply.content
