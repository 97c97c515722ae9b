import json

import numpy as np
import pytest
from asgi_calls import ask, make_app
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_folders import expected, write_folder

from serving.server import rows
from serving.server.refusals import Refusal
from serving.server.schema import Schema

PREDICT = "/v1/models/press:predict"
ROWS = [[0.1, 0.2, 0.3], [-1.5, 2, 0], [3.0, -2.5, 1e-3]]


def predictions(app, body, **how):
    reply = ask(app, PREDICT, body, **how)
    assert reply.status == 200, reply.content
    assert reply.json()["model_name"] == "press" and reply.json()["model_version"] == "1"
    return reply.json()["predictions"]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_arrays(app, n):
    found = predictions(app, {"instances": ROWS[:n]})
    np.testing.assert_allclose([row["probability"] for row in found], expected(ROWS[:n]), rtol=1e-12)
    assert [row["label"] for row in found] == ["fail" if p >= 0.5 else "pass" for p in expected(ROWS[:n])]


@pytest.mark.parametrize("n", [1, 3])
def test_objects_in_any_order(app, n):
    objects = [{"x2": row[2], "x0": row[0], "x1": row[1]} for row in ROWS[:n]]
    found = predictions(app, {"instances": objects})
    np.testing.assert_allclose([row["probability"] for row in found], expected(ROWS[:n]), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2])
def test_categories(mixed_app, n):
    arrays = predictions(mixed_app, {"instances": [[0.1, 0.2, "tin"]] * n})
    objects = predictions(mixed_app, {"instances": [{"c0": "tin", "x0": 0.1, "x1": 0.2}] * n})
    z = np.log(expected([[0.1, 0.2]]) / (1 - expected([[0.1, 0.2]]))) + 2.0
    assert arrays == objects and arrays[0]["probability"] == pytest.approx(1 / (1 + np.exp(-z[0])), rel=1e-12)


def test_one_feature(tmp_path):
    app = make_app(write_folder(tmp_path / "m", width=1))
    for row in ([0.7], {"x0": 0.7}):
        assert predictions(app, {"instances": [row]})[0]["probability"] == pytest.approx(expected([[0.7]])[0])


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        ' application/json; charset="utf-8"',
        None,
    ],
)
def test_accepted_media_types(app, media):
    headers = [] if media is None else [(b"content-type", media.encode())]
    assert predictions(app, {"instances": ROWS}, headers=headers)


def test_a_body_in_many_parts(app):
    body = json.dumps({"instances": ROWS}).encode()
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    assert predictions(app, None, parts=parts) == predictions(app, body)


def test_odd_but_right_texts(app):
    wanted = predictions(app, {"instances": ROWS[:1]})
    for text in (b' {"instances"\n:\t[ [0.1,0.2 , 3E-1] ] }\r\n', b'{"\\u0069nstances": [[1e-1, 20e-2, 0.30]]}'):
        assert predictions(app, text) == wanted


@pytest.mark.parametrize("row", [[0.1, None, 0.3], {"x0": 0.1, "x1": None, "x2": 0.3}])
@pytest.mark.parametrize("n", [1, 2])
def test_gaps_are_filled_when_allowed(numbers_folder, row, n):
    app = make_app(numbers_folder, missing="fill")
    found = predictions(app, {"instances": [row] * n})
    assert [p["probability"] for p in found] == pytest.approx(list(expected([[0.1, 0.5, 0.3]] * n)))
    assert f'rarefault_missing_filled_total{{model="press",feature="x1"}} {n}' in ask(app, "/metrics").content.decode()


def test_a_category_is_filled_with_its_most_frequent_level(mixed_folder):
    app = make_app(mixed_folder, missing="fill")
    gap, level = ({"instances": [[0.1, 0.2, value]]} for value in (None, "steel"))
    assert predictions(app, gap) == predictions(app, level)


def test_the_threshold_decides(tmp_path):
    for threshold, label in ((0.0, "fail"), (1.5, "pass")):
        app = make_app(write_folder(tmp_path / label, width=3, threshold=threshold))
        for n in (1, 3):
            assert {p["label"] for p in predictions(app, {"instances": ROWS[:n]})} == {label}


VALUES = st.one_of(
    st.floats(-1e6, 1e6), st.integers(-(2**60), 2**60), st.none(), st.booleans(), st.sampled_from(["a", "b", "z"])
)
SCHEMAS = [Schema(["x", "y"], {}), Schema(["x", "c"], {1: ("a", "b")}), Schema(["x", "c"], {1: ("a", "b")}, [0.5, 1.0])]


def outcome(way, instances, schema):
    try:
        return np.nan_to_num(way(instances, schema), nan=-1.0).tolist()
    except Refusal:
        return None
    except Exception:  # it may fail in any way: it is then not used
        return "unknown"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.lists(VALUES, max_size=3), st.dictionaries(st.sampled_from("xyc"), VALUES)), min_size=1, max_size=3
    ),
    st.sampled_from(SCHEMAS),
)
def test_what_the_quick_way_takes_the_careful_way_takes_too(instances, schema):
    quick = outcome(rows._packed, instances, schema)
    assert quick == "unknown" or quick == outcome(rows._careful, instances, schema)
