"""Inspectors as model folders: they answer as torch does, or are not written; broken folders are refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from small_inspector import CLASSES, SIZE, file_of, inspect, make_images

from rarefault.errors import InputError
from serving.exporting import ParityError, export_image
from serving.model_folder import BrokenModel, ModelFolder, read_folder
from serving.model_folder.files import write_sums
from serving.model_folder.images import ImageFolder


def read_json(folder):
    return json.loads((folder / "model.json").read_text())


@pytest.mark.parametrize("channels", [1, 3])
def test_the_folder_answers_as_torch_does(inspected, channels):
    made = inspected(channels)
    images = make_images(channels, n=70, seed=5).images
    network = read_folder(made.folder).network()
    wanted = made.inspector.probabilities(images)
    found = network.probabilities(images)
    assert found.dtype == np.float32 and found.shape == (70, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(network.probabilities(images[:1]), wanted[:1], atol=1e-5)
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).all()
    assert made.parity["rows"] == 48 and made.parity["labels_differ"] == 0 and made.parity["largest_difference"] < 1e-5


def test_the_folder_describes_the_model(inspected):
    made = inspected()
    model, read = read_json(made.folder), read_folder(made.folder)
    assert isinstance(read, ImageFolder)
    assert (model["kind"], model["format_version"], model["name"], model["version"]) == ("image", 2, "steel", "3")
    assert read.classes == CLASSES and read.background == "intact" and read.threshold is None
    assert model["input"]["channels"] == 1 and model["input"]["height"] == model["input"]["width"] == SIZE
    assert model["input"]["range"] == [0, 255] and "bicubic" in model["input"]["preparation"]["resize"]
    assert {"rarefault", "torch", "onnx", "pillow", "python"} <= set(model["versions"])
    assert [one.name for one in read.statistics] == ["brightness", "contrast", "sharpness"]
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(
        ["SHA256SUMS", "model.json", "inspector.onnx", *(f"example-{at}.png" for at in range(4))]
    )


def test_the_examples_are_training_images(inspected):
    made = inspected()
    read = read_folder(made.folder)
    images = read.example_images()
    known = {own.tobytes() for own in made.images.images}
    assert all(own.tobytes() in known for own in images)
    np.testing.assert_allclose(made.inspector.probabilities(images), read.example_probabilities, atol=1e-6)


def test_the_statistics_are_those_of_the_training_images(inspected):
    made = inspected()
    brightness, contrast, _ = read_folder(made.folder).statistics
    means = made.images.images.reshape(48, -1).mean(axis=1)
    deviations = made.images.images.reshape(48, -1).std(axis=1)
    assert (brightness.low, brightness.high) == pytest.approx((means.min(), means.max()))
    assert (contrast.low, contrast.high) == pytest.approx((deviations.min(), deviations.max()))
    assert sum(brightness.shares) == pytest.approx(1)


class Changed:
    """An inspector that answers otherwise than what it exports."""

    def __init__(self, inspector, change):
        self.classes_, self.shape_, self.export_onnx = inspector.classes_, inspector.shape_, inspector.export_onnx
        self.probabilities = lambda images: change(inspector.probabilities(images))


CHANGES = {
    "one probability": (lambda p: p + np.where(np.arange(len(p))[:, None] == 7, [[2e-4, -2e-4, 0]], 0), "0 labels"),
    "one label": (lambda p: np.where(np.arange(len(p))[:, None] == 7, p[:, [1, 2, 0]], p), "1 labels"),
    "a NaN": (lambda p: np.where(np.arange(len(p))[:, None] == 7, np.nan, p), "nan"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_a_model_that_answers_otherwise_is_not_written(inspected, tmp_path, change, said):
    made = inspected()
    shutil.copytree(made.folder, tmp_path / "steel")
    before = read_folder(tmp_path / "steel").digest
    for target in (tmp_path / "steel", tmp_path / "new"):
        with pytest.raises(ParityError, match=said):
            inspect(target, inspector=Changed(made.inspector, change))
    assert read_folder(tmp_path / "steel").digest == before
    assert [path.name for path in tmp_path.iterdir()] == ["steel"]


def test_a_graph_for_other_images_is_not_written(inspected, tmp_path):
    made = inspected()
    other = Changed(made.inspector, lambda p: p)
    other.classes_ = (*CLASSES, "scratches")
    with pytest.raises(ParityError, match="must lead from"):
        inspect(tmp_path / "new", inspector=other)
    assert not (tmp_path / "new").exists()


def test_weights_beside_the_graph_come_into_it(inspected, tmp_path):
    """Some exporters of torch write large weights into a second file."""
    import onnx

    made = inspected()

    class Split(Changed):
        def export_onnx(self, path):
            model = onnx.load(made.inspector.export_onnx(path))
            onnx.save(model, path, save_as_external_data=True, location="weights.data", size_threshold=0)
            return path

    split = Split(made.inspector, lambda p: p)
    split.export_onnx = lambda path: Split.export_onnx(split, path)
    assert inspect(tmp_path / "new", inspector=split).parity["labels_differ"] == 0


def test_a_threshold_needs_a_background(inspected, tmp_path):
    made = inspected()
    assert read_folder(inspect(tmp_path / "a", inspector=made.inspector, threshold=0.2).folder).threshold == 0.2
    with pytest.raises(ValueError, match="background"):
        inspect(tmp_path / "b", inspector=made.inspector, background="", threshold=0.2)
    assert read_folder(inspect(tmp_path / "c", inspector=made.inspector, background="").folder).background == ""


@pytest.mark.parametrize("options", [{"name": "a/b"}, {"version": ""}, {"threshold": 1.5}])
def test_arguments_that_make_no_sense(inspected, tmp_path, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        inspect(tmp_path / "new", inspector=inspected().inspector, **options)


def test_images_of_another_shape(inspected, tmp_path):
    with pytest.raises(ValueError, match=r"\(n, 1, 32, 32\)"):
        export_image(inspected().inspector, make_images(3), tmp_path / "new", name="steel", version="1")


def test_a_folder_that_holds_something_else_stays(inspected, tmp_path):
    (tmp_path / "precious").write_text("x")
    with pytest.raises(InputError, match="no model folder"):
        inspect(tmp_path, inspector=inspected().inspector)
    assert (tmp_path / "precious").exists()


def test_a_table_is_no_image_and_the_other_way_round(inspected, exported):
    assert isinstance(read_folder(exported("linear").folder), ModelFolder)
    with pytest.raises(BrokenModel, match="format_version must be 1"):
        ModelFolder.read(inspected().folder)
    with pytest.raises(BrokenModel, match="format_version must be 2"):
        ImageFolder.read(exported("linear").folder)


def graph(shape, classes, output="probabilities"):
    """A graph that answers alike to every image."""
    share = helper.make_tensor("share", TensorProto.FLOAT, [1, classes], [1 / classes] * classes)
    nodes = [
        helper.make_node("Shape", ["images"], ["all"]),
        helper.make_node("Gather", ["all", "first"], ["n"]),
        helper.make_node("Concat", ["n", "one"], ["wide"], axis=0),
        helper.make_node("Expand", ["share", "wide"], [output]),
    ]
    numbers = [helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in (("first", 0), ("one", 1))]
    into = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", *shape])
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", classes])
    made = helper.make_graph(nodes, "alike", [into], [out], [share, *numbers])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def changed(**values):
    return lambda model, folder: model.update(values)


def inside(part, **values):
    return lambda model, folder: model[part].update(values)


def file(name, content):
    return lambda model, folder: (folder / name).write_bytes(content)


def missing(name):
    return lambda model, folder: (folder / name).unlink()


BROKEN = {
    "another kind": (changed(kind="sound"), "kind must be 'image'"),
    "no kind": (lambda model, folder: model.pop("kind"), "format_version must be 1"),
    "a later format": (changed(format_version=3), "format_version must be 2"),
    "one class": (changed(classes=["intact"]), "classes must be 2 to"),
    "a class twice": (changed(classes=["intact", "pits", "pits"]), "that differ"),
    "an empty class": (changed(classes=["intact", "pits", ""]), "not empty"),
    "another number of classes": (changed(classes=["intact", "pits"]), "2 numbers"),
    "unknown background": (changed(background="fine"), "one of the classes"),
    "no background": (lambda model, folder: model.pop("background"), "background must be a string"),
    "threshold without background": (changed(background="", threshold=0.2), "without a background"),
    "negative threshold": (changed(threshold=-0.1), "threshold must be >= 0"),
    "two channels": (inside("input", channels=2), "channels must be 1 or 3"),
    "other channels": (inside("input", channels=3), "must lead from"),
    "boolean height": (inside("input", height=True), "height must be from 1"),
    "zero width": (inside("input", width=0), "width must be from 1"),
    "huge width": (inside("input", width=10**9), "width must be from 1"),
    "another range": (inside("input", range=[0, 1]), r"range must be \[0, 255\]"),
    "another preparation": (inside("input", preparation={"resize": "nearest"}), "preparation must be"),
    "no statistics": (changed(statistics=[]), "brightness, contrast, sharpness"),
    "no predictor": (changed(predictor=None), "kind must be 'onnx'"),
    "a table's predictor": (changed(predictor={"kind": "linear", "file": "inspector.onnx"}), "kind must be 'onnx'"),
    "another file": (changed(predictor={"kind": "onnx", "file": "../inspector.onnx"}), "must be one of"),
    "no graph": (missing("inspector.onnx"), "must be one of"),
    "no ONNX": (file("inspector.onnx", b"onnx"), "onnxruntime refuses"),
    "an empty graph": (file("inspector.onnx", b""), "onnxruntime refuses"),
    "a graph of larger images": (file("inspector.onnx", graph([1, 64, 64], 3)), "must lead from"),
    "a graph of more classes": (file("inspector.onnx", graph([1, 32, 32], 4)), "must lead from"),
    "a graph of another output": (file("inspector.onnx", graph([1, 32, 32], 3, "p")), "must lead from"),
    "another model's graph": (file("inspector.onnx", graph([1, 32, 32], 3)), "examples' probabilities are"),
    "no examples": (inside("example", files=[], probabilities=[]), "one or more files"),
    "an unknown example": (inside("example", files=["a.png"] * 1), "one or more files"),
    "an example missing": (missing("example-1.png"), "one or more files"),
    "too few probabilities": (inside("example", probabilities=[[1, 0, 0]]), "one list a file"),
    "probabilities of two": (inside("example", probabilities=[[1, 0]] * 4), "lists of 3 numbers"),
    "probabilities of sum 2": (inside("example", probabilities=[[1, 1, 0]] * 4), "sum 1"),
    "a broken example": (file("example-2.png", b"\x89PNG\r\n\x1a\n"), "an example image is damaged"),
    "an example that is another": (
        file("example-2.png", file_of(np.zeros((1, SIZE, SIZE), np.uint8))),
        "examples' probabilities are",
    ),
}


@pytest.mark.parametrize(("change", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_folder_is_refused_in_one_line(inspected, tmp_path, change, said):
    folder = Path(shutil.copytree(inspected().folder, tmp_path / "steel"))
    model = read_json(folder)
    (folder / "SHA256SUMS").unlink()
    change(model, folder)
    (folder / "model.json").write_text(json.dumps(model))
    write_sums(folder)
    with pytest.raises(BrokenModel, match=said) as caught:
        read_folder(folder)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


def test_a_changed_weight_file_is_refused(inspected, tmp_path):
    folder = Path(shutil.copytree(inspected().folder, tmp_path / "steel"))
    content = bytearray((folder / "inspector.onnx").read_bytes())
    content[-40] ^= 1
    (folder / "inspector.onnx").write_bytes(content)
    with pytest.raises(BrokenModel, match="incomplete or was changed"):
        read_folder(folder)
