"""Read a user's folder of signals: find the files, open them, keep what fits together, and tell what was left out."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.images.listing import plain
from rarefault.datasets.signals.agreement import alike, in_order, one_rate, tell_odd_levels, without_copies
from rarefault.datasets.signals.healthy import declared
from rarefault.datasets.signals.index_file import INDEX, list_indexed
from rarefault.datasets.signals.listing import ACCEPTED, Listed, Listing, list_files
from rarefault.datasets.signals.reading import is_machine_file
from rarefault.datasets.signals.signal_set import STATES, SignalFacts, SignalSet
from rarefault.datasets.signals.snapshot import Snapshot, read_listed
from rarefault.datasets.wording import counted, listed
from rarefault.errors import InputError

Progress = Callable[[int, int], None]
MAX_BYTES = 512 << 20
MAX_FILES = 1_000_000


def read_signals(
    path: Path,
    *,
    healthy: str | int = "",
    rate: float = 0.0,
    channels: Sequence[str] = (),
    machines: Sequence[str] = (),
    progress: Progress | None = None,
) -> SignalSet:
    """The snapshots of a folder, or of one machine's .npz file, machine by machine in the order of time.

    rate: Hz, where the files do not say it; channels: by name or number from 1, empty means all; machines: by name,
    empty means all; healthy: see `declared`. What is no use is left out and told in the facts' repairs. Raises
    InputError, one line, where no set of snapshots of one length and one rate can be had.
    """
    where, listing = one_line_path(path), _listing(path)
    _only(listing, machines, where)
    kept = _read(listing, channels, where, progress)
    kept = alike(kept, listing.changes, where)
    found = one_rate(kept, rate, where)
    kept = without_copies(in_order(kept, listing.changes), listing.changes)
    tell_odd_levels(kept, listing.changes)
    return _assembled(kept, found, healthy, plain(path.resolve().stem) or "signals", listing.changes)


def _listing(path: Path) -> Listing:
    if path.is_file():
        if not is_machine_file(path):
            raise InputError(f"{one_line_path(path)} is a file without the array snapshots; accepted: {ACCEPTED}")
        return Listing([Listed(path, plain(path.name), plain(path.stem))])
    if (path / INDEX).is_file():
        return list_indexed(path)
    listing = list_files(path)
    for at, file in enumerate(listing.files):
        if file.path.parent == path and is_machine_file(file.path):
            listing.files[at] = Listed(file.path, file.name, plain(file.path.stem))
    return listing


def _only(listing: Listing, machines: Sequence[str], where: str) -> None:
    known = listing.machines
    unknown = [name for name in machines if name not in known]
    if unknown and known:
        raise InputError(f"machines names {listed(unknown)}; the machines in {where} are {listed(known)}")
    if machines:
        listing.files = [file for file in listing.files if file.machine in machines]
        others = [name for name in known if name not in machines]
        if others:
            listing.changes.tell(f"left out {counted(len(others), 'machine')} as asked: {listed(others)}")
    if len(listing.files) > MAX_FILES:
        raise InputError(f"{where} holds {len(listing.files):,} files; accepted: at most {MAX_FILES:,}")


def _read(listing: Listing, channels: Sequence[str], where: str, progress: Progress | None) -> list[Snapshot]:
    kept: list[Snapshot] = []
    numbers: Counter[str] = Counter()
    size = flat = 0
    for done, file in enumerate(listing.files, 1):
        for found in read_listed(file, numbers[file.machine], channels):
            numbers[file.machine] += 1
            if isinstance(found, tuple):
                listing.changes.leave_out(*found)
                continue
            kept.append(found)
            for sentence in found.recording.read_as:
                listing.changes.change(sentence)
            flat += found.clipped
            size += found.recording.samples.nbytes
            if size > MAX_BYTES:
                raise InputError(
                    f"{where} holds more than {MAX_BYTES >> 20} MiB of samples of 4 bytes; accepted: fewer snapshots, "
                    "fewer channels (channels=) or fewer machines (machines=)"
                )
        if progress is not None:
            progress(done, len(listing.files))
    if not kept:
        because = listing.changes.why_empty()
        raise InputError(f"{where} holds no snapshots{f' ({because})' if because else ''}; accepted: {ACCEPTED}")
    if flat:
        names = [snapshot.listed.name for snapshot in kept if snapshot.clipped]
        listing.changes.tell(
            f"kept {counted(flat, 'clipped snapshot')} (flat tops at the sensor's limit): {listed(names)}"
        )
    return kept


def _assembled(kept: Sequence[Snapshot], rate: float, healthy: str | int, name: str, changes: Changes) -> SignalSet:
    files = [snapshot.listed for snapshot in kept]
    machines = np.array([file.machine for file in files], dtype=object)
    times, timed = _times(files, machines, changes)
    said = [file.healthy for file in files]
    mask = declared(
        healthy,
        machines,
        np.array([snapshot.number for snapshot in kept]),
        [file.name for file in files],
        changes,
        None if all(each is None for each in said) else np.array([bool(each) for each in said]),
    )
    states = np.array([file.state or "" for file in files], dtype=object)
    return SignalSet(
        np.stack([snapshot.recording.samples for snapshot in kept]),
        times,
        machines,
        mask,
        SignalFacts(rate, kept[0].recording.channels, "", name, "Your own signals.", changes.sentences(), timed),
        states if (states != "").any() else None,
        _onsets(machines, states),
        np.array([file.name for file in files], dtype=object),
    )


def _times(files: Sequence[Listed], machines: np.ndarray, changes: Changes) -> tuple[np.ndarray, bool]:
    """Seconds since each machine's first snapshot, or the number of the snapshot where a time is missing."""
    given = [file.time for file in files]
    timed = all(time is not None for time in given)
    if not timed and any(time is not None for time in given):
        changes.tell("times were not used, as some machines have none")
    times = np.array([time if timed and time is not None else 0.0 for time in given], dtype=np.float64)
    for name in dict.fromkeys(machines.tolist()):
        own = np.flatnonzero(machines == name)
        times[own] = times[own] - times[own[0]] if timed else np.arange(len(own))
    return times, timed


def _onsets(machines: np.ndarray, states: np.ndarray) -> dict[str, int]:
    """Where all states of a machine are known and the first is healthy: its first snapshot that is not."""
    onsets = {}
    for name in dict.fromkeys(machines.tolist()):
        own = states[machines == name]
        worn = np.flatnonzero(own != STATES[0])
        if (own != "").all() and len(worn) and worn[0] > 0:
            onsets[str(name)] = int(worn[0])
    return onsets
