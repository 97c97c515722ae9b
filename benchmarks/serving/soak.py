"""Minutes of steady load on our server while its model is replaced every few seconds.

    python -m benchmarks.serving.soak [--minutes 10] [--rate 2000] [--every 5]

Two versions of a model take turns: the new folder is written beside the old one and takes its place by renaming, as an
export does. Every answer must be, byte for byte, the one that either version gives to that request. The memory is that
of the server's process, looked at once a second; its growth is from the median of the first tenth of the time (the very
first seconds left out) to the median of the last tenth.
"""

import argparse
import json
import os
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.printing import machine, markdown, verdict
from benchmarks.serving.bodies import Request, v1
from benchmarks.serving.contestants import ours
from benchmarks.serving.measured import Burst, Server, free_port, serving
from benchmarks.serving.models import NAME, Made, gearbox_table, make

CONNECTIONS, ROWS = 64, 16
GROWTH, RELOADED = 2.0, 0.8  # MB; share of the swaps that must have led to a reload
SETTLING = 5.0  # seconds that say nothing about growth


@dataclass
class Watch:
    """Swaps the folder and looks at the memory until it is told to stop."""

    server: Server
    live: Path
    versions: Sequence[Path]
    every: float
    swaps: int = 0
    megabytes: list[tuple[float, float]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        start = time.perf_counter()
        while not self.done.wait(1.0):
            now = time.perf_counter() - start
            self.megabytes.append((now, self.server.megabytes()))
            if now // self.every > self.swaps:
                self.swaps += 1
                put(self.versions[self.swaps % len(self.versions)], self.live)

    def growth(self, seconds: float) -> float:
        """MB from the first tenth to the last."""
        settling = min(SETTLING, seconds / 20)
        first = [mb for at, mb in self.megabytes if settling <= at <= settling + seconds / 10]
        last = [mb for at, mb in self.megabytes if at >= 0.9 * seconds]
        return median(last) - median(first) if first and last else float("nan")


def put(version: Path, live: Path) -> None:
    """Let a copy of a version take the live folder's place."""
    new, former = live.with_name(".new"), live.with_name(".former")
    shutil.copytree(version, new)
    if live.exists():
        live.rename(former)
    new.rename(live)
    shutil.rmtree(former, ignore_errors=True)


def served_version(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/{NAME}", timeout=10) as answer:
        return str(json.load(answer)["versions"][0])


def reloads(port: int) -> tuple[int, int]:
    """Folders read by the server so far, and refused."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()

    def count(result: str) -> int:
        told = [line for line in lines if line.startswith("rarefault_reloads_total{") and f'"{result}"' in line]
        return sum(int(float(line.split()[-1])) for line in told)

    return count("ok"), count("failed")


@dataclass(frozen=True)
class Result:
    """What the client saw, what the watch saw, how many folders the server read and refused meanwhile."""

    burst: Burst
    watch: Watch
    read: int
    refused: int


def soak(minutes: float, rate: float, every: float) -> Result:
    with tempfile.TemporaryDirectory() as place:
        folder, table = Path(place), gearbox_table(1000)
        half = table.rows(np.arange(0, len(table), 2))
        versions = [
            make("linear", table, folder / "one", "1"),
            make("linear", half, folder / "two", "2", asked=table),
        ]
        (folder / "models").mkdir()
        live, port = folder / "models" / "linear", free_port()
        put(versions[0].folder, live)
        with serving(ours("linear")(live.parent, port), port, folder / "log") as server:
            asked, answers = both_answers(server, versions, live)
            read, refused = reloads(port)
            watch = Watch(server, live, [version.folder for version in reversed(versions)], every)
            burst = watched(watch, lambda: server.burst(asked, minutes * 60, CONNECTIONS, rate, answers))
            now_read, now_refused = reloads(port)
            return Result(burst, watch, now_read - read, now_refused - refused)


def both_answers(server: Server, versions: Sequence[Made], live: Path) -> tuple[list[Request], list[list[bytes]]]:
    """The requests, and for each the answers of both versions; the second is live afterwards."""
    asked = [v1(versions[0], row, 1) for row in range(ROWS)]
    first = server.checked_answers(asked)
    put(versions[1].folder, live)
    while served_version(server.port) != "2":
        time.sleep(0.05)
    second = server.checked_answers([v1(versions[1], row, 1) for row in range(ROWS)])
    return asked, [one + other for one, other in zip(first, second, strict=True)]


def watched(watch: Watch, load: Callable[[], Burst]) -> Burst:
    """Run the load while the watch is on."""
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        return load()
    finally:
        watch.done.set()
        thread.join()


def table(result: Result, seconds: float, rate: float) -> str:
    burst, watch = result.burst, result.watch
    wrong, growth = sum(burst.failures.values()), watch.growth(seconds)
    share = burst.requests / (seconds * rate)
    memory = [megabytes for _, megabytes in watch.megabytes]
    met = result.read >= RELOADED * watch.swaps
    rows = [
        ["wrong or missing answers", f"{wrong:,} of {burst.requests:,}", "0", verdict(wrong == 0)],
        ["requests answered, of those asked for", f"{share:.1%}", "at least 99 %", verdict(share >= 0.99)],
        ["memory gained, MB", f"{growth:+.2f}", f"at most {GROWTH:g}", verdict(growth <= GROWTH)],
        [
            "folders swapped / reloads / refused",
            f"{watch.swaps} / {result.read} / {result.refused}",
            "all",
            verdict(met),
        ],
        ["answers of the first / second version", " / ".join(f"{n:,}" for n in burst.answers), "", ""],
        ["p50 / p95 / p99, ms", " / ".join(f"{burst.ms[q]:.1f}" for q in ("50", "95", "99")), "", ""],
        ["CPU a request, us", f"{burst.cpu_us:.0f}", "", ""],
        [
            "memory at the start / most / at the end, MB",
            f"{memory[0]:.1f} / {max(memory):.1f} / {memory[-1]:.1f}",
            "",
            "",
        ],
    ]
    said = markdown(["soak", "found", "target", ""], rows)
    return said + "".join(f"\n\n{why}: {n:,}" for why, n in burst.failures.items())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=2000.0, help="requests/s (default: 2000)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two swaps of the folder (default: 5)")
    asked = parser.parse_args(arguments)
    result = soak(asked.minutes, asked.rate, asked.every)
    print(f"{machine()}; {asked.minutes:g} minutes at {asked.rate:g} requests/s, a swap every {asked.every:g} s\n")
    print(table(result, asked.minutes * 60, asked.rate))


if __name__ == "__main__":
    main()
