"""A whole run of fault detection on the built-in data: its time, its memory, and what each step took of them.

    python -m benchmarks.pipeline.run_time [--runs 5] [--set KEY=VALUE ...]

Every run starts with an empty registry and cache, as the first one on a machine does. Its memory is that of all its
processes together, looked at five times a second; it needs Linux. --set is handed on to `rarefault run`.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pipeline.process_memory import Cost, measure
from benchmarks.printing import machine, markdown, verdict

SECONDS, MEGABYTES = 120.0, 2000.0


def run_once(assignments: Sequence[str]) -> tuple[Cost, list[dict[str, Any]]]:
    """What one run cost, and the steps of its result; raises RuntimeError with its last words when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out, log = Path(folder) / "run", Path(folder) / "log"
        command = [sys.executable, "-m", "rarefault.cli", "run", "fault-detection", "--out", str(out)]
        for assignment in assignments:
            command += ["--set", assignment]
        environment = {**os.environ, "RAREFAULT_HOME": str(Path(folder) / "home"), "OMP_NUM_THREADS": "1"}
        environment.pop("RAREFAULT_REGISTRY", None)
        with log.open("w") as file:
            code, cost = measure(command, environment, file)
        if code:
            raise RuntimeError(f"the run ended with exit code {code}: {log.read_text()[-2000:]}")
        return cost, json.loads((out / "result.json").read_text())["steps"]


def totals(costs: Sequence[Cost]) -> str:
    """The medians against their targets."""
    seconds, rss = median(c.seconds for c in costs), median(c.rss for c in costs)
    shared = [c.pss for c in costs if c.pss is not None]
    memory = median(shared) if shared else rss  # without PSS the larger figure has to meet the target
    rows = [["seconds", f"{seconds:.1f}", f"at most {SECONDS:.0f}", verdict(seconds <= SECONDS)]]
    limit = [f"below {MEGABYTES:,.0f}", verdict(memory < MEGABYTES)]
    if shared:
        rows.append(["peak memory, MB", f"{memory:,.0f}", *limit])
    own = ["", ""] if shared else limit
    rows.append(["peak memory, MB, shared pages counted in every process", f"{rss:,.0f}", *own])
    return markdown(["whole run", "median", "target", ""], rows)


def steps_table(runs: Sequence[Sequence[dict[str, Any]]]) -> str:
    """Median seconds and peak memory of each step; some run side by side, so that their sum may exceed the whole."""
    rows = []
    for name in [step["name"] for step in runs[0]]:
        own = [step for steps in runs for step in steps if step["name"] == name]
        seconds, peaks = median(s["seconds"] for s in own), [s["peak_memory_mb"] for s in own if s["peak_memory_mb"]]
        rows.append([name, f"{seconds:.2f}", f"{median(peaks):,.0f}" if peaks else "-"])
    return markdown(["step", "seconds", "peak memory, MB"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--set", dest="assignments", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args(arguments)
    found = [run_once(asked.assignments) for _ in range(asked.runs)]
    print(f"rarefault run fault-detection {' '.join(asked.assignments)}; {machine()}; medians of {asked.runs}\n")
    print(totals([cost for cost, _ in found]) + "\n")
    print(steps_table([steps for _, steps in found]))


if __name__ == "__main__":
    main()
