"""Whole runs of the pipeline degradation on a user's own signals, small ones."""

import csv
import json
import os
import re
import signal
import time

import pytest
from image_words import settings
from plant_folder import MACHINES, ONSET, healthy_list, plant

from rarefault.report import check_result

STEPS = {
    "ingest_signals",
    "plan_search",
    "find_indicator_settings",
    "train_indicator",
    "fit_threshold",
    "assess_life",
    "evaluate_degradation",
    "register_degradation",
    "deploy",
    "report_degradation",
}
SHORT = {"rate": 5000, "indicator": "rms", "rivals": ["kurtosis"], "held_out": 0.3}
VAE = {**SHORT, "indicator": "vae", "indicator_params": {"steps": 30}, "rivals": ["rms"]}


def words(folder, data, **given):
    """The command line of a run on a folder, whose healthy snapshots a file beside it lists."""
    listed = os.path.relpath(data.parent / "healthy.csv")
    return ["run", "degradation", "--data", str(data), "--out", str(folder), *settings(**{"healthy": listed, **given})]


def numbers(result):
    """What must not depend on when or how often a run was interrupted."""
    kept = ("finding", "indicator", "threshold", "machines", "false_alarms", "rivals", "severity", "search")
    return {key: result[key] for key in kept} | {"data": {k: v for k, v in result["data"].items() if k != "repairs"}}


def result_of(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A user's signals with the list of healthy ones beside them."""
    root = tmp_path_factory.mktemp("own")
    healthy_list(root / "healthy.csv")
    return plant(root / "plant")


@pytest.fixture(scope="module")
def assessed(own, tmp_path_factory, line_at):
    """One whole run on a user's signals: (folder, result, what was printed, command line)."""
    root = tmp_path_factory.mktemp("assessed")
    line = line_at(root / "home")
    done = line.run(*words(root / "run", own, **SHORT))
    assert done.returncode == 0, done.stderr
    return root / "run", result_of(root / "run"), done, line


def test_a_run_leaves_a_report_a_result_a_series_an_export_and_a_registered_model(assessed):
    folder, result, done, line = assessed
    check_result(result)
    page = (folder / "report.html").read_text()
    for number in (14, 15, 16, 17, 18, 19):
        assert f"figure {number})" in page or f"figures {number})" in page, number
    assert " ".join(result["finding"].split()) in " ".join(done.stdout.split())
    with open(folder / result["series"], newline="") as file:
        assert len(list(csv.DictReader(file))) == 120
    assert (folder / result["deploy"]["manifest"]).exists()
    assert json.loads((folder / "deploy" / "model" / "model.json").read_text())["kind"] == "vibration"
    assert "plant-degradation" in line.run("models", "list").stdout


def test_the_result_tells_of_each_machine(assessed):
    result = assessed[1]
    data = result["data"]
    assert (data["snapshots"], data["healthy_snapshots"], data["held_out_snapshots"]) == (120, 60, 18)
    assert (data["rate"], data["samples"], data["times_known"], data["states_known"]) == (5000, 256, False, False)
    assert [machine["name"] for machine in result["machines"]] == list(MACHINES)
    for machine in result["machines"]:
        assert abs(machine["onset"] - ONSET) <= 8
        assert machine["hours"] is machine["onset_hours"] is machine["true_onset"] is None
        file = machine["onset_file"]
        assert file.startswith(f"{machine['name']}/") and str(machine["onset"]) in file
        assert machine["sentence"].startswith(f"{machine['name']}: wear since snapshot {machine['onset']} ({file})")
    assert [rival["name"] for rival in result["rivals"]] == ["rms", "kurtosis"]
    assert (result["severity"], result["model"]["alias"]) == ([], "champion")
    assert {step["name"] for step in result["steps"]} == STEPS - {"plan_search", "report_degradation"}


def test_a_run_that_was_cut_off_goes_on_with_what_is_there(assessed, own):
    folder, result, _, line = assessed
    state = json.loads((folder / "work" / "run.json").read_text())
    (folder / "work" / "run.json").write_text(json.dumps({**state, "done": False}))
    done = line.run(*words(folder, own, **SHORT))
    assert done.returncode == 0, done.stderr
    again = result_of(folder)
    assert numbers(again) == numbers(result)
    assert (again["run_id"], again["model"]) == (result["run_id"], result["model"])
    assert {step["name"] for step in again["steps"] if step["cached"]} == STEPS - {"plan_search", "report_degradation"}


@pytest.mark.slow
def test_the_embedded_simulation_runs_with_a_number_of_healthy_snapshots(line, tmp_path):
    small = {"snapshots": 80, "samples": 256, "onset": 60, "onset_jitter": 2, "healthy": 40}
    given = settings(**SHORT | {"rate": 0}, healthy=45, data_params=small)
    done = line.run("run", "degradation", "--out", str(tmp_path / "run"), *given)
    assert done.returncode == 0, done.stderr
    result = result_of(tmp_path / "run")
    check_result(result)
    assert result["data"]["healthy_snapshots"] == 45
    assert [table["table"] for table in result["severity"]] == [2, 3, 4]
    (machine,) = result["machines"]
    assert abs(machine["onset"] - machine["true_onset"]) <= 8
    page = (tmp_path / "run" / "report.html").read_text()
    assert "figure 11)" in page
    assert "These signals were not measured on a machine." in page


@pytest.mark.slow
def test_a_run_searches_settings(line, own, tmp_path):
    given = {**VAE, "trials": 3, "search_space": {"hidden": [8, 16]}, "search_objective": "healthy-error"}
    done = line.run(*words(tmp_path / "run", own, **given))
    assert done.returncode == 0, done.stderr
    result = result_of(tmp_path / "run")
    check_result(result)
    search = result["search"]
    assert (search["trials"], search["objective"]) == (3, "healthy-error")
    assert 8 <= result["indicator"]["settings"]["hidden"] == search["settings"]["hidden"] <= 16
    assert result["indicator"]["settings"]["steps"] == 30


def wait_for_new(events, seen, process):
    """Wait until steps have started that are not among those seen; empty if the run ended before."""
    while process.poll() is None:
        text = events.read_text() if events.exists() else ""
        if new := set(re.findall(r'"started", "step": "([^"]+)"', text)) - seen:
            return new
        time.sleep(0.02)
    return set()


@pytest.mark.slow
def test_killed_in_the_middle_of_every_step_a_run_ends_with_the_same_result(line_at, own, tmp_path):
    given = {**VAE, "trials": 2, "search_space": {"hidden": [8, 12]}}
    line = line_at(tmp_path / "home")
    whole = line.run(*words(tmp_path / "whole", own, **given))
    assert whole.returncode == 0, whole.stderr
    other = line_at(tmp_path / "another-home")
    events, killed = tmp_path / "run" / "work" / "progress.jsonl", {"report_failure"}
    while True:
        events.unlink(missing_ok=True)
        process = other.start(*words(tmp_path / "run", own, **given))
        new = wait_for_new(events, killed, process)
        if not new:
            break
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed |= new
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert killed >= STEPS
    result = result_of(tmp_path / "run")
    assert numbers(result) == numbers(result_of(tmp_path / "whole"))
    assert (result["model"]["version"], result["model"]["alias"]) == ("1", "champion")
