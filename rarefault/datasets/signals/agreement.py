"""Snapshots that belong together: one length, the same channels, one rate, in order, each once."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from rarefault.datasets.images.changes import Changes
from rarefault.datasets.signals.snapshot import Snapshot
from rarefault.datasets.wording import counted, listed, shown
from rarefault.errors import InputError

SAME_RATE = 1e-3
"""Rates that differ by less than this share are one: times in a file are rounded."""
_MOST = 0.5
_ODD = 100.0


def alike(kept: list[Snapshot], changes: Changes, where: str) -> list[Snapshot]:
    """The snapshots that have the channels and the length of most; raises InputError where half of them differ."""
    counts = Counter(snapshot.recording.channels for snapshot in kept)
    channels = counts.most_common(1)[0][0]
    _require_most(counts[channels], len(kept), [", ".join(each) for each in counts], "channels", where)
    same = []
    for snapshot in kept:
        own = snapshot.recording.channels
        if own == channels:
            same.append(snapshot)
        else:
            many = f"{counted(len(own), 'channel')}, most have {len(channels)}"
            changes.leave_out(many if len(own) != len(channels) else "channels of other names", snapshot.listed.name)
    lengths = Counter(snapshot.recording.samples.shape[1] for snapshot in same)
    length = lengths.most_common(1)[0][0]
    _require_most(lengths[length], len(same), [f"{each:,}" for each in sorted(lengths)], "numbers of samples", where)
    for snapshot in same:
        own_length = snapshot.recording.samples.shape[1]
        if own_length != length:
            twice = " (twice as many: another rate?)" if own_length == 2 * length else ""
            changes.leave_out(f"{own_length:,} samples, most have {length:,}{twice}", snapshot.listed.name)
    return [snapshot for snapshot in same if snapshot.recording.samples.shape[1] == length]


def _require_most(held: int, total: int, kinds: Sequence[str], what: str, where: str) -> None:
    if held < _MOST * total:
        raise InputError(
            f"{where}: the snapshots have {len(kinds)} different {what} ({listed(kinds)}), none of them in half of the "
            f"snapshots; accepted: snapshots alike (choose some with machines= or channels=)"
        )


def one_rate(kept: Sequence[Snapshot], given: float, where: str) -> float:
    """The one rate of all snapshots; raises InputError where there are two, or none."""
    if not 0 <= given < float("inf"):
        raise InputError(f"rate must be samples a second, above 0, or 0 where the files say it; got {given}")
    stated = [snapshot for snapshot in kept if snapshot.recording.rate]
    if not stated and not given:
        raise InputError(f"{where}: the files do not say how many samples a second they hold; accepted: rate=HZ")
    rates = np.array([snapshot.recording.rate for snapshot in stated])
    rate = given or float(np.median(rates))
    other = np.flatnonzero(np.abs(rates / rate - 1) > SAME_RATE)
    if len(other):
        first = stated[other[0]]
        against = f"rate={given:g} was given" if given else f"most have {rate:g} Hz"
        raise InputError(
            f"{where}: {counted(len(other), 'snapshot')} of another rate, such as {shown(first.listed.name)} with "
            f"{first.recording.rate:g} Hz, but {against}; signals are not resampled: accepted is one rate (choose with "
            "machines=, or resample them with an anti-aliasing filter first)"
        )
    return rate


def in_order(kept: Sequence[Snapshot], changes: Changes) -> list[Snapshot]:
    """Machine by machine, by time where times are known; what had to be moved is told."""
    ordered, moved, equal = [], 0, 0
    for machine in dict.fromkeys(snapshot.listed.machine for snapshot in kept):
        own = [snapshot for snapshot in kept if snapshot.listed.machine == machine]
        if all(snapshot.listed.time is not None for snapshot in own):
            times = np.array([snapshot.listed.time for snapshot in own], dtype=np.float64)
            moved += int((np.diff(times) < 0).sum())
            equal += len(times) - len(np.unique(times))
            own = [own[k] for k in np.argsort(times, kind="stable")]
        ordered += own
    if moved:
        changes.tell(f"put the snapshots into the order of their times, which went back {counted(moved, 'time')}")
    if equal:
        changes.tell(f"kept {counted(equal, 'snapshot')} with the time of another of its machine")
    return ordered


def without_copies(kept: Sequence[Snapshot], changes: Changes) -> list[Snapshot]:
    """Each snapshot of a machine once; copies between machines are kept and told."""
    seen: dict[bytes, set[str]] = {}
    single, across = [], []
    for snapshot in kept:
        key = hashlib.blake2b(snapshot.recording.samples.tobytes(), digest_size=16).digest()
        machines = seen.setdefault(key, set())
        if snapshot.listed.machine in machines:
            changes.leave_out("the same samples as another of its machine", snapshot.listed.name)
            continue
        if machines:
            across.append(snapshot.listed.name)
        machines.add(snapshot.listed.machine)
        single.append(snapshot)
    if across:
        changes.tell(
            f"kept {counted(len(across), 'snapshot')} with the same samples as another machine's: {listed(across)}"
        )
    return single


def tell_odd_levels(kept: Sequence[Snapshot], changes: Changes) -> None:
    """Tell of snapshots a hundred times louder or quieter than is usual on their machine: wear does not do that."""
    levels = np.array([float(np.std(snapshot.recording.samples)) for snapshot in kept])
    machines = np.array([snapshot.listed.machine for snapshot in kept], dtype=object)
    usual = np.empty(len(kept))
    for name in dict.fromkeys(machines.tolist()):
        usual[machines == name] = np.median(levels[machines == name])
    odd = np.flatnonzero((levels > _ODD * usual) | (levels * _ODD < usual))
    if len(odd):
        names = [kept[int(at)].listed.name for at in odd]
        changes.tell(
            f"kept {counted(len(odd), 'snapshot')} a hundred times louder or quieter than is usual on their machine "
            f"(another unit, or a loose sensor?): {listed(names)}"
        )
