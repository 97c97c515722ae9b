"""A folder appears whole or not at all, and only if its model answers as the classifier does."""

import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from rarefault.errors import InputError, StepError
from serving.exporting import ParityError, export
from serving.exporting import placing as placing_module
from serving.exporting.estimators import MEMBERS
from serving.exporting.features import binned, decile_edges
from serving.model_folder import ModelFolder
from serving.model_folder.files import MODEL


@pytest.fixture
def press(tables, fitted):
    """A fitted linear model of its own and its training rows."""
    table = tables("mixed", n=80)
    return fitted("linear", table), table


def send(model, table, folder, **other):
    return export(model, table, folder, **{"name": "press", "version": "1", **other})


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_but_the_folder_is_left(press, tmp_path):
    send(*press, tmp_path / "new" / "press")
    assert names_in(tmp_path / "new") == ["press"]
    assert names_in(tmp_path / "new" / "press") == ["SHA256SUMS", "model.json", "model.safetensors"]


def test_other_users_may_read_it(press, tmp_path):
    before = os.umask(0o022)
    try:
        send(*press, tmp_path / "press")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "press").iterdir()}
    assert stat.S_IMODE((tmp_path / "press").stat().st_mode) == 0o755 and modes == {0o644}


@pytest.mark.parametrize("shift", [2e-6, np.nan])
def test_a_model_with_other_probabilities_is_not_kept(shift, press, tmp_path, monkeypatch):
    model, table = press
    right = model.scores(table.X)
    monkeypatch.setattr(model, "scores", lambda X: right + np.where(np.arange(len(X)) == 7, shift, 0.0))
    with pytest.raises(ParityError, match="at most 1e-06") as caught:
        send(model, table, tmp_path / "press")
    assert isinstance(caught.value, StepError)
    assert not names_in(tmp_path)


def test_a_model_with_another_label_is_not_kept(press, tmp_path, monkeypatch):
    model, table = press
    model.threshold = float(np.sort(model.scores(table.X))[40])
    below = np.nextafter(model.threshold, 0.0)
    right = model.scores(table.X)
    monkeypatch.setattr(model, "scores", lambda X: np.where(right == model.threshold, below - 1e-9, right))
    with pytest.raises(ParityError, match="on 1 labels of 80 training rows"):
        send(model, table, tmp_path / "press")
    assert not names_in(tmp_path)


def test_a_model_is_replaced_and_a_bad_one_replaces_nothing(press, tmp_path, monkeypatch):
    model, table = press
    send(model, table, tmp_path / "press")
    send(model, table, tmp_path / "press", version="2")
    assert ModelFolder.read(tmp_path / "press").version == "2"
    monkeypatch.setattr(model, "scores", lambda X: np.full(len(X), 0.5))
    with pytest.raises(ParityError):
        send(model, table, tmp_path / "press", version="3")
    assert ModelFolder.read(tmp_path / "press").version == "2"
    assert names_in(tmp_path) == ["press"]


def test_the_former_model_stays_when_the_new_one_cannot_be_put_in_its_place(press, tmp_path, monkeypatch):
    send(*press, tmp_path / "press")
    rename = os.rename

    def failing(source, target):
        if source.name == "new":
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(placing_module.os, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        send(*press, tmp_path / "press", version="2")
    assert ModelFolder.read(tmp_path / "press").version == "1"
    assert names_in(tmp_path) == ["press"]


def test_an_empty_folder_is_filled_and_another_one_is_left_alone(press, tmp_path):
    (tmp_path / "empty").mkdir()
    send(*press, tmp_path / "empty")
    ModelFolder.read(tmp_path / "empty")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.png").write_bytes(b"x")
    (tmp_path / "file").write_text("x")
    for taken in ("photos", "file"):
        with pytest.raises(InputError, match="no model folder; accepted: a new path"):
            send(*press, tmp_path / taken)
    assert names_in(tmp_path / "photos") == ["holiday.png"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"name": ""}, "name must be letters"),
        ({"name": "a/b"}, "name must be letters"),
        ({"version": "v 1"}, "version must be letters"),
        ({"facts": {"recall": float("nan")}}, "JSON"),
    ],
)
def test_what_cannot_be_written_is_refused(other, said, press, tmp_path):
    with pytest.raises(ValueError, match=said):
        send(*press, tmp_path / "press", **other)
    assert not names_in(tmp_path)


def test_columns_and_rows_are_needed(press, tmp_path):
    model, table = press
    with pytest.raises(ValueError, match=r"without \['force_peak'"):
        send(model, table.select(["cycles"]), tmp_path / "press")
    with pytest.raises(ValueError, match="training must hold rows"):
        send(model, table.rows(np.arange(0)), tmp_path / "press")


def test_unused_columns_are_listed(tables, fitted, tmp_path):
    table = tables("mixed", n=80)
    model = fitted("linear", table.select(["cycles", "shift"]))
    send(model, table, tmp_path / "press", ignored=["operator", "material"])
    read = ModelFolder.read(tmp_path / "press")
    assert [feature.name for feature in read.features] == ["cycles", "shift"]
    assert read.ignored == ("force_peak", "sensor_01", "sensor_02", "material", "operator")


def test_an_estimator_without_an_export_is_named(press, tmp_path, monkeypatch):
    monkeypatch.delitem(MEMBERS, type(press[0].pipeline_["classify"]))
    with pytest.raises(ValueError, match="LogisticRegression cannot be exported; accepted: CalibratedClassifierCV"):
        send(*press, tmp_path / "press")


def test_facts_and_unusual_names_survive(tables, fitted, tmp_path):
    table = tables("numbers", n=80)
    names = {"force_peak": 'Kraft "max" [kN] / µ', "cycles": "\u30b5\u30a4\u30af\u30eb\n2"}
    X = table.X.rename(columns=names)
    values = table.schema.to_json()
    for column in values["columns"]:
        column["name"] = names.get(column["name"], column["name"])
    table = type(table)(X, table.y, type(table.schema).from_json(values))
    facts = {"data": {"fingerprint": "0123"}, "metrics": {"recall": 0.9}}
    send(fitted("linear", table), table, tmp_path / "press", facts=facts)
    read = ModelFolder.read(tmp_path / "press")
    assert read.facts == facts
    assert [feature.name for feature in read.features] == list(X.columns)


def test_the_same_model_gives_the_same_files(press, tmp_path):
    for name in ("a", "b"):
        send(*press, tmp_path / name)
    first, second = (json.loads((tmp_path / name / MODEL).read_text()) for name in ("a", "b"))
    first.pop("created"), second.pop("created")
    assert first == second
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("values", "n_edges"),
    [
        (np.arange(1000.0), 9),
        (np.random.default_rng(0).normal(size=777), 9),
        (np.append(np.zeros(950), np.arange(1, 51.0)), 1),
        (np.append(np.arange(50.0), np.full(950, 99.0)), 1),
        (np.append(np.arange(-40, 41.0), np.zeros(30)), 8),
        (np.array([0.0, 1.0] * 50), 1),
        (np.append(np.zeros(99), 1.0), 1),
        (np.array([5.0]), 0),
        (np.array([]), 0),
        (np.array([1.0, np.nextafter(1.0, 2.0)]), 1),
    ],
)
def test_reference_bins_are_tenths_as_far_as_ties_allow(values, n_edges):
    edges = decile_edges(values)
    shares = binned(values, edges)
    assert len(edges) == n_edges and len(shares) == n_edges + 1
    assert (np.diff(edges) > 0).all()
    assert sum(shares) == pytest.approx(1.0) and (min(shares) > 0 or not len(values))
    if n_edges == 9:
        assert shares == pytest.approx([0.1] * 10, abs=0.005)


def test_a_category_has_one_bin_a_level(exported):
    press = exported("linear")
    material = ModelFolder.read(press.folder).features[4]
    assert material.edges == (1.0, 2.0)
    expected = press.table.X["material"].value_counts(normalize=True)
    assert material.shares == pytest.approx([expected[level] for level in material.levels])


LEAN = """
import sys
import numpy as np
from serving.model_folder import ModelFolder
from serving.model_folder.features import to_matrix
for folder in sys.argv[1:]:
    read = ModelFolder.read(folder)
    assert np.isfinite(read.predictor().probabilities(to_matrix(read.features, read.example_rows))).all()
    print(*sorted({name.partition('.')[0] for name in sys.modules}))
"""


def test_a_folder_is_served_without_what_trained_it(exported):
    folders = [str(exported(kind).folder) for kind in ("linear", "additive", "boosting", "svm", "vote")]
    done = subprocess.run([sys.executable, "-c", LEAN, *folders], capture_output=True, text=True, check=True)
    numpy_alone, *_, everything = (set(line.split()) for line in done.stdout.splitlines())
    heavy = {"sklearn", "pandas", "torch", "pyarrow", "rarefault", "scipy", "mlflow", "kfp", "onnx", "skops", "joblib"}
    assert not everything & heavy
    assert "onnxruntime" in everything and "onnxruntime" not in numpy_alone
