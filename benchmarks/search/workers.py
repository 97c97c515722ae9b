"""The search for a generator's settings: two worker processes against one, on simulated gearbox-line rows.

    python -m benchmarks.search.workers [--runs 5]

Two searches are timed. In the whole one every trial trains the same networks to the end, all its generator steps:
what is searched is the number of epochs, which `max_steps` makes idle. The pruned one is what a run does: layers and
neurons differ, and a trial worse than the median stops early. Times hold the start of the processes.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.printing import machine, markdown, verdict
from rarefault.steps.ingestion import read_checked
from rarefault.tuning.search import SearchSettings, search, summary

TARGET = 0.6
ALIKE: dict[str, list[float]] = {"latent": [64, 64], "batch": [64, 64], "lr": [5e-4, 5e-4]}
MANY = 10_000
"""So many epochs are more than any number of steps asked for here."""
SPACES: dict[str, dict[str, list[float]]] = {
    "whole": {**ALIKE, "layers": [2, 2], "neurons": [128, 128], "epochs": [MANY, 2 * MANY]},
    "pruned": {**ALIKE, "layers": [1, 3], "neurons": [64, 256], "epochs": [MANY, MANY]},
}


def settings_for(kind: str, workers: int, trials: int, steps: int) -> SearchSettings:
    return SearchSettings("wgan", trials, workers=workers, space=dict(SPACES[kind]), fixed={"max_steps": steps})


def timed_search(table: str | Path, settings: SearchSettings) -> tuple[float, dict[str, Any]]:
    """Seconds and summary of a search on a new journal file."""
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        study = search(table, settings, str(Path(scratch) / "search.journal"))
        seconds = time.perf_counter() - start
        return seconds, summary(study, settings)


def same(found: Sequence[dict[str, Any]]) -> bool:
    """Whether all searches tried the same settings, with the same values, and chose the same trial."""
    plain = [
        (one["best"], one["value"], [{k: v for k, v in trial.items() if k != "seconds"} for trial in one["trials"]])
        for one in found
    ]
    return all(one == plain[0] for one in plain)


def compare(table: str | Path, kind: str, runs: int, trials: int, steps: int) -> tuple[list[str], bool]:
    """A row of the table, and whether one and two processes found the same in every run."""
    times: dict[int, list[float]] = {1: [], 2: []}
    found = []
    for number in range(runs):
        for workers in (1, 2) if number % 2 == 0 else (2, 1):  # they take turns, so that a busy machine hits both
            seconds, said = timed_search(table, settings_for(kind, workers, trials, steps))
            times[workers].append(seconds)
            found.append(said)
    ratio = median(two / one for one, two in zip(times[1], times[2], strict=True))
    pruned = sum(trial["state"] == "pruned" for trial in found[0]["trials"])
    agreed = same(found)
    cells = [kind, str(trials), str(pruned), f"{median(times[1]):.1f}", f"{median(times[2]):.1f}", f"{ratio:.0%}"]
    return [*cells, verdict(ratio <= TARGET), f"yes, {found[0]['best']}" if agreed else "NO"], agreed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--steps", type=int, default=400, help="generator steps a trial")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--searches", nargs="+", choices=list(SPACES), default=list(SPACES))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        read_checked("gearbox-line", "", "", "", "", [], {"n_rows": asked.rows}).table.write(folder)
        rows = [compare(folder, kind, asked.runs, asked.trials, asked.steps) for kind in asked.searches]
    print(f"{asked.steps} steps a trial, {asked.rows:,} gearbox-line rows; {machine()}; medians of {asked.runs}\n")
    header = ["search", "trials", "pruned", "1 process, s", "2 processes, s", "2 : 1", f"at most {TARGET:.0%}"]
    print(markdown([*header, "same trials, best one"], [cells for cells, _ in rows]))
    if not all(agreed for _, agreed in rows):
        raise SystemExit("one and two processes tried different trials or chose different ones")


if __name__ == "__main__":
    main()
