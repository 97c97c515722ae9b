"""Whole runs of the command line."""

import json
import re
import signal
import time
from pathlib import Path

import pytest

from rarefault.report import check_result

RESUMABLE = [
    "ingest",
    "preprocess",
    "find_generator",
    "train_gan",
    "register_generator",
    "load_generator",
    "synthesize",
    "kmeans_filter",
    "train_classifier tuned-threshold",
    "train_classifier smote",
    "evaluate",
    "register",
    "deploy",
    "report",
]


def numbers(result):
    """What must not depend on when or how often a run was interrupted."""
    strategies = [{k: v for k, v in s.items() if k != "seconds"} for s in result["strategies"]]
    model = {k: v for k, v in result["model"].items() if k != "registry"}
    return {"strategies": strategies, "model": model, "similarity": result["similarity"], "filter": result["filter"]}


def test_a_run_leaves_a_report_a_result_and_a_registered_model(finished):
    folder, result, done, line = finished
    check_result(result)
    assert (folder / "report.html").stat().st_size > 50_000
    assert (folder / "deploy" / "inferenceservice.yaml").exists()
    assert (folder / "deploy" / "model" / "model.json").exists()
    assert result["helped"]["sentence"] in done.stdout
    assert result["model"]["alias"] in ("champion", "challenger")
    assert {s["name"] for s in result["strategies"]} == {"untouched", "tuned-threshold", "smote"}
    listed = line.run("models", "list").stdout
    assert "gearbox-line-classifier" in listed
    assert "gearbox-line-generator-wgan" in listed


def test_every_step_is_in_the_result_with_its_cost(finished):
    steps = {step["name"]: step for step in finished[1]["steps"]}
    assert set(steps) >= set(RESUMABLE) - {"report", "register_generator"}
    assert all(step["seconds"] >= 0 and step["peak_memory_mb"] > 10 for step in steps.values())


def test_the_terminal_is_not_flooded(finished):
    assert len(finished[2].stderr.splitlines()) < 60
    assert "Traceback" not in finished[2].stderr


def wait_for(events: Path, step: str, process) -> bool:
    """Wait until a step has started; False if the run ended before."""
    while process.poll() is None:
        if events.exists() and f'"started", "step": "{step}"' in events.read_text():
            return True
        time.sleep(0.02)
    return False


def test_an_interrupted_run_says_that_it_can_go_on(line, quick, tmp_path):
    process = line.start("run", "fault-detection", "--out", str(tmp_path / "run"), *quick)
    assert wait_for(tmp_path / "run" / "work" / "progress.jsonl", "ingest", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "rarefault: interrupted; the same command goes on where it stopped" in err
    assert "Traceback" not in err


def wait_for_new(events: Path, seen: set[str], process) -> set[str]:
    """Wait until steps have started that are not among those seen; empty if the run ended before."""
    while process.poll() is None:
        text = events.read_text() if events.exists() else ""
        if new := set(re.findall(r'"started", "step": "([^"]+)"', text)) - seen:
            return new
        time.sleep(0.02)
    return set()


@pytest.mark.slow
def test_killed_in_the_middle_of_every_step_a_run_ends_with_the_same_result(finished, line, quick, tmp_path):
    words = ["run", "fault-detection", "--out", str(tmp_path / "run"), *quick]
    events = tmp_path / "run" / "work" / "progress.jsonl"
    killed = {"report_failure"}  # it takes no time: the run would have ended before the signal
    while True:
        events.unlink(missing_ok=True)  # those of the attempt before
        process = line.start(*words)
        new = wait_for_new(events, killed, process)
        if not new:
            break
        time.sleep(0.15)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed |= new
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert "going on where it stopped" in err
    assert killed >= set(RESUMABLE)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert numbers(result) == numbers(finished[1])
    assert [s["cached"] for s in result["steps"] if s["name"] == "ingest"] == [True]
    assert "newest    1" in line.run("models", "list").stdout


@pytest.mark.slow
def test_two_runs_at_once_do_not_disturb_each_other(finished, line, quick, tmp_path):
    runs = [line.start("run", "fault-detection", "--out", str(tmp_path / name), *quick) for name in "ab"]
    assert wait_for(tmp_path / "a" / "work" / "progress.jsonl", "ingest", runs[0])
    same = line.run("run", "fault-detection", "--out", str(tmp_path / "a"), *quick)
    assert same.returncode == 2
    assert "another run is using" in same.stderr
    for process in runs:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    found = [json.loads((tmp_path / name / "result.json").read_text()) for name in "ab"]
    versions = {result["model"].pop("version") for result in found}
    assert versions == {"1", "2"}
    assert numbers(found[0])["strategies"] == numbers(found[1])["strategies"] == numbers(finished[1])["strategies"]


@pytest.mark.slow
def test_a_generator_is_trained_on_its_own_and_then_found(line, quick, tmp_path):
    space = quick[quick.index("trials=2") - 1 : quick.index("trials=2") + 3]
    rows = quick[:2]
    made = line.run("run", "train-generator", "--out", str(tmp_path / "g"), *rows, *space)
    assert made.returncode == 0, made.stderr
    check_result(json.loads((tmp_path / "g" / "result.json").read_text()))
    done = line.run("run", "fault-detection", "--out", str(tmp_path / "f"), *quick)
    assert done.returncode == 0, done.stderr
    generator = json.loads((tmp_path / "f" / "result.json").read_text())["generator"]
    assert (generator["version"], generator["trained_here"]) == ("1", False)
