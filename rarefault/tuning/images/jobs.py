"""Many trainings side by side, each of whose results is kept, so that a run that was cut off goes on."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from rarefault.datasets.images.image_set import ImageSet
from rarefault.progress import OWNER, stop_with_owner

C = TypeVar("C")
J = TypeVar("J")
Watch = Callable[[int, int], None]
Result = dict[str, Any]
_shared: Any = None


def run_jobs(
    work: Callable[[C, J], Result],
    context: C,
    jobs: Mapping[str, J],
    folder: str | Path,
    identity: str,
    processes: int = 1,
    progress: Watch | None = None,
) -> dict[str, Result]:
    """Call work(context, job) for every job, `processes` at a time, and return its plain values by name.

    Each result is kept as folder/NAME.json as soon as it is there; one that is there already, of an equal job and the
    same identity (text that stands for work and context), is not worked out again. Everything runs on one thread a
    process, so the results do not depend on `processes`. With two or more of them, work must be importable and
    context and jobs picklable. The first error stops the run.
    """
    if processes < 1:
        raise ValueError(f"processes must be >= 1, got {processes}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    named = {name: f"{identity} {job!r}" for name, job in jobs.items()}
    found = {name: _kept(folder / f"{name}.json", named[name]) for name in jobs}
    results = {name: result for name, result in found.items() if result is not None}
    for name, result in _worked(work, context, {n: jobs[n] for n in jobs if n not in results}, processes):
        _keep(folder / f"{name}.json", named[name], result)
        results[name] = result
        if progress:
            progress(len(results), len(jobs))
    return {name: results[name] for name in jobs}


def fingerprint(image_set: ImageSet) -> str:
    """A checksum of the images and their labels."""
    sha = hashlib.sha256(str(image_set.images.shape).encode())
    sha.update(image_set.images.tobytes())
    sha.update(json.dumps([image_set.labels.tolist(), image_set.facts.background]).encode())
    return sha.hexdigest()[:16]


def _kept(path: Path, identity: str) -> Result | None:
    if not path.exists():
        return None
    kept = json.loads(path.read_text())
    result: Result = kept["result"]
    return result if kept["identity"] == identity else None


def _keep(path: Path, identity: str, result: Result) -> None:
    """Written beside and then moved, so that a result is whole or not there."""
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps({"identity": identity, "result": result}))
    beside.replace(path)


def _worked(
    work: Callable[[C, J], Result], context: C, jobs: Mapping[str, J], processes: int
) -> Iterator[tuple[str, Result]]:
    if min(processes, len(jobs)) < 2:
        for name, job in jobs.items():
            with _one_thread():
                result = work(context, job)
            yield name, result
        return
    pool = ProcessPoolExecutor(min(processes, len(jobs)), get_context("spawn"), _begin, (context, os.getpid()))
    try:
        waiting = {pool.submit(_call, work, job): name for name, job in jobs.items()}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(context: Any, owner: int) -> None:
    global _shared
    _shared = context
    os.environ[OWNER] = str(owner)
    stop_with_owner()


def _call(work: Callable[[Any, J], Result], job: J) -> Result:
    with _one_thread():
        return work(_shared, job)


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
