"""Open the listed files one after the other: every snapshot with its channels picked and its faults found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rarefault.datasets.signals.checks import clipped, unusable
from rarefault.datasets.signals.listing import Listed
from rarefault.datasets.signals.reading import (
    BROKEN,
    SNAPSHOTS,
    is_machine_file,
    load_arrays,
    read_snapshot,
    stated_channels,
    stated_rate,
)
from rarefault.datasets.signals.recording import Recording, UnusableError
from rarefault.datasets.signals.signal_set import STATES


@dataclass(frozen=True)
class Snapshot:
    """A usable snapshot: where it comes from, its number within its machine from 0, and whether it is clipped."""

    listed: Listed
    number: int
    recording: Recording
    clipped: bool = False


def read_listed(file: Listed, number: int, wanted: Sequence[str]) -> Iterator[Snapshot | tuple[str, str]]:
    """The snapshots of a file, numbered from `number`; (reason, name) in place of each that is no use.

    wanted: the channels to pick, by name or by number from 1; empty means all.
    """
    try:
        found = _of_machine(file) if is_machine_file(file.path) else [(file, read_snapshot(file.path))]
    except UnusableError as problem:
        yield str(problem), file.name
        return
    except BROKEN:
        yield "damaged or truncated", file.name
        return
    for offset, (listed, recording) in enumerate(found):
        try:
            picked = pick(recording, wanted)
        except UnusableError as problem:
            yield str(problem), listed.name
            continue
        reason = unusable(picked.samples)
        if reason:
            yield reason, listed.name
        else:
            yield Snapshot(listed, number + offset, picked, clipped(picked.samples))


def pick(recording: Recording, wanted: Sequence[str]) -> Recording:
    """The wanted channels, by name or by number from 1, in that order; raises UnusableError where one is missing.

    Where the file names no channels and as many are wanted as it has, the names are given to them.
    """
    count = len(recording.samples)
    named = recording.channels or tuple(f"channel {k + 1}" for k in range(count))
    if not wanted:
        return replace(recording, channels=named if count > 1 or recording.channels else ("vibration",))
    keys = [name.casefold() for name in named]
    rows = []
    for name in wanted:
        if name.casefold() in keys:
            rows.append(keys.index(name.casefold()))
        elif name.isdecimal() and 1 <= int(name) <= count:
            rows.append(int(name) - 1)
        elif not recording.channels and len(wanted) == count and not any(each.isdecimal() for each in wanted):
            return replace(recording, channels=tuple(wanted))
        else:
            raise UnusableError(f"no channel {name!r}")
    return replace(recording, samples=recording.samples[rows], channels=tuple(named[row] for row in rows))


def _of_machine(file: Listed) -> list[tuple[Listed, Recording]]:
    """The snapshots of an .npz file of a machine: snapshots (n, t) or (n, c, t), rate, and perhaps times, healthy,
    states and channels."""
    arrays = load_arrays(file.path)
    values = arrays[SNAPSHOTS]
    if values.ndim not in (2, 3) or not values.size or values.dtype.kind not in "iuf":
        raise UnusableError(f"{SNAPSHOTS} of shape {values.shape}; accepted: numbers (n, t) or (n, channels, t)")
    if values.ndim == 2:
        values = values[:, None]
    columns = {name: arrays[name] for name in ("times", "healthy", "states") if name in arrays}
    uneven = [name for name, column in columns.items() if column.shape != (len(values),)]
    if uneven:
        raise UnusableError(f"{uneven[0]} of another length than {SNAPSHOTS}")
    rate, channels = stated_rate(arrays), stated_channels(arrays)
    found = []
    for k, snapshot in enumerate(values):
        listed = replace(
            file,
            name=f"{file.name}[{k}]",
            time=_finite(columns["times"][k]) if "times" in columns else file.time,
            healthy=bool(columns["healthy"][k]) if "healthy" in columns else file.healthy,
            state=_known(str(columns["states"][k])) if "states" in columns else file.state,
        )
        found.append((listed, Recording.of(snapshot.T, rate, channels)))
    return found


def _finite(time: np.generic) -> float:
    if not np.isfinite(float(time)):
        raise UnusableError("times that are not finite")
    return float(time)


def _known(state: str) -> str:
    if state.casefold() not in ("", *STATES):
        raise UnusableError(f"a state {state[:20]!r}; accepted: {', '.join(STATES)}, or nothing")
    return state.casefold()
