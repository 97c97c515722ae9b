"""Memory of a process and everything it started, as Linux tells it in /proc."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

EVERY = 0.2


@dataclass(frozen=True)
class Cost:
    """seconds: wall time; pss: peak of the processes' memory together, in MB, pages they share counted once; rss: the
    same with shared pages counted in each of them. pss is None where the system does not tell it.
    """

    seconds: float
    rss: float
    pss: float | None


def measure(command: Sequence[str], environment: Mapping[str, str], log: IO[str]) -> tuple[int, Cost]:
    """Run a command to its end, its output in `log`; returns its exit code and what it cost."""
    rss, pss = 0.0, 0.0
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        while process.poll() is None:
            sums = [sum(column) for column in zip(*map(memory, family(process.pid)), strict=True)] or [0.0, 0.0]
            rss, pss = max(rss, sums[0]), max(pss, sums[1])
            time.sleep(EVERY)
        seconds = time.perf_counter() - start
    finally:
        for member in family(process.pid) if process.poll() is None else []:
            os.kill(member, 9)
    return process.returncode, Cost(seconds, rss, pss or None)


def family(root: int) -> list[int]:
    """The process `root`, those of its session and all their descendants, zombies apart."""
    found = {pid: stat for pid in _processes() if (stat := _stat(pid)) is not None}
    members = {pid for pid, (_, _, session) in found.items() if session == root} | {root}
    while more := {pid for pid, (_, parent, _) in found.items() if parent in members} - members:
        members |= more
    return sorted(pid for pid in members if pid in found and found[pid][0] != "Z")


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional set size in MB; 0 of a process that is gone, or that does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return _resident(pid), 0.0
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return kilobytes["Rss:"] * 1024 / 1e6, kilobytes["Pss:"] * 1024 / 1e6


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _processes() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _stat(pid: int) -> tuple[str, int, int] | None:
    """State, parent and session; None of a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, parent, _, session = text.rpartition(")")[2].split()[:4]  # the name before it may hold anything
    return state, int(parent), int(session)
