"""KServe's own client, over both protocols and its binary encoding."""

import asyncio

import httpx
import numpy as np
import pytest
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from linear_folders import expected, write_folder
from running import Running
from small_inspector import b64, file_of, make_images

ROWS = np.random.default_rng(0).normal(size=(5, 66))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    write_folder(root / "press")
    write_folder(root / "mixed", width=1, categories=1)
    running = Running(root)
    yield running
    running.stop()


def talk(protocol, conversation):
    async def run():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, timeout=20)) as client:
            return await conversation(client)

    return asyncio.run(run())


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_health(server, protocol):
    async def conversation(client):
        assert await client.is_server_live(server.url)
        assert await client.is_model_ready(server.url, "press")
        if protocol == "v2":
            assert await client.is_server_ready(server.url)

    talk(protocol, conversation)


@pytest.mark.parametrize("named", [False, True])
def test_v1(server, named):
    instances = [{f"x{j}": v for j, v in enumerate(row)} for row in ROWS.tolist()] if named else ROWS.tolist()
    found = talk("v1", lambda client: client.infer(server.url, {"instances": instances}, model_name="press"))
    np.testing.assert_allclose([row["probability"] for row in found["predictions"]], expected(ROWS), rtol=1e-12)


def matrix_input(rows, datatype, binary):
    kinds = {"FP64": np.float64, "FP32": np.float32, "FP16": np.float16, "INT64": np.int64}
    entry = InferInput("input-0", list(rows.shape), datatype)
    entry.set_data_from_numpy(rows.astype(kinds[datatype]), binary_data=binary)
    return entry


@pytest.mark.parametrize(
    ("datatype", "binary"),
    [("FP64", False), ("FP64", True), ("FP32", False), ("FP32", True), ("FP16", True), ("INT64", True)],
)
@pytest.mark.parametrize("binary_output", [False, True])
def test_v2(server, datatype, binary, binary_output):
    entry = matrix_input(ROWS, datatype, binary)
    parameters = {"binary_data_output": True} if binary_output else {}
    request = InferRequest("press", [entry], request_id="r-1", parameters=parameters)
    answer = talk("v2", lambda client: client.infer(server.url, request, model_name="press"))
    assert answer.id == "r-1" and answer.model_name == "press"
    outputs = {output.name: output.as_numpy() for output in answer.outputs}
    kind = {"FP64": "f8", "FP32": "f4", "FP16": "f2", "INT64": "i8"}[datatype]
    np.testing.assert_allclose(outputs["probability"], expected(ROWS.astype(kind)), rtol=1e-6)
    labels = [value.decode() if isinstance(value, bytes) else value for value in outputs["label"]]
    assert labels == ["fail" if p >= 0.5 else "pass" for p in outputs["probability"]]


def test_v2_with_chosen_binary_outputs(server):
    outputs = [RequestedOutput("probability", {"binary_data": True}), RequestedOutput("label", {"binary_data": False})]
    request = InferRequest("press", [matrix_input(ROWS, "FP64", True)], request_outputs=outputs)
    answer = talk("v2", lambda client: client.infer(server.url, request, model_name="press"))
    assert [output.name for output in answer.outputs] == ["probability", "label"]
    np.testing.assert_allclose(answer.outputs[0].as_numpy(), expected(ROWS), rtol=1e-12)


@pytest.mark.parametrize("binary", [False, True])
def test_v2_with_a_tensor_for_each_feature(server, binary):
    number, word = InferInput("x0", [2, 1], "FP64"), InferInput("c0", [2, 1], "BYTES")
    number.set_data_from_numpy(np.array([[0.5], [-0.5]]), binary_data=binary)
    word.set_data_from_numpy(np.array([["tin"], ["brass"]], dtype=object), binary_data=binary)
    request = InferRequest("mixed", [number, word])
    answer = talk("v2", lambda client: client.infer(server.url, request, model_name="mixed"))
    by_v1 = {"instances": [[0.5, "tin"], [-0.5, "brass"]]}
    found = talk("v1", lambda client: client.infer(server.url, by_v1, model_name="mixed"))["predictions"]
    outputs = {output.name: output.as_numpy() for output in answer.outputs}
    np.testing.assert_allclose(outputs["probability"], [row["probability"] for row in found], rtol=1e-12)


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_the_client_shows_what_was_wrong(server, protocol):
    body = (
        {"instances": [[1.0]]} if protocol == "v1" else InferRequest("press", [matrix_input(ROWS[:, :3], "FP64", True)])
    )
    with pytest.raises(httpx.HTTPStatusError, match="66") as caught:
        talk(protocol, lambda client: client.infer(server.url, body, model_name="press"))
    assert caught.value.response.status_code == 400


IMAGES = make_images(n=5, seed=3).images


@pytest.fixture(scope="module")
def images_server(inspected):
    running = Running(inspected().folder)
    yield running
    running.stop()


def told(made):
    return made.inspector.probabilities(IMAGES)


def test_images_by_v1(images_server, inspected):
    body = {"instances": [b64(file_of(own)) for own in IMAGES]}
    found = talk("v1", lambda client: client.infer(images_server.url, body, model_name="steel"))["predictions"]
    np.testing.assert_allclose([list(one["probabilities"].values()) for one in found], told(inspected()), atol=1e-4)


@pytest.mark.parametrize("binary_output", [False, True])
@pytest.mark.parametrize("form", ["pixels", "pixels in binary", "files", "files in binary"])
def test_images_by_v2(images_server, inspected, form, binary_output):
    binary = "binary" in form
    if form.startswith("pixels"):
        entry, values = InferInput("images", list(IMAGES.shape), "UINT8"), IMAGES
    else:
        entry = InferInput("images", [5], "BYTES")
        contents = [file_of(own) for own in IMAGES]
        values = np.array(contents if binary else [b64(content)["b64"] for content in contents], dtype=object)
    entry.set_data_from_numpy(values, binary_data=binary)
    parameters = {"binary_data_output": True} if binary_output else {}
    request = InferRequest("steel", [entry], request_id="r-1", parameters=parameters)
    answer = talk("v2", lambda client: client.infer(images_server.url, request, model_name="steel"))
    outputs = {output.name: output.as_numpy() for output in answer.outputs}
    np.testing.assert_allclose(outputs["probabilities"], told(inspected()), atol=1e-4)
    assert outputs["probability"].dtype == np.float32 and len(outputs["label"]) == 5
