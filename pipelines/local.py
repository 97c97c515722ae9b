"""Run a pipeline on this machine, in this interpreter's subprocesses; a failed run goes on where it stopped."""

import contextlib
import errno
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

import pipelines
from pipelines.display import Display
from rarefault.errors import InputError, StepError
from rarefault.progress import FILE, OWNER
from rarefault.registry.lineage import code_version


@dataclass(frozen=True)
class Finished:
    """Where a run left its report and result, and the result itself."""

    report: Path
    result: Path
    values: dict[str, Any]


def run(name: str, params: Mapping[str, Any], out: Path, fresh: bool = False) -> Finished:
    """Run pipeline `name` with parameters and leave report.html, result.json and the deployment in folder `out`.

    Work in progress lies in out/work. A run that failed or was killed is resumed when it is started again with the
    same parameters and code; a finished one is run anew. Raises InputError for bad input and for a folder that
    another run is using or that cannot be written, StepError for a step that failed.
    """
    lock = _locked(out)
    try:
        _require_own(out)
        work = _Work(out / "work", name, params, fresh)
        _execute(name, work, out)
        return _collect(work, out)
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise StepError(f"no space is left on the disk of {out}; make some, and the same command goes on") from problem
    finally:
        lock.release()


def _locked(out: Path) -> FileLock:
    """The lock on the output folder, which is made where there is none."""
    lock = FileLock(out / ".lock", timeout=0)
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(f"another run is using {out}; wait for it, or name another folder with --out") from None
    except OSError as problem:
        raise InputError(
            f"the output folder {out} cannot be written ({problem.strerror or problem}); name another with --out"
        ) from problem
    return lock


def _require_own(out: Path) -> None:
    """Raise InputError when a folder that a run replaces is there already and no run of ours has made it."""
    for name, mark in (("work", "run.json*"), ("deploy", "inferenceservice.yaml")):
        folder = out / name
        if folder.exists() and not (folder.is_dir() and (any(folder.glob(mark)) or not any(folder.iterdir()))):
            raise InputError(
                f"{folder} is in the way: a run would replace it, and no run has made it; move it, or name another "
                "folder with --out"
            )


class _Work:
    """The folder of one run: what it was started with, its cache, its progress."""

    def __init__(self, folder: Path, name: str, params: Mapping[str, Any], fresh: bool) -> None:
        self.folder, self.events = folder, folder / "progress.jsonl"
        self.params = dict(params)
        start = {"pipeline": name, "params": self.params, "code": code_version()}
        before = _read(folder / "run.json")
        self.resumed = not fresh and before is not None and before.get("start") == start and not before.get("done")
        if not self.resumed:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.run_id = before["run_id"] if self.resumed and before else uuid.uuid4().hex
        self._state = {"run_id": self.run_id, "start": start, "done": False}
        self._write()
        self.events.unlink(missing_ok=True)

    def finish(self) -> None:
        self._state["done"] = True
        self._write()

    def _write(self) -> None:
        scratch = self.folder / "run.json.new"
        scratch.write_text(json.dumps(self._state, indent=1))
        scratch.replace(self.folder / "run.json")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):  # never started, or killed while this very file was first written
        return None
    return values if isinstance(values, dict) else None


def _execute(name: str, work: _Work, out: Path) -> None:
    from kfp import local

    pipeline = pipelines.get(name)
    known = pipeline.component_spec.inputs or {}
    arguments = {**work.params, "run_id": work.run_id, "attempt": time.time()}
    if "search_storage" in known:
        arguments.setdefault("search_storage", str((work.folder / "search.journal").absolute()))
    if "checkpoints" in known:
        arguments.setdefault("checkpoints", str((work.folder / "checkpoints").absolute()))
    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=str(work.folder / "steps"),
        workspace_root=str(work.folder / "workspace"),
        enable_caching=True,
        cache_root=str(work.folder / "cache"),
    )
    environment = {FILE: str(work.events.absolute()), OWNER: str(os.getpid()), "OMP_NUM_THREADS": "1"}
    with (
        Display(work.events, name, resumed=work.resumed) as display,
        _environment(environment),
        _logged(out / "run.log"),
        _side_by_side(pipeline.pipeline_spec, os.cpu_count() or 1),
    ):
        try:
            pipeline(**arguments)
        except RuntimeError as problem:
            failure = display.failure()
            if failure is None:
                raise StepError(f"{name} failed: {problem}; see {out / 'run.log'}") from problem
            if failure["input"]:
                raise InputError(failure["message"]) from problem
            raise StepError(
                f"step {failure['step']} failed: {failure['message']}; see {out / 'run.log'}; "
                "started again, the run goes on with this step"
            ) from problem


@contextlib.contextmanager
def _side_by_side(spec: Any, most: int) -> Iterator[None]:
    """Let loops run `most` of their turns at once instead of what is set for a cluster."""
    loops = [
        task.iterator_policy
        for dag in (spec.root.dag, *(component.dag for component in spec.components.values()))
        for task in dag.tasks.values()
        if task.iterator_policy.parallelism_limit
    ]
    before = [loop.parallelism_limit for loop in loops]
    for loop in loops:
        loop.parallelism_limit = most
    try:
        yield
    finally:
        for loop, limit in zip(loops, before, strict=True):
            loop.parallelism_limit = limit


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Send what kfp and the steps print to a file; the terminal belongs to the progress display."""
    with path.open("a", encoding="utf-8") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        print(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(sys.argv)}", flush=True)
        yield


_KEPT = ("result", "page", "experts", "series", "manifest", "exported")
"""What the steps' outputs are called that a run copies."""


def _collect(work: _Work, out: Path) -> Finished:
    """Copy what the user wants to keep out of the work folder, the result last."""
    newest = {part: _newest(work.folder / "steps", part) for part in _KEPT}
    if newest["result"] is None or newest["page"] is None:
        raise StepError(f"the run ended without a report; see {out / 'run.log'}")
    if newest["manifest"] and newest["exported"]:
        shutil.rmtree(out / "deploy", ignore_errors=True)
        shutil.copytree(newest["exported"], out / "deploy" / "model")
        shutil.copy(newest["manifest"], out / "deploy" / "inferenceservice.yaml")
    shutil.copy(newest["page"], out / "report.html")
    if newest["experts"]:
        shutil.copy(newest["experts"], out / "experts.html")
    if newest["series"]:
        shutil.copy(newest["series"], out / "life.csv")
    shutil.copy(newest["result"], out / "result.json")
    work.finish()
    return Finished(out / "report.html", out / "result.json", json.loads((out / "result.json").read_text()))


def _newest(steps: Path, part: str) -> Path | None:
    found = sorted(steps.glob(f"*/*/{part}"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None
