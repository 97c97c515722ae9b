"""A folder that is incomplete, changed or nonsense is refused in one line, whatever is wrong with it."""

import copy
import json
import os
import re

import numpy as np
import pytest
from safetensors.numpy import load, save

from serving.model_folder import BrokenModel, ModelFolder
from serving.model_folder import files as folder_files
from serving.model_folder.features import to_matrix
from serving.model_folder.files import MODEL, SUMS, write_sums

WEIGHTS = "model.safetensors"


def refused(folder):
    """The message, which is one line that names the folder."""
    with pytest.raises(BrokenModel) as caught:
        ModelFolder.read(folder)
    message = str(caught.value)
    assert message.startswith(str(folder)) and "\n" not in message and len(message) < 800
    return message


def sign(folder):
    (folder / SUMS).unlink(missing_ok=True)
    write_sums(folder)


def rewrite(folder, change):
    """Change the values of model.json, with a fitting SHA256SUMS."""
    model = json.loads((folder / MODEL).read_text())
    changed = change(model)
    (folder / MODEL).write_text(json.dumps(model if changed is None else changed))
    sign(folder)


def answers(folder):
    read = ModelFolder.read(folder)
    return read.threshold, read.predictor().probabilities(to_matrix(read.features, read.example_rows)).tolist()


KINDS = ["linear", "additive", "tree", "svm", "boosting", "vote"]


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_files_are_refused(kind, own_folder):
    folder = own_folder(kind)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for length in {0, 1, 7, 8, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:length])
            refused(folder)
        path.write_bytes(whole)
    ModelFolder.read(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bytes_are_refused(kind, own_folder):
    folder, rng = own_folder(kind), np.random.default_rng(0)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in rng.integers(len(whole), size=25):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(flipped)
            refused(folder)
        path.write_bytes(whole)
    ModelFolder.read(folder)


@pytest.mark.parametrize("kind", ["linear", "additive", "svm", "boosting"])
def test_flipped_weights_under_a_fitting_checksum_are_refused_or_harmless(kind, own_folder):
    folder, rng = own_folder(kind), np.random.default_rng(1)
    path = next(path for path in folder.iterdir() if path.name not in (MODEL, SUMS))
    whole, before = path.read_bytes(), answers(folder)
    for place in rng.integers(len(whole), size=150):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        sign(folder)
        try:
            after = answers(folder)
        except BrokenModel:
            continue
        np.testing.assert_allclose(after[1], before[1], atol=1e-6)


def test_missing_and_foreign_things_are_refused(own_folder, tmp_path):
    folder = own_folder()
    assert "SHA256SUMS" in refused(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty")
    (folder / WEIGHTS).unlink()
    assert WEIGHTS in refused(folder)
    (folder / WEIGHTS).mkdir()
    assert "not a plain file" in refused(folder)
    (folder / WEIGHTS).rmdir()
    os.mkfifo(folder / WEIGHTS)
    assert "not a plain file" in refused(folder)


def test_other_files_beside_the_model_are_no_matter(own_folder):
    folder = own_folder()
    before = ModelFolder.read(folder).digest
    (folder / "SUCCESS").write_text("")
    assert ModelFolder.read(folder).digest == before


def test_huge_files_are_not_even_read(own_folder, monkeypatch):
    monkeypatch.setattr(folder_files, "LARGEST_WEIGHTS", 100)
    assert "accepted: at most 100" in refused(own_folder())
    monkeypatch.undo()
    folder = own_folder("tree")
    with (folder / MODEL).open("r+b") as file:
        file.truncate(1 << 40)  # a hole, not a terabyte
    assert "accepted: at most" in refused(folder)


@pytest.mark.parametrize(
    "line",
    [
        f"{'0' * 64}  ../../etc/passwd",
        f"{'0' * 64}  /etc/passwd",
        f"{'0' * 64}  .hidden",
        f"{'0' * 64}  a/b",
        f"{'0' * 64}  a\\b",
        f"{'0' * 64}  {SUMS}",
        f"{'0' * 64} {WEIGHTS}",
        f"{'0' * 63}  other",
        "nonsense",
        "",
        "\u00e9",
    ],
)
def test_only_plain_names_are_listed(line, own_folder):
    folder = own_folder()
    with (folder / SUMS).open("a", encoding="utf-8") as sums:
        sums.write(line + "\n")
    assert SUMS in refused(folder)


@pytest.mark.parametrize(
    "name", ["../press/model.safetensors", "/etc/passwd", "", None, 3, "other", "model.json", ["a"]]
)
def test_a_predictor_reads_only_listed_weights(name, own_folder):
    folder = own_folder()
    rewrite(folder, lambda model: model["predictor"].update(file=name))
    refused(folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "{",
        '{"format": NaN}',
        '{"format": Infinity}',
        '{"a": "\\ud800"}',
        "\u00ff\u00fe",
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_what_is_no_json_object_is_refused(text, own_folder):
    folder = own_folder()
    (folder / MODEL).write_text(text, encoding="utf-8")
    sign(folder)
    refused(folder)


def at(path, value):
    """A change that puts value at a path such as features.0.low; the value `del` takes the field away."""

    def change(model):
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            model = model[step]
        if value is DELETE:
            del model[last]
        else:
            model[last] = value

    return change


DELETE = object()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("format", "other", "format must be 'rarefault-model'"),
        ("format_version", 2, "format_version must be 1"),
        ("format_version", True, "format_version"),
        ("name", "", "name"),
        ("name", "a/b", "letters, digits"),
        ("name", "a b", "letters, digits"),
        ("version", 3, "version must be a string"),
        ("threshold", -0.1, "threshold must be >= 0"),
        ("threshold", None, "threshold must be a finite number"),
        ("threshold", True, "threshold must be a finite number"),
        ("threshold", "0.5", "threshold"),
        ("threshold", 10**400, "threshold"),
        ("labels", {"positive": "x", "negative": "x"}, "another word"),
        ("labels", None, "labels must be an object"),
        ("features", [], "one or more features"),
        ("features", {}, "features must be a list"),
        ("features.1", None, "features[1] must be an object"),
        ("features.1.name", "force_peak", "names differ"),
        ("features.1.kind", "text", "number, integer, category"),
        ("features.1.low", 1e9, "low must be at most high"),
        ("features.1.low", DELETE, "low must be a finite number, got nothing"),
        ("features.1.high", "9", "high"),
        ("features.1.fill", None, "fill"),
        ("features.1.has_gaps", 0, "has_gaps must be true or false"),
        ("features.1.reference.edges", [2.0, 1.0], "edges must be increasing"),
        ("features.1.reference.edges", [1.0, 1.0], "edges must be increasing"),
        ("features.1.reference.edges", [1.0], "shares"),
        ("features.1.reference.shares", [2.0, -1.0], "shares"),
        ("features.1.reference", DELETE, "reference must be an object"),
        ("features.4.levels", [], "at least one level"),
        ("features.4.levels", None, "levels must be a list"),
        ("features.4.levels", ["a", "a", "b"], "strings that differ"),
        ("features.4.levels", ["brass", "steel"], "one fewer than the 2 levels"),
        ("features.4.fill", "gold", "one of the levels"),
        ("ignored", ["force_peak"], "no features"),
        ("ignored", [1], "strings"),
        ("predictor", None, "kind must be one of"),
        ("predictor.kind", "pickle", "kind must be one of"),
        ("predictor.kind", ["linear"], "kind must be one of"),
        ("predictor.kind", "onnx", "onnxruntime refuses"),
        ("predictor.kind", "additive", "lack"),
        ("predictor.kind", "vote", "members"),
        ("example", None, "example must be an object"),
        ("example.rows", [], "one or more rows"),
        ("example.rows.0", [1.0], "rows of 6 values"),
        ("example.rows.0.0", "brass", "rows must be complete rows"),
        ("example.rows.0.0", None, "rows must be complete rows"),
        ("example.rows.0.4", 1.0, "rows must be complete rows"),
        ("example.rows.0.4", "gold", "rows must be complete rows"),
        ("example.rows.0.0", 1e6, "not those in model.json"),
        ("example.probabilities", [0.5], "one a row"),
        ("example.probabilities.0", 1.5, "not those in model.json"),
        ("facts", [], "facts must be an object"),
        ("created", None, "created"),
        ("parity", DELETE, "parity must be an object"),
    ],
)
def test_wrong_values_are_named(path, value, said, own_folder):
    folder = own_folder()
    rewrite(folder, at(path, value))
    assert said in refused(folder)


JUNK = [None, True, -1, 10**400, 0.5, "", "x" * 10_000, [], [None], [[1]], {}, {"a": 1}, "\u2028\n", [1.0] * 6]


def paths(values, so_far=()):
    """Every place in nested JSON values."""
    inner = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in inner:
        yield (*so_far, key)
        yield from paths(value, (*so_far, key))


@pytest.mark.parametrize("kind", ["linear", "vote"])
def test_junk_anywhere_in_the_model_is_refused_or_harmless(kind, own_folder):
    folder, rng = own_folder(kind), np.random.default_rng(2)
    model = json.loads((folder / MODEL).read_text())
    places = [place for place in paths(model) if place[0] != "features" or place[1:2] in ((), (0,), (4,))]
    for place in places if kind == "linear" else [place for place in places if place[0] == "predictor"]:
        for i in rng.choice(len(JUNK), size=3, replace=False):
            changed = copy.deepcopy(model)
            inner = changed
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = JUNK[i]
            (folder / MODEL).write_text(json.dumps(changed))
            sign(folder)
            try:
                ModelFolder.read(folder)
            except BrokenModel as problem:
                assert re.fullmatch(r"[^\n]{10,700}", str(problem)), place


def poke(name, value):
    def change(arrays):
        arrays[name] = arrays[name].copy()
        arrays[name][0] = value

    return change


def replace(name, values):
    return lambda arrays: arrays.update({name: values})


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("linear", poke("coefficient", np.nan), "not finite"),
        ("linear", poke("intercept", np.inf), "not finite"),
        ("linear", poke("centre", 1e300), "at most 1e+290"),
        ("linear", poke("level_feature", 6), "0 .. 5"),
        ("linear", poke("level_feature", -1), "0 .. 5"),
        ("linear", replace("coefficient", np.zeros(5)), "float64 (6,)"),
        ("linear", replace("coefficient", np.zeros((6, 1))), "float64 (6,)"),
        ("linear", replace("coefficient", np.zeros(6, dtype=np.float32)), "float64 (6,)"),
        ("linear", lambda arrays: arrays.pop("centre"), "lack 'centre'"),
        ("additive", poke("width", 0.0), "must be > 0"),
        ("additive", poke("width", -1.0), "must be > 0"),
        ("additive", poke("scale", 0.0), "must be > 0"),
        ("additive", poke("ramp_weight", 1.7e308), "not those in model.json"),
        ("additive", poke("feature", 99), "0 .. 5"),
        ("additive", replace("ramp_weight", np.zeros(1)), "float64"),
        ("additive", lambda arrays: arrays.update(ramp_weight=np.full_like(arrays["width"], 1.7e308)), "sum is not"),
    ],
)
def test_unusable_weights_are_named(kind, change, said, own_folder):
    folder = own_folder(kind)
    arrays = load((folder / WEIGHTS).read_bytes())
    change(arrays)
    (folder / WEIGHTS).write_bytes(save(arrays))
    sign(folder)
    assert said in refused(folder)


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 64, b"\xff" * 8 + b"{}", b"\x02" + b"\x00" * 7 + b"{}"])
@pytest.mark.parametrize("kind", ["linear", "boosting"])
def test_foreign_weight_files_are_refused(kind, content, own_folder):
    folder = own_folder(kind)
    path = next(path for path in folder.iterdir() if path.name not in (MODEL, SUMS))
    path.write_bytes(content)
    sign(folder)
    refused(folder)


def test_a_graph_for_other_features_is_refused(own_folder, exported, tmp_path):
    folder = own_folder("boosting")
    (folder / "model.onnx").write_bytes((exported("boosting", "numbers").folder / "model.onnx").read_bytes())
    sign(folder)
    assert "[6]" in refused(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (at("predictor.members", []), "members"),
        (at("predictor.members.0", 3), "members"),
        (at("predictor.members.0.weight", 0), "weights of a vote"),
        (at("predictor.members.0.weight", True), "weights of a vote"),
        (at("predictor.members.0.weight", 10**400), "weights of a vote"),
        (at("predictor.members.0.weight", 7.0), "not those in model.json"),
        (at("predictor.members.0.predictor.kind", "vote"), "kind must be one of ['additive', 'linear', 'onnx']"),
        (at("predictor.members.0.predictor", None), "kind must be one of"),
    ],
)
def test_a_wrong_vote_is_refused(change, said, own_folder):
    folder = own_folder("vote")
    rewrite(folder, change)
    assert said in refused(folder)


def test_sha256sum_reads_the_list_too(exported):
    import shutil
    import subprocess

    if not shutil.which("sha256sum"):
        pytest.skip("no sha256sum on this machine")
    folder = exported("vote").folder
    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, check=True, capture_output=True)
