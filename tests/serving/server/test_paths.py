"""What is served besides scores."""

import pytest
from asgi_calls import ask, make_app
from linear_folders import write_folder

from serving.server.app import App
from serving.server.limits import Limits

READY = ("/v2/health/ready", "/v1/models/press", "/v2/models/press/ready", "/v2/models/press/versions/1/ready")


@pytest.mark.parametrize("path", ["/v2/health/live", "/healthz"])
def test_live(app, path):
    assert ask(app, path).json() == {"live": True}


@pytest.mark.parametrize("path", READY)
def test_ready(app, path):
    reply = ask(app, path)
    assert reply.status == 200 and reply.json()["ready"] is True
    assert ask(app, path, method="HEAD").status == 200


def test_front_page(app):
    page = ask(app, "/").json()
    assert page["status"] == "alive"
    assert page["models"][0]["predict"] == "/v1/models/press:predict"


def test_lists(app):
    assert ask(app, "/v1/models").json() == ask(app, "/v2/models").json() == {"models": ["press"]}
    assert ask(app, "/v2").json()["extensions"] == ["binary_tensor_data"]


@pytest.mark.parametrize("path", ["/v2/models/press", "/v2/models/press/versions/1"])
def test_metadata(app, mixed_app, path):
    found = ask(app, path).json()
    assert found["versions"] == ["1"] and found["parameters"]["threshold"] == 0.5
    assert found["inputs"] == [{"name": "input-0", "datatype": "FP64", "shape": [-1, 3]}]
    assert found["parameters"]["features"][0] == {"name": "x0", "unit": "N", "kind": "number", "low": -4, "high": 4}
    inputs = ask(mixed_app, path).json()["inputs"]
    assert [entry["datatype"] for entry in inputs] == ["FP64", "FP64", "BYTES"]
    assert ask(mixed_app, path).json()["parameters"]["features"][2]["levels"] == ["brass", "steel", "tin"]


def test_what_metadata_says_can_be_sent(mixed_app):
    about = ask(mixed_app, "/v2/models/press").json()
    data = {"FP64": [0.5], "BYTES": ["tin"]}
    inputs = [{**entry, "shape": [1], "data": data[entry["datatype"]]} for entry in about["inputs"]]
    assert ask(mixed_app, "/v2/models/press/infer", {"inputs": inputs}).status == 200


def test_nothing_is_ready_without_a_model():
    app = App(1 << 20, Limits(10))
    assert ask(app, "/v2/health/ready").status == 503 and ask(app, "/v2/health/live").status == 200
    reply = ask(app, "/v1/models/press:predict", {"instances": []})
    assert reply.status == 404 and "served: none" in reply.json()["error"]


def test_several_models(tmp_path):
    write_folder(tmp_path / "one", width=3, version="7")
    write_folder(tmp_path / "two", width=2, categories=1)
    app = make_app(tmp_path)
    assert ask(app, "/v1/models").json() == {"models": ["one", "two"]}
    assert ask(app, "/v1/models/one:predict", {"instances": [[1, 2, 3]]}).json()["model_version"] == "7"
    assert ask(app, "/v1/models/two:predict", {"instances": [[1, 2, "tin"]]}).json()["model_name"] == "two"
    assert ask(app, "/v1/models/two:predict", {"instances": [[1, 2, 3]]}).status == 400
    assert ask(app, "/v2/health/ready").status == 200


def test_one_broken_model_among_several(tmp_path):
    write_folder(tmp_path / "one", width=3)
    (write_folder(tmp_path / "two") / "weights.safetensors").write_bytes(b"nothing")
    app = make_app(tmp_path)
    assert ask(app, "/v1/models/one:predict", {"instances": [[1, 2, 3]]}).status == 200
    for path in ("/v1/models/two", "/v2/models/two", "/v2/models/two/ready", "/v2/health/ready"):
        assert ask(app, path).status == 503
    for path in ("/v1/models/two:predict", "/v2/models/two/infer"):
        reply = ask(app, path, {"instances": [[1, 2, 3]]})
        assert reply.status == 503 and "weights.safetensors" in reply.json()["error"]


def test_folders_of_odd_names_are_left_out(tmp_path):
    for name in (".hidden", "two words", "caf\u00e9", "good"):
        write_folder(tmp_path / name, width=3)
    assert ask(make_app(tmp_path), "/v1/models").json() == {"models": ["good"]}


def test_names(tmp_path):
    folder = write_folder(tmp_path / "models" / "inner", width=3, name="own-name")
    rows = {"instances": [[1, 2, 3]]}
    assert ask(make_app(folder), "/v1/models/own-name:predict", rows).json()["model_name"] == "own-name"
    assert ask(make_app(folder, "given"), "/v1/models/given:predict", rows).json()["model_name"] == "given"
    assert ask(make_app(tmp_path / "models"), "/v1/models/inner:predict", rows).status == 200
    assert ask(make_app(tmp_path / "models", "given"), "/v1/models/given:predict", rows).status == 200


def test_labels_of_any_text(tmp_path):
    labels = {"positive": 'no "good"\n\u00e9', "negative": ""}
    app = make_app(write_folder(tmp_path / "m", width=3, labels=labels))
    tensors = {"inputs": [{"name": "m", "shape": [2, 3], "datatype": "FP64", "data": [9, -9, 9, -9, 9, -9]}]}
    for rows in ([[9, -9, 9]], [[9, -9, 9], [-9, 9, -9]]):
        found = {
            row["label"] for row in ask(app, "/v1/models/press:predict", {"instances": rows}).json()["predictions"]
        }
        assert found <= set(labels.values())
    assert set(ask(app, "/v2/models/press/infer", tensors).json()["outputs"][0]["data"]) == set(labels.values())
