"""Images asked for in every way get the answers that torch gives, and are counted, logged and described."""

import hashlib
import io
import json
import shutil
import time

import numpy as np
import pytest
from asgi_calls import ask, make_app
from image_bodies import INFER, PREDICT, binary, elements, files, instances, of_binary, pixels
from linear_folders import write_folder
from PIL import Image
from small_inspector import CLASSES, b64, file_of, inspect, make_images

from serving.server.app import App
from serving.server.limits import Limits
from serving.server.reloading import apply
from serving.server.repository import Repository
from serving.server.request_log import RequestLog

IMAGES = make_images(n=20, seed=7).images


@pytest.fixture(scope="module")
def made(inspected):
    return inspected()


@pytest.fixture
def app(made):
    return make_app(made.folder)


@pytest.fixture(scope="module")
def truth(made):
    return made.inspector.probabilities(IMAGES)


def close(predictions, truth):
    """Whether V1's predictions are what torch says, (n, k)."""
    assert [one["label"] for one in predictions] == [CLASSES[code] for code in truth.argmax(axis=1)]
    for one, own in zip(predictions, truth.tolist(), strict=True):
        assert one["probabilities"] == pytest.approx(dict(zip(CLASSES, own, strict=True)), abs=1e-4)
        assert one["probability"] == one["probabilities"][one["label"]]
        assert one["defect_probability"] == pytest.approx(1 - one["probabilities"]["intact"], abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 16, 17, 20])
def test_v1_files(app, truth, n):
    reply = ask(app, PREDICT, instances(*map(file_of, IMAGES[:n])))
    answer = reply.json()
    assert reply.status == 200 and reply.headers[b"content-type"] == b"application/json"
    assert answer["model_name"] == "steel" and answer["model_version"] == "3"
    close(answer["predictions"], truth[:n])


def test_v1_the_other_form(app, truth):
    body = {"instances": [{"image": b64(file_of(own))} for own in IMAGES[:3]]}
    close(ask(app, PREDICT, body).json()["predictions"], truth[:3])


def test_v1_rows_of_pixels(app, truth):
    body = {"instances": [own[0].tolist() for own in IMAGES[:3]]}
    close(ask(app, PREDICT, body).json()["predictions"], truth[:3])
    coloured = {"instances": [np.repeat(own, 3, axis=0).transpose(1, 2, 0).tolist() for own in IMAGES[:3]]}
    close(ask(app, PREDICT, coloured).json()["predictions"], truth[:3])


@pytest.mark.parametrize("form", ["json flat", "json nested", "json files", "binary", "binary files", "binary column"])
def test_v2(app, truth, form):
    images, encoded, headers = IMAGES[:5], [file_of(own) for own in IMAGES[:5]], None
    if form == "binary":
        body, headers = binary(pixels(images), images.tobytes(), id="a")
    elif form.startswith("binary"):
        shape = [5] if form == "binary files" else [5, 1]
        body, headers = binary(files(encoded, shape=shape), elements(encoded), id="a")
    else:
        nested = {"json nested": {"data": images.tolist()}}.get(form, {})
        tensor = files(encoded) if form == "json files" else pixels(images, **nested)
        body = {"inputs": [tensor], "id": "a"}
    answer = ask(app, INFER, body, headers).json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("steel", "3", "a")
    found = {output["name"]: output for output in answer["outputs"]}
    assert [(o["datatype"], o["shape"]) for o in found.values()] == [
        ("BYTES", [5]),
        ("FP32", [5]),
        ("FP32", [5, 3]),
        ("FP32", [5]),
    ]
    assert found["label"]["data"] == [CLASSES[code] for code in truth[:5].argmax(axis=1)]
    np.testing.assert_allclose(np.reshape(found["probabilities"]["data"], (5, 3)), truth[:5], atol=1e-4)
    np.testing.assert_allclose(found["probability"]["data"], truth[:5].max(axis=1), atol=1e-4)
    np.testing.assert_allclose(found["defect_probability"]["data"], 1 - truth[:5, 0], atol=1e-4)


def test_v2_binary_outputs(app, truth):
    wanted = [{"name": "probabilities"}, {"name": "label"}]
    body, headers = binary(pixels(IMAGES), IMAGES.tobytes(), outputs=wanted, parameters={"binary_data_output": True})
    reply = ask(app, INFER, body, headers)
    assert reply.headers[b"content-type"] == b"application/octet-stream"
    found = of_binary(reply)
    assert list(found) == ["probabilities", "label"]
    np.testing.assert_allclose(found["probabilities"], truth, atol=1e-4)
    assert found["label"] == [CLASSES[code] for code in truth.argmax(axis=1)]


def test_one_output_as_json(app):
    body = {"inputs": [pixels(IMAGES[:1])], "outputs": [{"name": "label"}]}
    assert [output["name"] for output in ask(app, INFER, body).json()["outputs"]] == ["label"]


def test_every_form_gives_the_same_numbers(app):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 45, 3), dtype=np.uint8))
    values = np.asarray(picture)
    answers = [
        ask(app, PREDICT, instances(file_of(picture))).json()["predictions"][0]["probabilities"],
        ask(app, PREDICT, {"instances": [values.tolist()]}).json()["predictions"][0]["probabilities"],
    ]
    tensor = pixels(values.transpose(2, 0, 1)[None])
    for body, headers in (({"inputs": [tensor]}, None), binary(tensor, values.transpose(2, 0, 1).tobytes())):
        outputs = {output["name"]: output["data"] for output in ask(app, INFER, body, headers).json()["outputs"]}
        answers.append(dict(zip(CLASSES, outputs["probabilities"], strict=True)))
    assert all(answer == answers[0] for answer in answers)


def test_grey_images_for_a_model_of_colours(inspected):
    made = inspected(3)
    app = make_app(made.folder)
    for own in IMAGES[:3]:
        wanted = made.inspector.probabilities(np.repeat(own[None], 3, axis=1))[0]
        found = ask(app, PREDICT, instances(file_of(own))).json()["predictions"][0]["probabilities"]
        assert list(found.values()) == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_jpeg(app, made):
    content = file_of(IMAGES[1], "JPEG", quality=95)
    seen = np.array(Image.open(io.BytesIO(content)))[None, None]
    found = ask(app, PREDICT, instances(content)).json()["predictions"]
    close(found, made.inspector.probabilities(seen))


def test_a_threshold_decides_by_the_probability_of_a_defect(made, tmp_path, truth):
    sure = 1 - truth[:, 0]
    for threshold in (0.0, float(np.sort(sure)[8:10].mean()), 1.0):
        folder = inspect(tmp_path / str(threshold), inspector=made.inspector, threshold=threshold).folder
        found = ask(make_app(folder), PREDICT, instances(*map(file_of, IMAGES))).json()["predictions"]
        wanted = np.where(sure >= threshold, 1 + truth[:, 1:].argmax(axis=1), 0)
        assert [one["label"] for one in found] == [CLASSES[code] for code in wanted]
        assert all(one["probability"] == one["probabilities"][one["label"]] for one in found)


def test_without_a_background_there_is_no_probability_of_a_defect(made, tmp_path):
    app = make_app(inspect(tmp_path / "m", inspector=made.inspector, background="").folder)
    assert set(ask(app, PREDICT, instances(file_of(IMAGES[0]))).json()["predictions"][0]) == {
        "label",
        "probability",
        "probabilities",
    }
    outputs = ask(app, INFER, {"inputs": [pixels(IMAGES[:1])]}).json()["outputs"]
    assert "defect_probability" not in [output["name"] for output in outputs]


def test_what_metadata_says_can_be_sent(app):
    told = ask(app, "/v2/models/steel").json()
    assert told["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 1, 32, 32]}]
    assert {output["name"]: output["shape"] for output in told["outputs"]} == {
        "label": [-1],
        "probability": [-1],
        "probabilities": [-1, 3],
        "defect_probability": [-1],
    }
    parameters = told["parameters"]
    assert parameters["classes"] == list(CLASSES) and parameters["background"] == "intact"
    assert parameters["encoded"]["formats"] == ["PNG", "JPEG"] and "bicubic" in parameters["preparation"]["resize"]
    tensor = {**told["inputs"][0], "shape": [1, 1, 32, 32], "data": [0] * 1024}
    assert ask(app, INFER, {"inputs": [tensor]}).status == 200
    assert ask(app, "/v2/models/steel/versions/3/ready").status == 200
    assert ask(app, "/").json()["models"][0]["image"] == [1, 32, 32]


def metric(app, line):
    found = [text for text in ask(app, "/metrics").content.decode().splitlines() if text.startswith(line + " ")]
    return float(found[0].rpartition(" ")[2])


def test_what_was_seen_is_counted(app, truth):
    for _ in range(12):
        ask(app, PREDICT, instances(*map(file_of, IMAGES)))
    dark = np.zeros((2, 1, 32, 32), dtype=np.uint8)
    ask(app, INFER, {"inputs": [pixels(dark)]})
    ask(app, PREDICT, instances(b"no image"))
    labels = [CLASSES[code] for code in truth.argmax(axis=1)]
    assert metric(app, 'rarefault_predictions_total{model="steel",label="rust"}') >= 12 * labels.count("rust")
    assert metric(app, 'rarefault_confidence_count{model="steel"}') == 242
    assert metric(app, 'rarefault_confidence_bucket{model="steel",le="+Inf"}') == 242
    assert metric(app, 'rarefault_out_of_range_total{model="steel",feature="brightness"}') >= 2
    assert metric(app, 'rarefault_requests_total{model="steel",protocol="v1",status="200"}') == 12
    assert metric(app, 'rarefault_requests_total{model="steel",protocol="v1",status="400"}') == 1
    assert metric(app, 'rarefault_request_seconds_count{model="steel",protocol="v2"}') == 1
    assert metric(app, 'rarefault_drift_rows{model="steel"}') == pytest.approx(242, rel=0.02)


def drift(app, images):
    for _ in range(20):
        ask(app, PREDICT, instances(*map(file_of, images)))
    return metric(app, 'rarefault_drift_psi{model="steel",feature="brightness"}')


def test_darker_images_are_seen_as_drift(made):
    usual = drift(make_app(made.folder), made.images.images[:24])
    assert usual < 0.3 < 1 < drift(make_app(made.folder), made.images.images[:24] // 2)


class Kept:
    def __init__(self):
        self.texts = []

    def write(self, texts):
        self.texts += texts

    def close(self):
        pass


@pytest.mark.parametrize("kind", ["json", "cloudevents"])
def test_the_log_tells_fingerprint_and_size_but_no_pixels(made, kind):
    app, sink = make_app(made.folder), Kept()
    log = RequestLog(kind, sink, app.metrics)
    app.log_to(log)
    log.start()
    content = file_of(Image.fromarray(np.zeros((40, 50), np.uint8)))
    ask(app, PREDICT, instances(content))
    ask(app, INFER, {"inputs": [pixels(IMAGES[:2])], "id": "b"})
    log.stop()
    lines = [json.loads(text) for text in sink.texts]
    first, second = [line["data"] for line in lines] if kind == "cloudevents" else lines
    digest = hashlib.sha256(content).hexdigest()
    assert first["instances"] == [{"sha256": digest, "bytes": len(content), "width": 50, "height": 40}]
    assert set(first["predictions"][0]) == {"label", "probability", "probabilities", "defect_probability"}
    assert second["id"] == "b" and second["protocol"] == "v2" and len(second["instances"]) == 2
    assert all(len(text) < 1500 for text in sink.texts)


def test_tables_and_images_beside_each_other(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "steel")
    write_folder(tmp_path / "press", width=3)
    app = make_app(tmp_path)
    assert ask(app, "/v1/models").json() == {"models": ["press", "steel"]}
    assert ask(app, PREDICT, instances(file_of(IMAGES[0]))).status == 200
    assert ask(app, "/v1/models/press:predict", {"instances": [[1, 2, 3]]}).status == 200
    crossed = ask(app, "/v1/models/press:predict", instances(file_of(IMAGES[0])))
    assert crossed.status == 400 and "'b64'" in crossed.json()["error"]
    assert ask(app, PREDICT, {"instances": [[1, 2, 3]]}).status == 400
    paths = ask(app, "/openapi.json").json()["paths"]
    assert "/v1/models/steel:predict" in paths and "/v1/models/press:predict" in paths
    text = ask(app, "/metrics").content.decode()
    assert 'rarefault_predictions_total{model="press"' in text and 'rarefault_confidence_count{model="steel"}' in text


def test_another_version_takes_over_and_the_counts_go_on(made, tmp_path):
    root = tmp_path / "steel"
    shutil.copytree(made.folder, root)
    app, repository = App(1 << 22, Limits()), Repository(root, "", "refuse")
    apply(repository.look(final=True), app)
    ask(app, PREDICT, instances(file_of(IMAGES[0])))
    time.sleep(0.01)
    inspect(root, inspector=made.inspector, version="4")
    apply(repository.look(), app)
    assert ask(app, PREDICT, instances(file_of(IMAGES[0]))).json()["model_version"] == "4"
    assert metric(app, 'rarefault_confidence_count{model="steel"}') == 2
    (root / "inspector.onnx").write_bytes(b"broken")
    apply(repository.look(), app)
    apply(repository.look(), app)
    assert ask(app, PREDICT, instances(file_of(IMAGES[0]))).json()["model_version"] == "4"
    assert metric(app, 'rarefault_reloads_total{model="steel",result="failed"}') == 1
