"""Whole runs of the image pipelines, small ones."""

import json
import re
import signal
import time

import pytest
from image_words import AUGMENTATION, TRANSLATION

from rarefault.report import check_result

STEPS = {
    "ingest_images",
    "plan_search",
    "find_image_settings",
    "compare_augmentations",
    "train_gan_images original",
    "train_gan_images classical",
    "synthesize_images",
    "judge_images",
    "classify_images",
    "evaluate_inspector",
    "register_image_generators",
    "register_inspector",
    "deploy",
    "report_augmentation",
}
TASKS = ("1-original", "2-gan", "3-replaced", "4-classical", "5-classical-gan", "6-gan-classical")


def numbers(result):
    """What must not depend on when or how often a run was interrupted."""
    strategies = [{k: v for k, v in s.items() if k != "seconds"} for s in result["strategies"]]
    rows = [
        {k: v for k, v in row.items() if k != "seconds"}
        for table in result["classification"]["tables"]
        for row in table["rows"]
    ]
    kept = {key: result[key] for key in ("test", "confusion", "distances", "selected", "helped")}
    return {**kept, "strategies": strategies, "rows": rows}


@pytest.fixture(scope="module")
def augmented(tmp_path_factory, line_at):
    """One whole run on simulated images: (folder, result, what was printed, command line)."""
    root = tmp_path_factory.mktemp("augmented")
    line = line_at(root / "home")
    done = line.run("run", "defect-augmentation", "--out", str(root / "run"), *AUGMENTATION, timeout=900)
    assert done.returncode == 0, done.stderr
    return root / "run", json.loads((root / "run" / "result.json").read_text()), done, line


def test_a_run_leaves_a_report_a_result_an_export_and_registered_models(augmented):
    folder, result, done, line = augmented
    check_result(result)
    page = (folder / "report.html").read_text()
    assert "The six classification tasks" in page
    assert "The paper's own Table 8" in page
    assert result["helped"]["sentence"] in done.stdout
    assert "score" in (folder / "experts.html").read_text()
    assert (folder / "deploy" / "model" / "model.json").exists()
    listed = line.run("models", "list").stdout
    for name in ("inspector", "generator-dcgan", "generator-dcgan-classical"):
        assert f"ball-screw-surface-{name}" in listed


def test_the_six_tasks_and_the_strategies_are_in_the_result(augmented):
    result = augmented[1]
    (table,) = result["classification"]["tables"]
    assert tuple(row["name"] for row in table["rows"]) == TASKS
    assert {s["name"] for s in result["strategies"]} == {"untouched", "classical", "dcgan", "dcgan+classical"}
    assert result["selected"] in ("untouched", "classical")  # two folds are too few to let generated images in
    assert result["helped"]["value"] is False
    assert {entry["source"] for entry in result["distances"]} == {"original", "classical"}


def test_a_training_that_collapsed_is_told(augmented):
    folder, result = augmented[:2]
    health = [found for entry in result["generators"] for found in entry["health"].values()]
    assert any(found["collapsed"] for found in health)  # three loops teach a generator nothing
    assert "Generators that need a look" in (folder / "report.html").read_text()


@pytest.mark.slow
def test_translation_runs_from_end_to_end(line, tmp_path):
    out = tmp_path / "run"
    done = line.run("run", "defect-translation", "--out", str(out), *TRANSLATION, timeout=900)
    assert done.returncode == 0, done.stderr
    result = json.loads((out / "result.json").read_text())
    check_result(result)
    assert [t["inspector"] for t in result["classification"]["tables"]] == ["table5-cnn", "mobilenet-v2"]
    assert [row["name"] for row in result["classification"]["tables"][0]["rows"]] == ["real", "pegan", "dcgan"]
    page = (out / "report.html").read_text()
    assert "defect produced" in page
    assert "Real half to real half" in page


def wait_for_new(events, seen, process):
    """Wait until steps have started that are not among those seen; empty if the run ended before."""
    while process.poll() is None:
        text = events.read_text() if events.exists() else ""
        if new := set(re.findall(r'"started", "step": "([^"]+)"', text)) - seen:
            return new
        time.sleep(0.02)
    return set()


@pytest.mark.slow
def test_killed_in_the_middle_of_every_step_a_run_ends_with_the_same_result(augmented, line, tmp_path):
    words = ["run", "defect-augmentation", "--out", str(tmp_path / "run"), *AUGMENTATION]
    events, killed = tmp_path / "run" / "work" / "progress.jsonl", {"report_failure"}
    while True:
        events.unlink(missing_ok=True)
        process = line.start(*words)
        new = wait_for_new(events, killed, process)
        if not new:
            break
        time.sleep(1.5)  # some of the step's own results are there by then
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed |= new
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert killed >= STEPS
    assert numbers(json.loads((tmp_path / "run" / "result.json").read_text())) == numbers(augmented[1])
