"""The monitor: each file once and in order, whatever is dropped into the folder and whatever ends the program."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_machine import RATE, SAMPLES, snapshots

from rarefault.errors import InputError
from serving.commands.monitor import monitor as command
from serving.watching import checkpoint, journal
from serving.watching.endpoint import told
from serving.watching.judge import open_judge
from serving.watching.monitor import Monitor

ROOT = Path(__file__).parents[3]


@pytest.fixture
def judge(worn):
    return open_judge(str(worn().folder))


@pytest.fixture
def place(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def drop(folder, n, start=0, worn=0.0, seed=0):
    """Snapshot files as an acquisition system writes them, a minute old."""
    folder.mkdir(exist_ok=True)
    for at, one in enumerate(snapshots(n, worn=worn, seed=seed + start), start):
        np.save(folder / f"snap-{at}.npy", one[0])
        age(folder / f"snap-{at}.npy")


def age(path, seconds=60):
    os.utime(path, (time.time() - seconds,) * 2)


def watch(place, judge, looks=1, **options):
    """What a monitor says, and its journal."""
    said = []
    out = place.with_name("out.jsonl")
    monitor = Monitor(place, judge, out, settle=0, say=said.append, **options)
    with monitor.running():
        for _ in range(looks):
            monitor.look()
    return said, lines(out)


def lines(out):
    found = [json.loads(line) for line in out.read_text().splitlines()]
    return [line for line in found if line["event"] not in ("watching", "mended")]


def verdicts(found):
    names = ("machine", "file", "snapshot", "indicator", "degree", "state", "since", "alarm", "filled")
    return [tuple(line[name] for name in names) for line in found if line["event"] != "refused"]


def test_a_life_is_judged_as_the_model_judges_it(place, judge, worn):
    drop(place, 12)
    drop(place, 12, start=12, worn=2.0)
    said, found = watch(place, judge, looks=2)
    model, stream = worn().model, worn().model.stream()
    assert [line["file"] for line in found] == [f"snap-{at}.npy" for at in range(24)]
    for line in found:
        wanted = stream.push(model.indicator.indicate(np.load(place / line["file"])[None, None])[0])
        assert line["machine"] == "data" and line["state"] == wanted.state and line["filled"] == wanted.filled
        assert line["degree"] == pytest.approx(wanted.degree, abs=1e-6)
        assert (line["since"], line["alarm"]) == (
            (None,) * 2 if wanted.onset is None else (wanted.onset.first, wanted.onset.alarm)
        )
    events = [line["event"] for line in found]
    assert events[wanted.onset.alarm] == "alarm" and events.count("alarm") == 2 == sum("ALARM" in line for line in said)


def test_a_saved_model_of_any_indicator_judges_alike(place, judge, worn, tmp_path):
    worn().model.save(tmp_path / "saved")
    drop(place / "m", 6)
    found = watch(place, open_judge(str(tmp_path / "saved")))[1]
    shutil.move(place.with_name("out.jsonl"), tmp_path / "other.jsonl")
    (place.with_name("out.jsonl.state")).unlink()
    for one, other in zip(found, watch(place, judge)[1], strict=True):
        assert one["indicator"] == pytest.approx(other["indicator"], rel=1e-5) and one["state"] == other["state"]


def test_machines_have_folders_of_their_own(place, judge):
    for name in ("b", "a"):
        drop(place / name, 11, seed=len(name))
    np.save(place / "stray.npy", snapshots()[0])
    _, found = watch(place, judge)
    names = [f"snap-{at}.npy" for at in range(11)]
    assert [line["file"] for line in found] == [f"{machine}/{name}" for machine in "ab" for name in names]
    assert [line["snapshot"] for line in found] == [*range(11)] * 2


def test_what_came_in_between_is_counted_once(place, judge):
    for start in range(0, 30, 10):
        drop(place, 10, start)
        watch(place, judge, looks=2)
    found = watch(place, judge)[1]
    assert [line["snapshot"] for line in found] == list(range(30))


BAD = {
    "empty": lambda path: path.write_bytes(b""),
    "damaged": lambda path: path.write_bytes(b"\x93NUMPY" + b"junk" * 100),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-50]),
    "samples, the model takes": lambda path: np.save(path, snapshots(samples=2 * SAMPLES)[0, 0]),
    "silent": lambda path: np.save(path, np.zeros(SAMPLES, np.float32)),
    "too large to be judged": lambda path: np.save(path, np.float32(3e38) * snapshots()[0, 0].clip(-1, 1)),
    "NaN": lambda path: np.save(path, np.full(SAMPLES, np.nan, np.float32)),
    "2 channels, the model takes 1": lambda path: np.save(path, snapshots(channels=2)[0]),
}


@pytest.mark.parametrize("why", BAD)
def test_bad_files_are_told_once_and_set_aside(place, judge, why):
    drop(place, 4)
    BAD[why](place / "snap-2.npy")
    age(place / "snap-2.npy")
    said, found = watch(place, judge, looks=3)
    assert [line["event"] for line in found] == ["snapshot", "snapshot", "refused", "snapshot"]
    assert why in found[2]["reason"] and sum("snap-2.npy refused" in line for line in said) == 1
    again, found = watch(place, judge)
    assert not again and len(found) == 4
    drop(place, 1, start=9)
    assert watch(place, judge)[1][-1]["snapshot"] == 3


def test_another_rate_is_refused(place, judge):
    for at, rate in enumerate((RATE, 2 * RATE)):
        np.savez(place / f"{at}.npz", signal=snapshots(seed=at)[0, 0], rate=rate)
        age(place / f"{at}.npz")
    first, second = watch(place, judge)[1]
    assert first["event"] == "snapshot" and "a rate of 10000 Hz" in second["reason"]


def test_late_repeated_and_changed_files_are_not_counted(place, judge):
    drop(place, 5)
    watch(place, judge)
    (place / "snap-3.npy").touch()  # only its time changes
    np.save(place / "snap-1.npy", snapshots(seed=99)[0, 0])
    np.save(place / "snap-2b.npy", snapshots(seed=98)[0, 0])
    shutil.copy(place / "snap-4.npy", place / "snap-9.npy")
    for path in place.iterdir():
        age(path)
    said, found = watch(place, judge, looks=2)
    reasons = {line["file"]: line["reason"] for line in found[5:]}
    assert set(reasons) == {"snap-1.npy", "snap-2b.npy", "snap-9.npy"} and len(said) == 3
    assert reasons["snap-9.npy"] == "the same samples as another of its machine"
    assert reasons["snap-1.npy"] == "late: snap-4.npy, which comes after it by name, was counted"


def test_names_that_are_used_again_are_counted_by_time(place, judge):
    for turn in range(3):
        for at, one in enumerate(snapshots(4, seed=turn)):
            np.save(place / f"ring-{at}.npy", one[0])
            age(place / f"ring-{at}.npy", 1000 - 100 * turn - at)
        found = watch(place, judge, order="time")[1]
    assert [line["file"] for line in found] == [f"ring-{at}.npy" for at in range(4)] * 3
    assert [line["snapshot"] for line in found] == list(range(12))


def test_unfinished_files_wait_and_hold_back_later_ones(place, judge):
    out = place.with_name("out.jsonl")
    monitor = Monitor(place, judge, out, settle=0.2)
    with monitor.running():
        for at, one in enumerate(snapshots(3)):
            np.save(place / f"{at}.npy", one[0])
        whole = (place / "1.npy").read_bytes()
        (place / "1.npy").write_bytes(whole[:200])
        np.save(place / "2.npy.tmp.npy", snapshots(seed=5)[0, 0])
        (place / "2.npy.tmp.npy").rename(place / "3.npy.tmp")
        (place / ".hidden.npy").write_bytes(whole)
        assert monitor.look() == 0 and monitor.waiting == 3
        time.sleep(0.15)
        with (place / "1.npy").open("ab") as file:
            file.write(whole[200:400])
        monitor.look()
        time.sleep(0.1)
        monitor.look()
        assert [line["file"] for line in lines(out)] == ["0.npy"]
        (place / "1.npy").write_bytes(whole)
        monitor.look()
        time.sleep(0.25)
        monitor.look()
        assert [line["file"] for line in lines(out)] == ["0.npy", "1.npy", "2.npy"] and not monitor.waiting


def test_a_folder_that_is_away_for_a_moment(place, judge):
    drop(place, 3)
    said = []
    monitor = Monitor(place, judge, place.with_name("out.jsonl"), settle=0, say=said.append)
    with monitor.running():
        monitor.look()
        place.rename(place.with_name("away"))
        assert monitor.look() == monitor.look() == 0
        place.with_name("away").rename(place)
        drop(place, 1, start=3)
        assert monitor.look() == 1
    assert len(said) == 1 and "cannot be read" in said[0]


def test_files_that_were_taken_away_are_forgotten(place, judge, monkeypatch):
    monkeypatch.setattr("serving.watching.monitor._MOST_GONE", 5)
    drop(place, 20)
    watch(place, judge)
    for at in range(18):
        (place / f"snap-{at}.npy").unlink()
    watch(place, judge, looks=2)
    state = json.loads((place.with_name("out.jsonl.state")).read_text())
    assert set(state["files"]) == {"snap-18.npy", "snap-19.npy"}
    drop(place, 1, start=3)
    assert watch(place, judge)[1][-1]["reason"].startswith("late: snap-19.npy")


class Killed(BaseException):
    """Stands for kill -9: nothing is written any more."""


class Bomb:
    """The n-th of all writes, syncs and renames is the last thing that happens, and a write only half."""

    def __init__(self, n):
        self.left = n

    def fire(self, before=lambda: None):
        self.left -= 1
        if self.left == 0:
            before()
        if self.left <= 0:
            raise Killed

    def write(self, descriptor, content):
        self.fire(lambda: _write(descriptor, bytes(content)[: len(content) // 2]))
        return _write(descriptor, content)

    def fsync(self, descriptor):
        self.fire()
        return _fsync(descriptor)

    def replace(self, source, target):
        self.fire()
        return _replace(source, target)


_write, _fsync, _replace = os.write, os.fsync, os.replace


def test_killed_at_every_point_it_goes_on_where_it_was(place, judge, monkeypatch, tmp_path):
    """Every write, sync and rename of a run in turn is the last one of its run; then the next run begins."""
    drop(place / "a", 7)
    drop(place / "b", 12, worn=2.0)
    (place / "a" / "snap-7.npy").write_bytes(b"junk")
    age(place / "a" / "snap-7.npy")
    monkeypatch.setattr("serving.watching.monitor._MOST_UNSAVED", 4)
    wanted = watch(place, judge)[1]
    for path in tmp_path.glob("out.*"):
        path.unlink()
    kills = 0
    for n in range(1, 10_000):
        bomb = Bomb(n % 9 + 1)
        for name in ("write", "fsync", "replace"):
            monkeypatch.setattr(os, name, getattr(bomb, name))
        try:
            watch(place, judge)
            break
        except Killed:
            kills += 1
        finally:
            for name, own in (("write", _write), ("fsync", _fsync), ("replace", _replace)):
                monkeypatch.setattr(os, name, own)
    found = lines(tmp_path / "out.jsonl")
    assert kills > 12 and verdicts(found) == verdicts(wanted)
    assert [line["file"] for line in found] == [line["file"] for line in wanted]
    assert journal.os is checkpoint.os is os


def started(place, folder, *flags):
    program = "from serving.commands.monitor import monitor; monitor(standalone_mode=False)"
    command = [sys.executable, "-c", program, str(place), "--model", str(folder), "--settle", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*command, *flags], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_kill_minus_nine(place, worn, tmp_path):
    rng = np.random.default_rng(0)
    drop(place / "a", 1500)
    out, kills = tmp_path / "out.jsonl", 0
    while True:
        running = started(place, worn().folder, "--once", "--out", str(out))
        goal = (out.stat().st_size if out.exists() else 0) + rng.integers(1, 60_000)
        while running.poll() is None and (kills == 12 or not out.exists() or out.stat().st_size < goal):
            time.sleep(0.001)
        if running.poll() is not None:
            break
        running.kill()
        running.wait()
        kills += 1
    assert running.returncode == 0 and kills >= 5
    found = lines(out)
    assert [line["snapshot"] for line in found] == list(range(len(found))) == list(range(1500))
    assert len({line["file"] for line in found}) == len(found)


def test_watching_until_it_is_asked_to_stop(place, worn):
    drop(place, 3)
    running = started(place, worn().folder, "--every", "0.1", "--metrics-port", "0")
    said = []
    while not any("metrics at" in line for line in said):
        said.append(running.stderr.readline())
        assert said[-1], said
    url = said[-1].split()[-1]
    deadline = time.monotonic() + 30
    while b'result="counted"} 3' not in (text := urllib.request.urlopen(url, timeout=5).read()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert b'rarefault_machine_state{model="press",machine="data"} 0' in text
    drop(place, 2, start=3)
    while b'result="counted"} 5' not in urllib.request.urlopen(url, timeout=5).read():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0 and "5 snapshots counted" in running.stderr.read()
    assert len(lines(place.with_name("data.jsonl"))) == 5


def test_a_mended_machine_begins_anew(place, judge, tmp_path):
    drop(place, 12, worn=2.0)
    assert watch(place, judge)[1][-1]["onset"]
    monitor = Monitor(place, judge, tmp_path / "out.jsonl", settle=0)
    with pytest.raises(InputError, match="machine 'b' was not seen; accepted: data"), monitor.running():
        monitor.mended("b")
    with monitor.running():
        monitor.mended("data")
        drop(place, 2, start=12)
        monitor.look()
    (place.with_name("out.jsonl.state")).unlink()  # all is in the journal, too
    found = watch(place, judge)[1]
    assert [line["snapshot"] for line in found[-2:]] == [0, 1] and not found[-1]["onset"]


def test_two_monitors_do_not_write_one_journal(place, judge):
    first = Monitor(place, judge, place.with_name("out.jsonl")).running()
    with first, pytest.raises(InputError, match="another monitor writes out"):
        watch(place, judge)


def test_a_journal_of_another_model_is_left_alone(place, judge, tmp_path):
    from small_machine import export

    drop(place, 2)
    watch(place, judge)
    before = (tmp_path / "out.jsonl").read_bytes()
    other = open_judge(str(export(tmp_path / "other", params={"window": 8, "steps": 5, "seed": 1}).folder))
    with pytest.raises(InputError, match="of another model"):
        watch(place, other)
    assert (tmp_path / "out.jsonl").read_bytes() == before


def test_a_journal_may_be_moved_away(place, judge, tmp_path):
    drop(place, 3)
    watch(place, judge)
    (tmp_path / "out.jsonl").rename(tmp_path / "old.jsonl")
    drop(place, 2, start=3)
    assert [line["snapshot"] for line in watch(place, judge)[1]] == [3, 4]


def test_a_full_disk_is_told_in_one_line(place, judge, monkeypatch):
    drop(place, 3)

    def full(descriptor, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InputError, match="No space left"):
        watch(place, judge)
    monkeypatch.undo()
    assert len(watch(place, judge)[1]) == 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere", "--model", "x"], "is no folder"),
        ([".", "--model", ""], "--model is needed"),
        ([".", "--model", "./nothing"], "is no degradation model"),
        ([".", "--model", "{model}", "--out", "x.jsonl"], "is in the watched folder"),
    ],
)
def test_wrong_arguments(arguments, why, worn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [word.format(model=worn().folder) for word in arguments]
    with pytest.raises(InputError, match=why):
        CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)


def test_a_model_of_rows_is_refused(exported, tmp_path):
    with pytest.raises(InputError, match="a model of another kind"):
        open_judge(str(exported("linear").folder))
    shutil.copytree(exported("linear").folder, tmp_path / "broken")
    (tmp_path / "broken" / "model.json").write_text("{")
    with pytest.raises(InputError, match="accepted: a degradation model"):
        open_judge(str(tmp_path / "broken"))


def test_a_port_in_use_is_told(place, judge):
    monitor = Monitor(place, judge, place.with_name("out.jsonl"))
    with told(monitor, 0) as port, pytest.raises(InputError, match=f"port {port} cannot be listened on"):
        told(monitor, port).__enter__()


def test_help_teaches():
    text = CliRunner().invoke(command, ["--help"]).output
    for word in ("--once", "kill", "alarm", "refused", "rarefault monitor data/press-7", ".tmp"):
        assert word in text
