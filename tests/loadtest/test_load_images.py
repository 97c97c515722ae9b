"""Pictures that are sent, requests made of them, and a run against the real server."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from loadtest.calls import LENGTH, prepare
from loadtest.pictures import drawn
from loadtest.profiles import PROFILES
from loadtest.rows import Rows, rows_for
from loadtest.target import Feature, LoadError

TOLD = {"inputs": [{"name": "images", "datatype": "UINT8", "shape": [-1, 3, 32, 64]}]}
MIX = dict(PROFILES["images"].mix)


def test_pictures_have_the_shape_the_server_tells():
    rows = rows_for(TOLD, None)
    assert rows.pictures and rows.tensor == "images" and len(rows.values) == 16
    picture = Image.open(io.BytesIO(base64.b64decode(rows.values[3][0])))
    assert picture.size == (64, 32) and picture.mode == "RGB" and 60 < np.asarray(picture).mean() < 180
    assert Image.open(io.BytesIO(base64.b64decode(drawn((1, 40, 50))[0]))).mode == "L"
    assert rows_for(TOLD, None) == rows != rows_for(TOLD, None, seed=1)


def test_pictures_from_a_file(tmp_path):
    (tmp_path / "own.json").write_text(json.dumps({"instances": [{"b64": "AAAA"}]}))
    rows = rows_for(TOLD, tmp_path / "own.json")
    assert rows.pictures and rows.values == (("AAAA",),) and rows.tensor == "images"
    (tmp_path / "rows.json").write_text("[[1.0]]")
    with pytest.raises(LoadError, match="takes images"):
        rows_for(TOLD, tmp_path / "rows.json")


def test_the_requests_hold_them():
    rows = rows_for(TOLD, None)
    (one, many, bad), shares = prepare(MIX, rows, "m")
    assert json.loads(one[0].body) == {"instances": [{"b64": rows.values[0][0]}]}
    end = int(many[0].headers[LENGTH])
    [tensor] = json.loads(many[0].body[:end])["inputs"]
    assert tensor["shape"] == [8] and tensor["parameters"]["binary_data_size"] == len(many[0].body) - end
    assert base64.b64decode(rows.values[0][0]) in many[0].body
    assert all(
        call.wrong(400, {}, b"") is None and call.wrong(200, {}, b"") and call.wrong(500, {}, b"") for call in bad
    )
    assert shares[-1] == 1


def test_profiles_of_rows_are_not_for_images_nor_the_other_way_round():
    with pytest.raises(LoadError, match="takes images: use a profile such as images"):
        prepare({"v1 row": 1.0}, rows_for(TOLD, None), "m")
    with pytest.raises(LoadError, match="takes rows"):
        prepare(MIX, Rows((Feature("a", False),), ((1.0,),), False), "m")
