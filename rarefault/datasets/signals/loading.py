"""Signals by path or by catalogue name: all machines or some, with the healthy snapshots declared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.signals.agreement import SAME_RATE
from rarefault.datasets.signals.finding import find_signals
from rarefault.datasets.signals.folder import read_signals
from rarefault.datasets.signals.healthy import declared
from rarefault.datasets.signals.reading import BROKEN
from rarefault.datasets.signals.signal_set import ARRAYS, SIDECAR, SignalSet
from rarefault.datasets.sources.signal_entry import SignalEntry
from rarefault.datasets.wording import counted, listed, shown
from rarefault.errors import InputError


def load_signals(
    data: str,
    *,
    healthy: str | int = "",
    rate: float = 0.0,
    channels: Sequence[str] = (),
    machines: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> SignalSet:
    """The snapshots of a folder, of a machine's .npz file, or of a named set.

    A path wins over a name. healthy: a number N (the first N of each machine) or a file that lists the healthy
    snapshots; empty means what the set itself declares, else the first fifth of each machine. rate: Hz, needed where
    the files do not say it. channels: by name or number from 1; machines: by name; empty means all. params: settings
    of a simulator or of a named set; seed: the simulator's, unless params has one. Raises InputError, one line.
    """
    located, channels, machines = find_signals(data), _names(channels, "channels"), _names(machines, "machines")
    if located.entry is None:
        assert located.path is not None  # only a simulated set has no path
        if params:
            raise InputError(f"params are settings of a named set; {one_line_path(located.path)} takes none")
        if not _is_written(located.path):
            return read_signals(
                located.path, healthy=healthy, rate=rate, channels=channels, machines=machines, progress=progress
            )
        signals = _written(located.path)
    else:
        signals = located.entry.load(located.path, _seeded(located.entry, params or {}, seed))
    return _chosen(signals, healthy, rate, channels, machines)


def _names(values: Sequence[Any] | str, argument: str) -> list[str]:
    """Names as texts, each once; a pipeline gives numbers as 1.0."""
    each = [values] if isinstance(values, str) and values else values
    names = [str(int(value)) if isinstance(value, float) and value.is_integer() else str(value) for value in each]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"{argument} names {listed(twice)} more than once; accepted: each once")
    return names


def _seeded(entry: SignalEntry, params: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return {"seed": seed, **params} if entry.simulator is not None else dict(params)


def _is_written(path: Path) -> bool:
    return (path / SIDECAR).is_file() and (path / ARRAYS).is_file()


def _written(path: Path) -> SignalSet:
    """What `SignalSet.write` wrote, so that a simulated set stays labelled as such."""
    try:
        return SignalSet.read(path)
    except BROKEN as problem:
        raise InputError(
            f"{one_line_path(path)}: {ARRAYS} or {SIDECAR} is damaged; accepted: a set that was written whole"
        ) from problem


def _chosen(
    signals: SignalSet, healthy: str | int, rate: float, channels: Sequence[str], machines: Sequence[str]
) -> SignalSet:
    """The asked machines and channels of a whole set, with the asked snapshots declared healthy."""
    changes, name = Changes(noun="snapshot"), signals.facts.name
    if rate and abs(rate / signals.facts.rate - 1) > SAME_RATE:
        raise InputError(
            f"rate={rate:g} was given, but {name} has {signals.facts.rate:g} Hz; signals are not resampled"
        )
    if machines:
        unknown = [each for each in machines if each not in signals.names]
        if unknown:
            raise InputError(f"machines names {listed(unknown)}; the machines of {name} are {listed(signals.names)}")
        others = [each for each in signals.names if each not in machines]
        if others:
            changes.tell(f"left out {counted(len(others), 'machine')} as asked: {listed(others)}")
        signals = signals.rows(np.isin(signals.machines, list(machines)))
    if channels:
        rows = [_channel(signals, each) for each in channels]
        picked = tuple(signals.facts.channels[row] for row in rows)
        signals = replace(signals, snapshots=signals.snapshots[:, rows], facts=replace(signals.facts, channels=picked))
    numbers = np.concatenate([np.arange(int((signals.machines == each).sum())) for each in signals.names])
    files = [f"{machine}/{number}" for machine, number in zip(signals.machines, numbers, strict=True)]
    mask = declared(healthy, signals.machines, numbers, files, changes, signals.healthy)
    repairs = (*signals.facts.repairs, *changes.sentences())
    return replace(signals, healthy=mask, facts=replace(signals.facts, repairs=repairs))


def _channel(signals: SignalSet, wanted: str) -> int:
    known = [name.casefold() for name in signals.facts.channels]
    if wanted.casefold() in known:
        return known.index(wanted.casefold())
    if wanted.isdecimal() and 1 <= int(wanted) <= len(known):
        return int(wanted) - 1
    raise InputError(
        f"{signals.facts.name} has no channel {shown(wanted)}; its channels are {listed(signals.facts.channels)}"
    )
