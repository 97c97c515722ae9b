"""Rows that are sent, requests made of them, and what counts as a right answer."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from loadtest.calls import KINDS, LENGTH, prepare
from loadtest.rows import Rows, rows_for
from loadtest.target import Feature, LoadError, Target, check_url

MATRIX = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 3]}]}
NAMED = {
    "inputs": [
        {"name": "force", "datatype": "FP64", "shape": [-1]},
        {"name": "tool", "datatype": "BYTES", "shape": [-1]},
    ]
}
DESCRIBED = {
    **NAMED,
    "parameters": {
        "features": [
            {"name": "force", "kind": "number", "low": 3.0, "high": 4.0},
            {"name": "tool", "kind": "category", "levels": ["a", "b"]},
        ]
    },
}


def test_random_rows_have_the_width_the_server_tells():
    rows = rows_for(MATRIX, None)
    assert (len(rows.features), rows.tensor, rows.named, rows.numeric) == (3, "x", False, True)
    assert rows_for(MATRIX, None) == rows


def test_rows_are_drawn_within_what_the_server_tells():
    rows = rows_for(DESCRIBED, None)
    assert rows.named
    assert all(3 <= force <= 4 and tool in ("a", "b") for force, tool in rows.values)


def test_whole_numbers_stay_whole():
    told = {**MATRIX, "parameters": {"features": [{"name": n, "kind": "integer", "low": 0, "high": 9} for n in "abc"]}}
    assert all(isinstance(value, int) for row in rows_for(told, None).values for value in row)


@pytest.mark.parametrize(
    "example", [{"rows": [[1.0, "a"]]}, [[1.0, "a"]], [{"tool": "a", "force": 1.0}], '{"rows": [[1.0, "a"]]}']
)
@pytest.mark.parametrize("where", ["example", "parameters"])
def test_the_servers_example_comes_first(example, where):
    told = NAMED | ({"example": example} if where == "example" else {"parameters": {"example": example}})
    assert rows_for(told, None).values == ((1.0, "a"),)


@pytest.mark.parametrize("told", [{}, {"inputs": []}, NAMED])
def test_without_knowledge_rows_must_be_given(told):
    with pytest.raises(LoadError, match="--rows FILE"):
        rows_for(told, None)


def test_files_of_rows(tmp_path):
    (tmp_path / "a.csv").write_text("tool,force,more\na,1.5,x\nb,2,y\n")
    (tmp_path / "b.json").write_text(
        json.dumps({"instances": [{"force": 1.5, "tool": "a"}, {"force": 2, "tool": "b"}]})
    )
    (tmp_path / "c.JSON").write_text('[[1.5, "a"], [2, "b"]]')
    pyarrow.parquet.write_table(pa.table({"tool": ["a", "b"], "force": [1.5, 2.0]}), tmp_path / "d.parquet")
    for file in sorted(tmp_path.iterdir()):
        rows = rows_for(NAMED, file)
        assert rows.values == ((1.5, "a"), (2, "b")), file
        assert [feature.is_text for feature in rows.features] == [False, True]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "force\n1\n", "lack features of the model: tool"),
        ("b.csv", "", "holds no row"),
        ("c.json", "{", "cannot be read"),
        ("d.json", '{"a": 1}', "must be a list"),
        ("e.json", "[[1.0]]", "takes 2 values a row, the rows have 1"),
        ("f.json", "[[1.0, 2.0], {}]", "all lists or all objects"),
        ("g.txt", "1", "takes .csv, .json, .parquet"),
        ("h.json", '[[1.0, "a"], [1.0]]', "must have 2 values"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(LoadError, match=says):
        rows_for(NAMED, tmp_path / name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(LoadError, match="cannot be read"):
        rows_for(NAMED, tmp_path / "none.csv")


def right(kind, n):
    if kind == "bad input":
        return 400, {}, b'{"error": "x"}'
    if kind.startswith("v1"):
        return 200, {}, json.dumps({"predictions": [1] * n}).encode()
    return 200, {}, json.dumps({"outputs": [{"name": "p", "shape": [n], "data": [0.1] * n}]}).encode()


@pytest.mark.parametrize("rows", [rows_for(MATRIX, None), rows_for(DESCRIBED, None)], ids=["numbers", "categories"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_calls_know_their_right_answers(kind, rows):
    for call in KINDS[kind](rows, "m"):
        n = {"v1 batch": 50, "v2 binary batch": 500}.get(kind, 1)
        assert call.wrong(*right(kind, n)) is None
        assert call.wrong(500, {}, b"{}")
        assert call.wrong(0, {}, b"")
        assert call.wrong(*right("v1 row" if kind == "bad input" else kind, n + 1))
        assert (call.wrong(400, {}, b"{}") is None) == (kind == "bad input")


def test_v1_requests():
    rows = rows_for(DESCRIBED, None)
    (one, *_), (named, *_) = KINDS["v1 row"](rows, "m"), KINDS["v1 named row"](rows, "m")
    assert one.path == "/v1/models/m:predict"
    assert json.loads(one.body) == {"instances": [list(rows.values[0])]}
    assert json.loads(named.body)["instances"][0].keys() == {"force", "tool"}


def test_binary_requests_follow_the_extension():
    numbers = rows_for(MATRIX, None)
    call = KINDS["v2 binary batch"](numbers, "m")[0]
    head = json.loads(call.body[: int(call.headers[LENGTH])])
    blob = call.body[int(call.headers[LENGTH]) :]
    assert head["inputs"][0]["parameters"]["binary_data_size"] == len(blob) == 500 * 3 * 8
    np.testing.assert_array_equal(np.frombuffer(blob).reshape(500, 3)[:50], numbers.values)
    call = KINDS["v2 binary row"](rows_for(DESCRIBED, None), "m")[0]
    head = json.loads(call.body[: int(call.headers[LENGTH])])
    assert [tensor["datatype"] for tensor in head["inputs"]] == ["FP64", "BYTES"]
    assert call.body.endswith((b"\x01\0\0\0a", b"\x01\0\0\0b"))


def test_binary_answers_must_have_the_bytes_they_tell():
    call = KINDS["v2 binary row"](rows_for(MATRIX, None), "m")[0]
    head = json.dumps({"outputs": [{"name": "p", "shape": [1], "parameters": {"binary_data_size": 8}}]}).encode()
    assert call.wrong(200, {LENGTH: str(len(head))}, head + b"12345678") is None
    assert "were told" in call.wrong(200, {LENGTH: str(len(head))}, head + b"1234")


def test_an_unknown_kind_is_refused():
    with pytest.raises(LoadError, match="unknown kinds"):
        prepare({"v3": 1.0}, Rows((Feature("a", False),), ((1.0,),), False), "m")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost/", "http://127.9.9.9", "https://[::1]:1"])
def test_this_machine_may_be_loaded(url):
    assert check_url(url, None) == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://[2001:db8::1]/", "http://127.0.0.1@192.0.2.1:80"])
def test_other_machines_only_when_named(url):
    with pytest.raises(LoadError, match="--i-may-load"):
        check_url(url, None)
    with pytest.raises(LoadError, match="--i-may-load"):
        check_url(url, "127.0.0.1")
    host = "2001:db8::1" if "db8" in url else "192.0.2.1"
    assert check_url(url, host)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1/?a=1"])
def test_urls_that_are_none_are_refused(url):
    with pytest.raises(LoadError, match="--url must look like"):
        check_url(url, None)


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(LoadError, match="does not answer"):
        Target("http://127.0.0.1:9", "m", 1.0).metadata()


def test_an_unknown_model_is_named(quick_stub):
    with pytest.raises(LoadError, match="knows no model 'other'"):
        Target(quick_stub, "other").metadata()
    assert Target(quick_stub, "stub").metadata()["name"] == "stub"
    assert Target(quick_stub, "stub").resident_bytes() is None
