"""The schedule on one machine: at its times, one run at a time, nothing caught up, nothing lost by a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from pipelines import local_schedule
from pipelines.cron import Cron
from rarefault.errors import InputError

STUB = Path(__file__).with_name("schedule_stub.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def schedule(tmp_path):
    """Start a schedule with its own home and folder; every process is ended afterwards."""
    started = []
    environment = {**os.environ, "RAREFAULT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}

    def start(what, cron="* * * * * *", number=0):
        words = [sys.executable, str(STUB), cron, str(tmp_path / "runs"), what, str(number)]
        process = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def log(tmp_path):
    path = tmp_path / "runs" / "schedule.log"
    return path.read_text() if path.exists() else ""


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def folders(tmp_path):
    return sorted(path for path in (tmp_path / "runs").iterdir() if path.is_dir())


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return err


def test_each_run_has_its_own_dated_folder_and_its_outcome_is_logged(schedule, tmp_path):
    process = schedule("quick")
    wait_until(lambda: log(tmp_path).count("finished.") >= 2)
    stop(process)
    text = log(tmp_path)
    assert "Retraining: forced. m version 1 is champion: It is better." in text
    assert text.rstrip().endswith("told to stop; the schedule ends")
    made = folders(tmp_path)
    assert len(made) >= 2
    for folder in made:
        datetime.strptime(folder.name, "%Y-%m-%dT%H-%M-%S")
        assert (folder / "attempts").read_text() == "x"


def test_a_failed_run_is_told_and_the_next_one_starts(schedule, tmp_path):
    process = schedule("fail")
    wait_until(lambda: log(tmp_path).count("failed with exit code 1: rarefault: the step broke") >= 2)
    stop(process, signal.SIGINT)


def test_one_run_at_a_time_and_missed_times_are_not_caught_up(schedule, tmp_path):
    process = schedule("slow")
    wait_until(lambda: log(tmp_path).count("finished.") >= 2)
    stop(process)
    events = [line for line in log(tmp_path).splitlines() if line.endswith("started") or "finished." in line]
    assert ["started" in line for line in events[:4]] == [True, False, True, False]
    assert "times passed meanwhile; not caught up" in log(tmp_path)


def run_pid(folder):
    return int((folder / "begun").read_text())


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_killed_in_the_middle_a_run_goes_on_when_the_schedule_is_back(schedule, tmp_path):
    process = schedule("long")
    wait_until(lambda: (tmp_path / "runs").exists() and folders(tmp_path) and (folders(tmp_path)[0] / "begun").exists())
    cut_off = folders(tmp_path)[0]
    pid = run_pid(cut_off)
    process.kill()
    process.communicate()
    wait_until(lambda: not is_alive(pid))  # no orphan goes on beside the run that is resumed
    again = schedule("long", cron="0 0 1 1 *")
    wait_until(lambda: "finished." in log(tmp_path))
    stop(again)
    assert f"the run in {cut_off.name} was cut off; it goes on" in log(tmp_path)
    assert (cut_off / "attempts").read_text() == "xx"
    assert folders(tmp_path) == [cut_off]


def test_told_to_stop_in_the_middle_of_a_run_it_goes_on_next_time(schedule, tmp_path):
    process = schedule("long")
    wait_until(lambda: (tmp_path / "runs").exists() and folders(tmp_path) and (folders(tmp_path)[0] / "begun").exists())
    pid = run_pid(folders(tmp_path)[0])
    stop(process)
    assert not is_alive(pid)
    assert "interrupted; it goes on when the schedule is started again" in log(tmp_path)
    again = schedule("long", cron="0 0 1 1 *")
    wait_until(lambda: "finished." in log(tmp_path))
    stop(again)


def test_a_run_that_was_cut_off_with_other_parameters_is_left_alone(schedule, tmp_path):
    process = schedule("long")
    wait_until(lambda: (tmp_path / "runs").exists() and folders(tmp_path) and (folders(tmp_path)[0] / "begun").exists())
    stop(process)
    before = log(tmp_path).count("next run at")
    again = schedule("long", cron="0 0 1 1 *", number=1)
    wait_until(lambda: log(tmp_path).count("next run at") == before + 1)
    stop(again)
    assert "had other parameters; it is left as it is" in log(tmp_path)
    assert (folders(tmp_path)[0] / "attempts").read_text() == "x"


def test_the_same_schedule_does_not_run_twice(schedule, tmp_path):
    process = schedule("quick", cron="0 0 1 1 *")
    wait_until(lambda: "next run at" in log(tmp_path))
    second = schedule("quick", cron="0 0 1 1 *")
    _, err = second.communicate(timeout=60)
    assert second.returncode != 0
    assert "this schedule is running already" in err
    stop(process)


def test_a_run_is_the_rarefault_command_with_the_same_parameters(tmp_path):
    words = local_schedule.command("retrain", {"seed": 3, "batches": ["a b"], "data": "x.csv"}, tmp_path)
    assert words[1:5] == ["-m", "pipelines.local_schedule", "run", "retrain"]
    assert words[5:] == ["--out", str(tmp_path), '--set=batches=["a b"]', "--set=data=x.csv", "--set=seed=3"]


def test_what_each_run_sets_by_itself_is_not_handed_on(schedule, tmp_path):
    process = schedule("long")
    state = tmp_path / "home" / "schedules"
    wait_until(lambda: any(state.glob("*.json")))
    assert json.loads(next(state.glob("*.json")).read_text())["parameters"] == {"number": 0}
    stop(process)


MONDAY = datetime(2026, 11, 23, 12, 0).astimezone()


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("0 6 * * 1", 30, 6),  # 1 is Monday
        ("0 6 * * 0", 29, 6),
        ("0 6 * * 7", 29, 6),
        ("0 6 * * mon", 30, 6),
        ("0 6 * * 2-5", 24, 6),
        ("0 6 * * */3", 25, 6),  # Sunday, Wednesday, Saturday
        ("0 6 * * ?", 24, 6),
        ("0 0 6 * * *", 24, 6),  # with seconds, as Kubeflow writes it
        ("30 0 13 * * 1", 23, 13),
        ("@daily", 24, 0),
        ("0 6 30 * 3", 25, 6),  # the 30th or a Wednesday
        ("0 6 24 * 5", 24, 6),
    ],
)
def test_times_are_those_that_cron_would_take(text, day, hour):
    found = Cron(text).after(MONDAY)
    assert (found.day, found.hour) == (day, hour)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hourly",
        "* * * *",
        "61 * * * *",
        "0 6 * * 8",
        "0 6 * * fri-mon",
        "0 0 31 2 *",
        "* * * * * * *",
        "0 6 * * */0",
    ],
)
def test_what_is_no_cron_expression_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="accepted: five fields") as refusal:
        Cron(text)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("RAREFAULT_HOME", str(tmp_path / "home"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        local_schedule.run("retrain", {}, "@daily", tmp_path / "file" / "runs")
