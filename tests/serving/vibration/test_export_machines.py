"""Exported degradation models: they judge as the library does, and a broken folder is refused in one line."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from small_machine import TINY, export, make_signals, snapshots

from rarefault.degradation import INDICATORS
from rarefault.degradation.assessment import AssessmentSettings
from rarefault.degradation.baselines.features import features
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from serving.exporting import ParityError, export_vibration
from serving.exporting import vibration as exporting
from serving.model_folder import BrokenModel, read_folder
from serving.model_folder.files import write_sums
from serving.model_folder.vibration import TOLERANCE, VibrationFolder
from serving.vibration.indicators import KINDS
from serving.vibration.indicators.features import features as served_features

SERVED = sorted(KINDS)
PARAMS = {
    "vae": TINY,
    "pca-residual": {"bands": 8},
    "som-mqe": {"rows": 3, "columns": 4},
    "isolation-forest": {"trees": 30},
}
SAMPLES = 290  # hand-made features take 256, and segments that do not fill the signal


@pytest.fixture(scope="session")
def every(tmp_path_factory):
    """every(indicator, channels) -> an exported model of that indicator."""
    known = {}

    def build(indicator, channels=1):
        if (indicator, channels) not in known:
            folder = tmp_path_factory.mktemp("every") / "press"
            known[indicator, channels] = export(folder, channels, SAMPLES, indicator, PARAMS.get(indicator))
        return known[indicator, channels]

    return build


def test_what_is_served_are_indicators_of_the_library():
    assert set(KINDS) == set(INDICATORS)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("indicator", SERVED)
def test_indicators_are_the_librarys(every, indicator, channels):
    made = every(indicator, channels)
    folder = read_folder(made.folder)
    assert isinstance(folder, VibrationFolder) and folder.classifier == indicator
    assert made.parity["labels_differ"] == 0 and made.parity["largest_difference"] <= TOLERANCE
    for worn in (0.0, 0.5, 20.0):
        x = snapshots(8, channels, SAMPLES, worn, seed=3) * np.float32(1 + worn)
        wanted = made.model.indicator.indicate(x)
        np.testing.assert_allclose(folder.indicator.of(x), wanted, rtol=TOLERANCE)
        one_by_one = [folder.indicator.of(one[None])[0] for one in x]
        np.testing.assert_allclose(one_by_one, wanted, rtol=TOLERANCE)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scale=st.floats(1e-3, 1e4), offset=st.floats(-100, 100), seed=st.integers(0, 1000))
@pytest.mark.parametrize("indicator", SERVED)
def test_indicators_are_the_librarys_for_any_level(every, indicator, scale, offset, seed):
    made = every(indicator)
    x = (snapshots(2, samples=SAMPLES, seed=seed) * scale + offset * scale).astype(np.float32)
    found, wanted = read_folder(made.folder).indicator.of(x), made.model.indicator.indicate(x)
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE, atol=1e-12)


def test_an_indicator_that_the_server_lacks_is_refused_in_one_line(tmp_path, monkeypatch):
    monkeypatch.delitem(exporting.KINDS, "som-mqe")
    with pytest.raises(InputError, match="the indicator 'som-mqe' cannot be served; accepted: isolation-forest, kur"):
        export(tmp_path / "press", samples=SAMPLES, indicator="som-mqe")
    assert not (tmp_path / "press").exists()


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(256, 400), channels=st.integers(1, 2), seed=st.integers(0, 1000))
def test_features_are_the_librarys_for_any_length(samples, channels, seed):
    x = np.random.default_rng(seed).normal(size=(2, channels, samples)).astype(np.float32)
    np.testing.assert_allclose(served_features(x), features(x), rtol=1e-12, atol=1e-13)


def test_features_of_silence_are_the_librarys():
    x = np.zeros((1, 1, 256), np.float32)
    np.testing.assert_array_equal(served_features(x), features(x))


def forest(every, tmp_path, **changes):
    """The folder of an isolation forest with some of its arrays changed by somebody who also mends the sums."""
    folder = tmp_path / "forest"
    shutil.copytree(every("isolation-forest").folder, folder)
    arrays = load_file(folder / "indicator.safetensors")
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
    save_file(arrays, folder / "indicator.safetensors")
    resum(folder)
    return folder


def put(at, value):
    def change(values):
        values = values.copy()
        values[0, at] = value
        return values

    return change


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"left": put(0, 0)}, "'left' must name nodes that come after"),  # round and round
        ({"right": put(0, 10**9)}, "'right' must name nodes that come after"),
        ({"right": put(0, -5)}, "'right' must name nodes that come after"),
        ({"feature": put(0, 12)}, "'feature' must be from 0 to 11"),
        ({"feature": put(0, -1)}, "'feature' must be from 0 to 11"),
        ({"usual": np.zeros_like}, "'usual' must be above 0"),
        ({"path": lambda path: path[:, 1:]}, "'path' must be finite"),
    ],
)
def test_broken_trees_are_refused(every, tmp_path, changes, why):
    with pytest.raises(BrokenModel, match=why):
        read_folder(forest(every, tmp_path, **changes))


def test_features_ask_for_samples(every, tmp_path):
    folder = forest(every, tmp_path)
    change(folder, "input.samples", 255)
    with pytest.raises(BrokenModel, match="at least 256 samples, got 255"):
        read_folder(folder)


def test_the_folder_tells_what_it_is(every):
    told = json.loads((every("vae").folder / "model.json").read_text())
    assert told["kind"] == "vibration" and told["format_version"] == 3
    assert told["input"] == {"channels": ["vibration"], "samples": SAMPLES, "rate": 5000.0, "unit": "g"}
    assert told["assessment"]["threshold"] == every("vae").model.assessment.threshold
    [one] = json.loads((every("vae").folder / "example.json").read_text())["instances"]
    x = np.array(one["snapshot"], np.float32)[None, None]
    assert read_folder(every("vae").folder).indicator.of(x)[0] == pytest.approx(told["example"]["indicators"][0])


@pytest.mark.parametrize(
    "choices",
    [{"rule": "plain"}, {"scale": "linear"}, {"bandwidth": "window"}, {"k": 20, "s": 7}, {"gaps": 0, "life": 10}],
)
def test_every_way_of_assessing_is_served(choices, tmp_path):
    made = export(tmp_path / "press", indicator="rms", settings=AssessmentSettings(**{"k": 10, **choices}))
    assert made.parity["labels_differ"] == 0


def test_a_model_that_would_answer_otherwise_is_not_kept(every, tmp_path, monkeypatch):
    made = every("rms")
    shutil.copytree(made.folder, tmp_path / "press")
    before = (tmp_path / "press" / "model.json").read_bytes()
    monkeypatch.setattr(type(made.model.indicator), "indicate", lambda self, x: x.std(axis=(1, 2)) * 1.001)
    with pytest.raises(ParityError, match="differs from the degradation model"):
        export_vibration(made.model, made.signals, tmp_path / "press", name="press", version="4")
    assert (tmp_path / "press" / "model.json").read_bytes() == before


def test_wrong_calls(every, tmp_path):
    made = every("rms")
    with pytest.raises(ValueError, match="signals must hold snapshots"):
        export_vibration(made.model, make_signals(samples=100), tmp_path / "x", name="press", version="1")
    with pytest.raises(ValueError, match="name must be"):
        export_vibration(made.model, made.signals, tmp_path / "x", name="a/b", version="1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="is no model folder"):
        export_vibration(made.model, made.signals, tmp_path / "mine", name="press", version="1")


def test_a_loaded_model_is_exported_alike(every, tmp_path):
    made = every("vae")
    made.model.save(tmp_path / "saved")
    loaded = DegradationModel.load(tmp_path / "saved")
    export_vibration(loaded, made.signals, tmp_path / "press", name="press", version="3")
    for name in ("indicator.safetensors", "snapshots.safetensors"):
        assert (tmp_path / "press" / name).read_bytes() == (made.folder / name).read_bytes()


def change(folder, path, value):
    """Change one value of model.json, or take it away, as somebody who also mends the sums."""
    model = json.loads((folder / "model.json").read_text())
    *way, last = path.split(".")
    part = model
    for step in way:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    (folder / "model.json").write_text(json.dumps(model))
    resum(folder)


def resum(folder):
    (folder / "SHA256SUMS").unlink()
    write_sums(folder)


BROKEN = [
    ("kind", "sound", "kind"),
    ("format_version", 2, "format_version must be 3"),
    ("input.samples", 0, "samples must be"),
    ("input.samples", 201, "weights 'snapshots' must be"),
    ("input.rate", -1, "rate must be"),
    ("input.channels", [], "channels must be"),
    ("input.channels", ["a", "b"], "weights"),
    ("indicator", None, "indicator must be an object"),
    ("indicator.kind", "magic", "kind must be one of"),
    ("indicator.file", "nothing", "file must be one of"),
    ("indicator.settings.window", 0, "window must be from 1"),
    ("indicator.settings.window", 7, "must be finite float32"),
    ("indicator.settings.hidden", "x", "hidden must be"),
    ("assessment.k", 0, "k must be"),
    ("assessment.threshold", "x", "threshold must be a finite number"),
    ("assessment.width", 1.0, "example's degrees"),
    ("example.file", "nothing", "file must be one of"),
    ("example.indicators", [], "indicators must be at least one"),
    ("example.degrees", [0.5], "example's degrees"),
    ("example.stream", ["a"], "stream must be a list of finite numbers"),
]


@pytest.mark.parametrize(("path", "value", "why"), BROKEN)
def test_broken_folders(every, tmp_path, path, value, why):
    folder = shutil.copytree(every("vae").folder, tmp_path / "press")
    change(folder, path, value)
    with pytest.raises(BrokenModel, match=why) as told:
        read_folder(folder)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["encoder.weight", "output.bias", "mean", "scale"])
@pytest.mark.parametrize("how", ["changed", "nan", "missing", "zero"])
def test_broken_weights(every, tmp_path, name, how):
    folder = shutil.copytree(every("vae").folder, tmp_path / "press")
    arrays = load_file(folder / "indicator.safetensors")
    if how == "missing":
        del arrays[name]
    else:
        arrays[name] = {"changed": arrays[name] + 1, "nan": arrays[name] * np.nan, "zero": arrays[name] * 0}[how]
    save_file(arrays, folder / "indicator.safetensors")
    resum(folder)
    if how == "zero" and name in ("mean", "output.bias"):
        return  # so small that the examples may not tell
    with pytest.raises(BrokenModel):
        read_folder(folder)
    (folder / "indicator.safetensors").write_bytes(b"junk")
    resum(folder)
    with pytest.raises(BrokenModel, match="cannot be read"):
        read_folder(folder)


def test_a_file_that_was_changed(every, tmp_path):
    folder = shutil.copytree(every("vae").folder, tmp_path / "press")
    content = bytearray((folder / "snapshots.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "snapshots.safetensors").write_bytes(bytes(content))
    with pytest.raises(BrokenModel, match="is not the file that SHA256SUMS describes"):
        read_folder(folder)
