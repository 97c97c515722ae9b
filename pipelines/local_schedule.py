"""Run a pipeline again and again on this machine, at the times of a cron expression, without Kubernetes.

Each run is a process of its own with a folder of its own, one at a time. A time that passes while a run is busy, or
while nobody is here to start one, is not caught up. What is running is written down, so that a run that was cut off,
by a power cut or kill -9, goes on where it stopped when the schedule is started again.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
from filelock import FileLock, Timeout

from pipelines.cron import Cron
from rarefault.errors import InputError
from rarefault.progress import OWNER, stop_with_owner
from rarefault.registry.address import home

_SET_BY_EACH_RUN = ("run_id", "attempt", "fingerprint")
_PATIENCE = 30.0
_LONGEST_WAIT = 60.0


def run(pipeline: str, parameters: Mapping[str, Any], cron: str, out: Path) -> int:
    """Run `pipeline` with `parameters` at the times of `cron`, each time into a dated folder below `out`; blocks.

    Returns 0 after Ctrl-C or SIGTERM, which interrupt a run in progress so that it can go on later. What happens is
    told on stderr and in out/schedule.log. Raises InputError for a bad cron expression, for a folder that cannot be
    written, and when the same schedule runs already.
    """
    times, out = Cron(cron), out.absolute()
    state = _State(pipeline, out)
    with state.alone(), _stopping() as stop:
        _Schedule(pipeline, dict(parameters), times, out, state, stop).go_on()
    return 0


class _State:
    """What has to survive a restart: the run in progress, in a file below RAREFAULT_HOME."""

    def __init__(self, pipeline: str, out: Path) -> None:
        key = hashlib.sha256(str(out).encode()).hexdigest()[:12]
        self.path = home() / "schedules" / f"{pipeline}-{key}.json"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            out.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(
                f"{problem.filename} cannot be written ({problem.strerror}); name another folder"
            ) from problem

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the schedule; raises InputError when another process holds it."""
        lock = FileLock(self.path.with_suffix(".lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(f"this schedule is running already ({self.path}); accepted: another --out") from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> dict[str, Any]:
        """The run in progress when the schedule was last here: folder and parameters; empty when there was none."""
        try:
            values = json.loads(self.path.read_text())
        except (OSError, ValueError):  # never started, or cut off while the file was first written
            return {}
        return values if isinstance(values, dict) else {}

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace the state in one step."""
        scratch = self.path.with_suffix(".new")
        scratch.write_text(json.dumps(values, indent=1))
        scratch.replace(self.path)


class _Schedule:
    def __init__(
        self,
        pipeline: str,
        parameters: dict[str, Any],
        times: Cron,
        out: Path,
        state: _State,
        stop: threading.Event,
    ) -> None:
        self.pipeline, self.times, self.out, self.state, self.stop = pipeline, times, out, state, stop
        self.parameters = {name: value for name, value in parameters.items() if name not in _SET_BY_EACH_RUN}

    def go_on(self) -> None:
        """Finish what was cut off, then wait for one time after the other until told to stop."""
        self._tell(f"{self.pipeline} is scheduled at '{self.times.text}', process {os.getpid()}")
        self._finish_what_was_cut_off()
        while not self.stop.is_set():
            due = self.times.after(_now())
            if due is None:
                self._tell("no further time; the schedule ends")
                return
            self._tell(f"next run at {_shown(due)}")
            if self._wait_until(due):
                self._start(self.out / due.strftime("%Y-%m-%dT%H-%M-%S"))
                self._tell_missed(due)
        self._tell("told to stop; the schedule ends")

    def _finish_what_was_cut_off(self) -> None:
        before = self.state.read()
        folder = Path(str(before.get("folder", "")))
        if not before:
            return
        if before.get("parameters") == self.parameters and folder.is_dir():
            self._tell(f"the run in {folder.name} was cut off; it goes on")
            self._start(folder)
        else:
            self._tell(f"the run in {folder.name} was cut off and had other parameters; it is left as it is")
            self.state.write({})

    def _wait_until(self, due: datetime) -> bool:
        """Whether the time has come; False when told to stop before. The clock may be set, so it is looked at often."""
        while not self.stop.is_set():
            left = (due - _now()).total_seconds()
            if left <= 0:
                return True
            self.stop.wait(min(left, _LONGEST_WAIT))
        return False

    def _start(self, folder: Path) -> None:
        """Run once, into `folder`; what it decided, or why it failed, goes into the log."""
        folder.mkdir(parents=True, exist_ok=True)
        self.state.write({"folder": str(folder), "parameters": self.parameters})
        self._tell(f"{folder.name}: started")
        with (folder / "output.log").open("ab") as log:
            environment = {**os.environ, OWNER: str(os.getpid())}
            process = subprocess.Popen(
                command(self.pipeline, self.parameters, folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches the schedule alone, which passes it on
            )
            code = self._wait_for(process)
        if code is None:
            self._tell(f"{folder.name}: interrupted; it goes on when the schedule is started again")
            return
        self.state.write({})
        self._tell(f"{folder.name}: {_outcome(folder, code)}")
        if code == 0:
            shutil.rmtree(folder / "work", ignore_errors=True)  # it only serves to go on after an interruption

    def _wait_for(self, process: "subprocess.Popen[bytes]") -> int | None:
        """The exit code; None when it was interrupted because the schedule was told to stop."""
        while process.poll() is None:
            if self.stop.wait(0.1):
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                return 0 if process.returncode == 0 else None
        return process.returncode

    def _tell_missed(self, due: datetime) -> None:
        missed, moment, now = 0, self.times.after(due), _now()
        while moment is not None and moment <= now and missed < 1000:
            missed, moment = missed + 1, self.times.after(moment)
        if missed:
            self._tell(f"{missed} time{'s'[: missed != 1]} passed meanwhile; not caught up")

    def _tell(self, text: str) -> None:
        line = f"{_now():%Y-%m-%d %H:%M:%S} {text}"
        click.echo(line, err=True)
        with (self.out / "schedule.log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def command(pipeline: str, parameters: Mapping[str, Any], folder: Path) -> list[str]:
    """What runs the pipeline once, into `folder`, and goes on with it where it was cut off."""
    words = [f"--set={name}={_spelled(value)}" for name, value in sorted(parameters.items())]
    return [sys.executable, "-m", "pipelines.local_schedule", "run", pipeline, "--out", str(folder), *words]


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _outcome(folder: Path, code: int) -> str:
    if code:
        last = (folder / "output.log").read_text(errors="replace").strip().splitlines()[-1:]
        return f"failed with exit code {code}: {' '.join(last)[:500]}"
    result = json.loads((folder / "result.json").read_text())
    decided, model = result.get("decision"), result.get("model")
    said = [decided["sentence"]] if decided else []
    said += [f"{model['name']} version {model['version']} is {model['alias']}: {model['why']}"] if model else []
    return " ".join(["finished.", *said])


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, instead of ending the process."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> datetime:
    return datetime.now().astimezone()


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def main(words: Sequence[str]) -> None:
    """One run: `rarefault` with these words, ended when the schedule that started it is gone."""
    from rarefault import cli

    stop_with_owner()
    cli.main(list(words))


if __name__ == "__main__":
    main(sys.argv[1:])
