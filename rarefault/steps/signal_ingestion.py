"""Read the signals of machines, check them, and declare which snapshots are healthy."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import progress
from rarefault.datasets.signals.checks import require_healthy
from rarefault.datasets.signals.finding import find_signals
from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.sources.entry import file_sha256
from rarefault.datasets.sources.image_entry import tree_digest
from rarefault.datasets.sources.object_store import SCHEME, at_hand
from rarefault.errors import InputError
from rarefault.steps.record import recorded, write_json

FACTS = "data.json"


@recorded
def ingest_signals(
    data: str,
    signals: str,
    *,
    record: str,
    healthy: str | int = "",
    rate: float = 0.0,
    channels: Sequence[str] = (),
    machines: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    window: int = 25,
    seed: int = 0,
    fingerprint: str = "",
) -> dict[str, float]:
    """Write the snapshots of all machines, the healthy ones marked, to folder `signals`, with data.json beside them.

    `data` is a folder or an .npz file, s3://BUCKET/FOLDER or a catalogue name; healthy, rate, channels, machines,
    params and seed as in `load_signals`. At least `window` snapshots must be declared healthy. fingerprint, if given,
    is what `signals_fingerprint` must find. Raises InputError, one line, for signals that cannot be used.
    """
    with at_hand(data, folder=True) as here:
        if fingerprint and signals_fingerprint(here, str(healthy)) != fingerprint:
            raise InputError(f"{data} changed while the run was starting; start it again")
        read = load_signals(
            here,
            healthy=healthy,
            rate=rate,
            channels=channels,
            machines=machines,
            params=params,
            seed=seed,
            progress=progress.watch("ingest_signals", "snapshots"),
        )
    require_healthy(read, window)
    read.write(signals)
    write_json(Path(signals) / FACTS, described(read))
    return {
        "snapshots": float(len(read)),
        "healthy": float(read.healthy.sum()),
        "machines": float(len(read.names)),
        "channels": float(read.snapshots.shape[1]),
        "samples": float(read.snapshots.shape[2]),
        "rate": read.facts.rate,
    }


def described(signals: SignalSet) -> dict[str, Any]:
    """What must be said of a set wherever its results are shown, as JSON values."""
    facts = signals.facts
    return {
        "name": facts.name,
        "notes": facts.notes,
        "fingerprint": content_fingerprint(signals),
        "snapshots": len(signals),
        "healthy": int(signals.healthy.sum()),
        "machines": {name: _machine(signals, name) for name in signals.names},
        "channels": list(facts.channels),
        "samples": int(signals.snapshots.shape[2]),
        "rate": facts.rate,
        "unit": facts.unit,
        "timed": facts.timed,
        "repairs": list(facts.repairs),
    }


def _machine(signals: SignalSet, name: str) -> dict[str, Any]:
    own = np.flatnonzero(signals.machines == name)
    states: dict[str, int] = {}
    for state in () if signals.states is None else signals.states[own].tolist():
        if state:
            states[state] = states.get(state, 0) + 1
    return {
        "snapshots": len(own),
        "healthy": int(signals.healthy[own].sum()),
        "seconds": float(signals.times[own].max() - signals.times[own].min()) if signals.facts.timed else None,
        "states": states,
        "onset": signals.onsets.get(name),
    }


def signals_fingerprint(data: str, healthy: str = "") -> str:
    """SHA-256 over the names and bytes of all files behind a path or a catalogue name, and of the file `healthy`.

    Without such a file it is empty for a simulated set. For s3:// it is always empty: the folder is only read when the
    run begins.
    """
    if data.startswith(SCHEME):
        return ""
    found = _data_fingerprint(data)
    if not os.path.isfile(healthy):
        return found
    return hashlib.sha256(f"{found}\x1f{file_sha256(Path(healthy))}".encode()).hexdigest()


def _data_fingerprint(data: str) -> str:
    located = find_signals(data)
    if located.path is None:
        return ""
    try:
        if located.path.is_file():
            return file_sha256(located.path)
        return tree_digest(located.path, located.entry.parts if located.entry else (".",))
    except OSError as problem:
        raise InputError(f"{data} cannot be read: {problem.filename} ({problem.strerror})") from problem


def content_fingerprint(signals: SignalSet) -> str:
    """A 16-digit fingerprint of the samples, their rate, machines and order, and of which are healthy."""
    digest = hashlib.sha256(f"{signals.facts.rate:g}\x1f{signals.snapshots.shape}".encode())
    digest.update("\x1f".join(map(str, signals.machines)).encode())
    digest.update(np.ascontiguousarray(signals.healthy, dtype=np.uint8).data)
    digest.update(np.ascontiguousarray(signals.snapshots, dtype="<f4").data)
    return digest.hexdigest()[:16]
