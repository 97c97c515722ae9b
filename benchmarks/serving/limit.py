"""Half a CPU and 512 MB, as a container would have them: control groups, version 1, where they may be made."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds, Kubernetes' own
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Limit:
    """cores: the share that is enforced, None where nothing could be; groups: the control groups of one server."""

    cores: float | None
    groups: tuple[Path, ...]

    def command(self, command: list[str]) -> list[str]:
        """The command, begun inside the groups."""
        if not self.groups:
            return command
        joins = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self.groups)
        return ["/bin/sh", "-c", f'{joins}exec "$@"', "sh", *command]

    def cpu_seconds(self, pids: list[int]) -> float:
        """CPU time used so far: of the group, or of the processes where there is none (to 1/100 s)."""
        for group in self.groups:
            if (group / "cpuacct.usage").exists():
                return int((group / "cpuacct.usage").read_text()) / 1e9
        return sum(_process_seconds(pid) for pid in pids)

    def says(self, cores: float, megabytes: int) -> str:
        if self.cores is None:
            return (
                f"no control group may be made here: CPU time a request is measured, the rate at {cores:g} CPU derived"
            )
        return f"each server held to {cores:g} CPU and {megabytes} MB by control groups (v1)"


def _process_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def limited(cores: float, megabytes: int) -> Iterator[Limit]:
    """Control groups for one server, removed at the end; a Limit without any where they cannot be made."""
    name = f"rarefault-benchmark-{os.getpid()}-{time.monotonic_ns()}"
    wanted = {
        "cpu": {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": int(cores * PERIOD)},
        "cpuacct": {},
        "memory": {"memory.limit_in_bytes": megabytes * 1_000_000},
    }
    made: list[Path] = []
    try:
        for controller, values in wanted.items():
            group = _make(controller, name, values)
            if group is not None:
                made.append(group)
        held = cores if any((group / "cpu.cfs_quota_us").exists() for group in made) else None
        yield Limit(held, tuple(made))
    finally:
        for group in made:
            _remove(group)


def _make(controller: str, name: str, values: dict[str, int]) -> Path | None:
    group = ROOT / controller / name
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        for file, value in values.items():
            (group / file).write_text(str(value))
    except OSError:
        group.rmdir()
        return None
    return group


def _remove(group: Path) -> None:
    for _ in range(50):  # the kernel needs a moment after the last process has ended
        try:
            group.rmdir()
            return
        except OSError:
            time.sleep(0.02)
