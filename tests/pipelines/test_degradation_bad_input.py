"""The pipeline degradation: what cannot be good is refused in one line before anything is learned."""

import shutil

import numpy as np
import pytest
from image_words import settings
from plant_folder import MACHINES, healthy_list, plant

from pipelines.commands import local_parameters
from rarefault.errors import InputError


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Two machines of 30 snapshots."""
    return plant(tmp_path_factory.mktemp("own") / "plant", 30)


def refused(line, out, *words):
    """The one line that a run is refused with; it leaves no report, no export and no registered model."""
    done = line.run("run", "degradation", "--out", str(out), *words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    (complaint,) = [text for text in done.stderr.splitlines() if text.startswith("rarefault:")]
    assert not any((out / name).exists() for name in ("report.html", "result.json", "life.csv", "deploy"))
    return complaint


def accepted_or_refused(*assignments, data="ball-screw-life"):
    """What the command line does with these words before any step runs."""
    return local_parameters("degradation", str(data), "", "", None, list(assignments))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["indicator=som"], "known indicators: isolation-forest, kurtosis, pca-residual"),
        (['rivals=["magic"]'], "unknown indicator 'magic'; known indicators: "),
        (["slide=26"], "slide is 26; accepted: at most the window's 25 snapshots"),
        (["window=1"], "window is 1; accepted: a whole number >= 2"),
        (["slide=0"], "slide is 0; accepted: a whole number >= 1"),
        (["confidence=1.5"], "confidence is 1.5; accepted: a share from 0.5 to 0.999999"),
        (["confidence=99.9"], "confidence is 99.9"),
        (["held_out=0.9"], "held_out is 0.9; accepted: a share from 0.01 to 0.5"),
        (["rate=-1"], "rate is -1"),
        (["search_objective=f1"], "known search objectives: healthy-spread, healthy-error"),
        (["search_objective=wasserstein"], "known search objectives: healthy-spread, healthy-error"),
        (['search_space={"colour": [1, 2]}'], "colour"),
        (['indicator_params={"latents": 3}'], "'latents'"),
        (['assessment_params={"severe": 2}'], "severe must be between 0 and 1"),
        (['assessment_params={"k": 9}'], "the pipeline's 'window' for it"),
        (["max_false_alarms=2"], "max_false_alarms is 2"),
        (["max_delay=-1"], "max_delay is -1"),
        (["windows=3"], "windows"),
        (["window=x"], "window"),
    ],
)
def test_bad_words_are_refused_before_any_step(words, said):
    with pytest.raises(InputError) as refusal:
        accepted_or_refused(*words)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "words",
    [["--set", "slide=26"], ["--data", "no-such-folder"], ["--label", "state"]],
    ids=["slide", "folder", "label"],
)
def test_the_command_line_says_it_in_one_line_and_leaves_nothing_behind(line, tmp_path, words):
    out = tmp_path / "run"
    assert words[1].split("=")[0] in refused(line, out, *words) or words[0] == "--label"
    assert not out.exists()


def one_of_another_rate(data):
    from scipy.io import wavfile

    for machine in MACHINES:
        shutil.rmtree(data / machine)
        (data / machine).mkdir()
    rng = np.random.default_rng(0)
    for k in range(30):
        samples = (8000 * rng.normal(size=256)).clip(-32000, 32000).astype(np.int16)
        wavfile.write(data / "press" / f"{k:03}.wav", 10_000 if k == 17 else 5_000, samples)


def healthy_of_another_machine(data):
    healthy_list(data.parent / "healthy.csv", 26, ("press", "lathe"))


def healthy_beyond_the_end(data):
    healthy_list(data.parent / "healthy.csv", 40)


def with_named_channels(data):
    for file in sorted(data.rglob("*.*")):
        samples = np.load(file) if file.suffix == ".npy" else np.loadtxt(file)
        table = np.column_stack([samples, samples[::-1]])
        np.savetxt(file.with_suffix(".csv"), table, delimiter=",", header="nut,bearing", comments="", fmt="%.5f")
    for file in data.rglob("*.npy"):
        file.unlink()


def as_it_is(data):
    pass


@pytest.mark.parametrize(
    ("spoil", "given", "said"),
    [
        (as_it_is, {"rate": 5000, "healthy": 12}, "24 snapshots declared healthy, fewer than the window of 25"),
        (as_it_is, {"rate": 5000, "healthy": 31}, "machine 'press' has 30 usable snapshots"),
        (as_it_is, {"rate": 5000, "healthy": -3}, "healthy must be at least 1 snapshot"),
        (as_it_is, {"rate": 5000, "healthy": "nowhere.csv"}, "healthy='nowhere.csv' is no number and no file"),
        (as_it_is, {"healthy": 28}, "rate"),
        (as_it_is, {"rate": 5000, "healthy": 28, "machines": ["lathe"]}, "'lathe'"),
        (with_named_channels, {"rate": 5000, "healthy": 28, "channels": ["temperature"]}, "'temperature'"),
        (healthy_of_another_machine, {"rate": 5000}, "names machine 'lathe'; the machines are 'press', 'saw'"),
        (healthy_beyond_the_end, {"rate": 5000}, "has no snapshot 30; its snapshots are 0 to 29"),
        (one_of_another_rate, {"healthy": 25}, "1 snapshot of another rate"),
    ],
)
def test_signals_that_cannot_be_used_are_refused_in_one_line(own, tmp_path, spoil, given, said):
    complaint = ingest_refusal(shutil.copytree(own, tmp_path / "plant"), tmp_path, spoil, given)
    assert said in complaint
    assert "\n" not in complaint


def ingest_refusal(data, root, spoil, given):
    """What the first step says, started as the command line starts it."""
    from rarefault import steps

    spoil(data)
    healthy = given.get("healthy", str(root / "healthy.csv"))
    params = accepted_or_refused(
        *[word for word in settings(**{**given, "healthy": healthy}) if word != "--set"], data=data
    )
    names = ("healthy", "rate", "channels", "machines", "fingerprint")
    own = {name: params[name] for name in names if name in params}
    with pytest.raises(InputError) as refusal:
        steps.ingest_signals(params["data"], str(root / "signals"), record=str(root / "record"), **own)
    assert not (root / "signals").exists()
    return str(refusal.value)


def test_a_step_that_refuses_its_signals_ends_the_run_with_one_line(line, own, tmp_path):
    given = settings(rate=5000, healthy=12)
    assert "fewer than the window of 25" in refused(line, tmp_path / "run", "--data", str(own), *given)
    assert "plant" not in line.run("models", "list").stdout


def test_a_file_of_healthy_snapshots_is_found_from_where_the_command_was_given(own, tmp_path, monkeypatch):
    healthy_list(tmp_path / "healthy.csv", 26)
    monkeypatch.chdir(tmp_path)
    params = accepted_or_refused("healthy=healthy.csv", "rate=5000", data=own)
    assert params["healthy"] == str(tmp_path / "healthy.csv")
    healthy_list(tmp_path / "healthy.csv", 27)
    changed = accepted_or_refused("healthy=healthy.csv", "rate=5000", data=own)
    assert changed["fingerprint"] != params["fingerprint"]
    assert accepted_or_refused("healthy=26", data=own)["healthy"] == "26"
    assert accepted_or_refused("healthy=healthy.csv", data="ball-screw-life")["fingerprint"] != ""


def test_parameters_are_listed_with_what_they_mean(line):
    listed = line.run("run", "degradation", "--parameters").stdout
    assert all(name in listed for name in ("healthy", "confidence", "assessment_params", "max_delay"))
