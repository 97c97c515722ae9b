import json
import struct

import numpy as np
import pytest
from asgi_calls import ask, make_app, tensor
from linear_folders import expected, write_folder

INFER = "/v2/models/press/infer"
ROWS = [[0.1, 0.2, 0.3], [-1.5, 2, 0], [3.0, -2.5, 1e-3]]


def outputs(reply):
    assert reply.status == 200, reply.content
    return {output["name"]: output for output in reply.json()["outputs"]}


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("name", ["input-0", "features", "x1"])
@pytest.mark.parametrize("datatype", ["FP64", "FP32"])
def test_a_matrix(app, n, name, datatype):
    found = outputs(ask(app, INFER, {"inputs": [tensor(ROWS[:n], name, datatype)]}))
    assert found["probability"]["shape"] == found["label"]["shape"] == [n]
    assert (found["probability"]["datatype"], found["label"]["datatype"]) == ("FP64", "BYTES")
    np.testing.assert_allclose(found["probability"]["data"], expected(ROWS[:n]), rtol=1e-12)
    assert found["label"]["data"] == ["fail" if p >= 0.5 else "pass" for p in expected(ROWS[:n])]


@pytest.mark.parametrize("n", [1, 3])
def test_nested_data(app, n):
    flat, nested = tensor(ROWS[:n]), {**tensor(ROWS[:n]), "data": ROWS[:n]}
    assert ask(app, INFER, {"inputs": [flat]}).content == ask(app, INFER, {"inputs": [nested]}).content


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_a_tensor_for_each_feature(app, shape):
    inputs = [
        {"name": f"x{j}", "shape": shape, "datatype": "FP64", "data": [row[j] for row in ROWS[:2]]} for j in (2, 0, 1)
    ]
    found = outputs(ask(app, INFER, {"inputs": inputs}))
    np.testing.assert_allclose(found["probability"]["data"], expected(ROWS[:2]), rtol=1e-12)


def test_categories(mixed_app):
    inputs = [tensor([[0.1]], "x0"), tensor([["tin"]], "c0", "BYTES"), tensor([[2]], "x1", "INT32")]
    found = outputs(ask(mixed_app, INFER, {"inputs": inputs}))
    by_v1 = ask(mixed_app, "/v1/models/press:predict", {"instances": [[0.1, 2, "tin"]]}).json()["predictions"][0]
    assert found["probability"]["data"] == [by_v1["probability"]] and found["label"]["data"] == [by_v1["label"]]


@pytest.mark.parametrize("name", ["x0", "input"])
def test_one_feature(tmp_path, name):
    app = make_app(write_folder(tmp_path / "m", width=1))
    for shape in ([1, 1], [2, 1]):
        entry = {"name": name, "shape": shape, "datatype": "FP64", "data": [0.7] * shape[0]}
        found = outputs(ask(app, INFER, {"inputs": [entry]}))
        assert found["probability"]["data"] == pytest.approx(list(expected([[0.7]] * shape[0])))


def test_the_id_comes_back(app):
    for given in ("a", 'quote " and \u00e9', ""):
        for body in ({"id": given, "inputs": [tensor(ROWS[:1])]}, {"inputs": [tensor(ROWS)], "id": given}):
            assert ask(app, INFER, body).json()["id"] == given
    assert "id" not in ask(app, INFER, {"inputs": [tensor(ROWS)]}).json()


@pytest.mark.parametrize("n", [1, 3])
def test_chosen_outputs(app, n):
    for asked in (["label"], ["probability"], ["probability", "label"]):
        body = {"inputs": [tensor(ROWS[:n])], "outputs": [{"name": name} for name in asked]}
        assert list(outputs(ask(app, INFER, body))) == asked
    assert list(outputs(ask(app, INFER, {"inputs": [tensor(ROWS[:n])], "outputs": []}))) == ["label", "probability"]


def test_the_version_in_the_path(app):
    versioned = ask(app, "/v2/models/press/versions/1/infer", {"inputs": [tensor(ROWS)]})
    assert versioned.content == ask(app, INFER, {"inputs": [tensor(ROWS)]}).content


def test_further_known_fields(app):
    body = {"model_name": "press", "model_version": "1", "parameters": {"content_type": "np"}, "inputs": [tensor(ROWS)]}
    assert ask(app, INFER, body).status == 200


def test_null_is_filled_when_allowed(numbers_folder):
    app = make_app(numbers_folder, missing="fill")
    for data in ([0.1, None, 0.3], [[0.1, None, 0.3]]):
        found = outputs(ask(app, INFER, {"inputs": [{**tensor([[0, 0, 0]]), "data": data}]}))
        assert found["probability"]["data"] == pytest.approx(list(expected([[0.1, 0.5, 0.3]])))
    body = binary(np.array([[0.1, np.nan, 0.3]]))
    assert outputs(ask(app, INFER, *body))["probability"]["data"] == pytest.approx(list(expected([[0.1, 0.5, 0.3]])))


TYPES = {"f8": "FP64", "f4": "FP32", "f2": "FP16", "i8": "INT64", "i1": "INT8", "u2": "UINT16", "u8": "UINT64"}


def binary(matrix, wanted=None, entries=(), tail=b"", pad=""):
    datatype = TYPES[matrix.dtype.str[1:]]
    entry = {"name": "m", "shape": list(matrix.shape), "datatype": datatype}
    entry["parameters"] = {"binary_data_size": matrix.nbytes}
    payload = {"inputs": [entry, *entries], **(wanted or {})}
    text = json.dumps(payload).encode() + pad.encode()
    length = (b"inference-header-content-length", str(len(text)).encode())
    return text + matrix.tobytes() + tail, [(b"content-type", b"application/octet-stream"), length]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_binary_inputs_of_every_type(app, kind):
    rows = np.array([[1, 2, 3], [0, 1, 100]], dtype=kind)
    for pad in ("", " "):  # the numbers need not be aligned
        found = outputs(ask(app, INFER, *binary(rows, pad=pad)))
        np.testing.assert_allclose(found["probability"]["data"], expected(rows), rtol=1e-12)


def split(reply):
    length = int(reply.headers[b"inference-header-content-length"])
    assert reply.headers[b"content-type"] == b"application/octet-stream"
    return json.loads(reply.content[:length]), reply.content[length:]


@pytest.mark.parametrize("n", [1, 3])
def test_binary_outputs(app, n):
    matrix = np.array(ROWS[:n])
    head, raw = split(ask(app, INFER, *binary(matrix, {"parameters": {"binary_data_output": True}, "id": "7"})))
    assert head["id"] == "7" and head["model_version"] == "1"
    sizes = [output["parameters"]["binary_data_size"] for output in head["outputs"]]
    assert sum(sizes) == len(raw) and not any("data" in output for output in head["outputs"])
    np.testing.assert_allclose(np.frombuffer(raw[sizes[0] :]), expected(matrix), rtol=1e-12)
    labels = b"".join(struct.pack("<I", 4) + (b"fail" if p >= 0.5 else b"pass") for p in expected(matrix))
    assert raw[: sizes[0]] == labels


def test_one_output_binary_for_a_json_request(app):
    asked = [{"name": "label"}, {"name": "probability", "parameters": {"binary_data": True}}]
    head, raw = split(ask(app, INFER, {"inputs": [tensor(ROWS)], "outputs": asked}))
    assert len(head["outputs"][0]["data"]) == 3
    np.testing.assert_allclose(np.frombuffer(raw), expected(ROWS), rtol=1e-12)


def test_an_output_may_be_left_out_of_the_binary_ones(app):
    asked = [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probability"}]
    body = {"inputs": [tensor(ROWS)], "outputs": asked, "parameters": {"binary_data_output": True}}
    head, raw = split(ask(app, INFER, body))
    assert len(head["outputs"][0]["data"]) == 3 and len(raw) == 24


def test_binary_words_beside_json_numbers(mixed_app):
    words = b"".join(struct.pack("<I", len(word)) + word for word in (b"tin", b"brass"))
    entries = [tensor([[0.1], [0.2]], "x0"), tensor([[1.0], [2.0]], "x1")]
    entries.append({"name": "c0", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": len(words)}})
    text = json.dumps({"inputs": entries}).encode()
    headers = [(b"inference-header-content-length", str(len(text)).encode())]
    found = outputs(ask(mixed_app, INFER, text + words, headers))
    instances = [[0.1, 1.0, "tin"], [0.2, 2.0, "brass"]]
    by_v1 = ask(mixed_app, "/v1/models/press:predict", {"instances": instances}).json()["predictions"]
    assert found["probability"]["data"] == [row["probability"] for row in by_v1]


def test_binary_in_many_parts(app):
    body, headers = binary(np.tile(np.array(ROWS), (3000, 1)))
    whole = ask(app, INFER, body, headers)
    assert whole.status == 200
    assert (
        ask(app, INFER, None, headers, parts=[body[at : at + 9999] for at in range(0, len(body), 9999)]).content
        == whole.content
    )


def variants(rows):
    """Bodies around the same rows, each of them sent again and again by somebody."""
    entry = tensor(rows)
    yield {"inputs": [entry]}
    yield {"inputs": [{name: entry[name] for name in ("data", "datatype", "shape", "name")}], "parameters": {}}
    yield {"inputs": [{**entry, "name": 'a "data" [1]'}]}
    yield {"id": "a", "inputs": [entry]}


def test_repeated_requests_are_read_anew(app):
    for row in ROWS * 2:
        for body in variants([row]):
            found = outputs(ask(app, INFER, body))
            assert found["probability"]["data"] == pytest.approx(list(expected([row])), rel=1e-12)


WRONG = [[True, 1, 2], [None, 1, 2], ["a", 1, 2], [1, 2], [1, 2, 3, 4], [[1, 2, 3], 4, 5], {"x": 1}, "abc", 7, []]


@pytest.mark.parametrize("data", WRONG)
def test_what_is_wrong_is_seen_in_a_repeated_request_too(app, data):
    first = ask(app, INFER, {"inputs": [{**tensor(ROWS[:1]), "data": data}]})
    assert first.status == 400
    for body in variants(ROWS[:1]):
        assert ask(app, INFER, body).status == 200
    assert ask(app, INFER, {"inputs": [{**tensor(ROWS[:1]), "data": data}]}).content == first.content


@pytest.mark.parametrize(
    "text",
    [
        b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":[1,2,3],"data":[4,5,6]}]}',
        b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":[1,2,3]}],"id":[1,2,3]}]}',
        b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":[1,2,3]},{"data":[1,2,3]}]}',
        b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":]}]}',
        b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":[1,2,1e400]}]}',
    ],
)
def test_texts_that_only_begin_and_end_like_a_repeated_one(app, text):
    good = b'{"inputs":[{"name":"m","shape":[1,3],"datatype":"FP64","data":[1,2,3]}]}'
    assert ask(app, INFER, good).status == ask(app, INFER, good).status == 200
    reply = ask(app, INFER, text)
    assert reply.status == 400 and list(reply.json()) == ["error"]


@pytest.mark.parametrize("kind", ["f8", "f4", "i8"])
def test_repeated_binary_requests_are_read_anew(app, kind):
    for rows in (np.array(ROWS), np.array(ROWS)[::-1] * 2, np.array(ROWS) + 1):
        body, headers = binary(rows.astype(kind), {"parameters": {"binary_data_output": True}})
        _head, raw = split(ask(app, INFER, body, headers))
        found = np.frombuffer(raw[-24:])
        np.testing.assert_allclose(found, expected(rows.astype(kind)), rtol=1e-9)
    for tail in (b"x", b"12345678"):
        assert ask(app, INFER, body + tail, headers).status == 400
    assert ask(app, INFER, body[:-1], headers).status == 400
    assert ask(app, INFER, *binary(np.array([[0.1, np.nan, 0.3]] * 3))).status == 400


def test_many_different_binary_requests(app):
    for n in range(1, 150):
        assert ask(app, INFER, *binary(np.tile(np.array(ROWS), (n, 1)))).status == 200
    known = app._routes[INFER].handler._known
    assert 0 < len(known) <= 64


@pytest.mark.parametrize("labels", [("fail", "pass"), ("fault", "ok"), ("f" * 254, "\u00e9"), ("", "x" * 300)])
def test_binary_labels(tmp_path, labels):
    app = make_app(
        write_folder(tmp_path / "m", width=3, labels=dict(zip(("positive", "negative"), labels, strict=True)))
    )
    matrix = np.array([[9, -9, 9], [-9, 9, -9], [9, -9, 9]], dtype=float)
    _, raw = split(
        ask(app, INFER, *binary(matrix, {"outputs": [{"name": "label", "parameters": {"binary_data": True}}]}))
    )
    words = [labels[0] if p >= 0.5 else labels[1] for p in expected(matrix)]
    assert len(set(words)) == 2
    assert raw == b"".join(struct.pack("<I", len(word.encode())) + word.encode() for word in words)


@pytest.mark.parametrize(
    ("datatype", "largest"), [("INT64", 2**63 - 1), ("UINT64", 2**64 - 1), ("FP32", 3.4e38), ("FP16", 65504)]
)
def test_the_largest_number_of_a_type(app, datatype, largest):
    for n in (1, 2):
        entry = {**tensor([[largest, 0, 0]] * n), "datatype": datatype}
        assert ask(app, INFER, {"inputs": [entry]}).status == 200
