"""What every step does besides its work: time and memory, progress, a record, one thread."""

import functools
import json
import math
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec

from rarefault import in_cluster, progress
from rarefault.errors import InputError

P = ParamSpec("P")
Numbers = dict[str, float]


def recorded(step: Callable[P, Mapping[str, float]]) -> Callable[P, Numbers]:
    """Run a step on one thread, report its start and end, and write its record.

    The step takes its record's path as the keyword `record`; the record is JSON: name, ended, seconds, peak_memory_mb
    and the finite numbers that the step returned, which are also what the wrapped step returns.
    """

    @functools.wraps(step)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Numbers:
        from threadpoolctl import threadpool_limits

        name = str(kwargs.get("strategy") or "")
        label = f"{step.__name__} {name}".strip()
        in_cluster.adopt()
        progress.stop_with_owner()
        progress.emit("started", label)
        began = time.perf_counter()
        try:
            with threadpool_limits(1):
                numbers = step(*args, **kwargs)
        except InputError as problem:
            progress.emit("failed", label, message=str(problem), input=True)
            raise
        except BaseException as problem:
            progress.emit("failed", label, message=f"{type(problem).__name__}: {problem}", input=False)
            raise
        facts = _facts(numbers, time.perf_counter() - began)
        Path(str(kwargs["record"])).write_text(json.dumps({"name": label, "ended": time.time(), **facts}, indent=1))
        progress.emit("finished", label, **facts)
        return facts

    return wrapped


def _facts(numbers: Mapping[str, float], seconds: float) -> Numbers:
    processes = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    largest = max(resource.getrusage(who).ru_maxrss for who in processes)  # kilobytes, of the largest process
    finite = {key: float(value) for key, value in numbers.items() if math.isfinite(value)}
    unit = 1024 if sys.platform != "darwin" else 1024**2
    peak = round(largest / unit, 1)
    return {**finite, "seconds": round(seconds, 3), "peak_memory_mb": peak}


def read_json(path: str | Path) -> Any:
    """The values in a JSON file."""
    return json.loads(Path(path).read_text())


def write_json(path: str | Path, values: Any) -> None:
    """Write values as JSON, making the folder."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(values, indent=1))
