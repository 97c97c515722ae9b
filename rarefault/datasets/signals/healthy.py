"""Which snapshots are healthy: the first ones of each machine, or those that a file lists."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.wording import counted, listed, shown
from rarefault.errors import InputError

SHARE = 5
"""Where nothing is declared, the first of so many parts of each machine's snapshots is taken to be healthy."""
_ACCEPTED = (
    "a number N (the first N snapshots of each machine), or a file: CSV with the columns machine and snapshot, or JSON "
    'such as {"press-7": 75} or {"press-7": [0, 1, 2]}; a snapshot is its number from 0 or its file\'s name'
)


def declared(
    healthy: str | int,
    machines: np.ndarray,
    numbers: np.ndarray,
    names: Sequence[str],
    changes: Changes,
    given: np.ndarray | None = None,
) -> np.ndarray:
    """Which snapshots (n,) are declared healthy.

    healthy: N or "N" for the first N of each machine, a path of a file, or "" for `given` (what the set itself says)
    or else the first fifth of each machine. numbers: of each snapshot within its machine, from 0, also counting those
    left out since; names: of the files. Raises InputError for what is none of these, for a snapshot or machine that is
    not there, and where no snapshot is declared healthy.
    """
    position = _positions(machines)
    text = str(healthy).strip()
    if not text and given is not None:
        mask = np.asarray(given, dtype=bool)
    elif not text:
        mask = _first_fifth(machines, position, changes)
    elif _is_number(text):
        mask = _first(int(float(text)), machines, position)
    else:
        mask = _listed_in(Path(text).expanduser(), machines, numbers, names, changes)
    if not mask.any():
        raise InputError(f"no snapshot is declared healthy (healthy={text!r}); accepted: {_ACCEPTED}")
    return mask


def _positions(machines: np.ndarray) -> np.ndarray:
    """The how manieth of its machine a snapshot is, from 0 (n,)."""
    position = np.empty(len(machines), dtype=np.int64)
    for name in dict.fromkeys(machines.tolist()):
        own = np.flatnonzero(machines == name)
        position[own] = np.arange(len(own))
    return position


def _first_fifth(machines: np.ndarray, position: np.ndarray, changes: Changes) -> np.ndarray:
    names, counts = np.unique(machines.astype(str), return_counts=True)
    most = {name: max(1, round(n / SHARE)) for name, n in zip(names.tolist(), counts.tolist(), strict=True)}
    mask = position < np.array([most[str(name)] for name in machines])
    changes.tell(
        f"took the first fifth of each machine, {counted(int(mask.sum()), 'snapshot')}, for healthy, as nothing else "
        "was declared"
    )
    return mask


def _is_number(text: str) -> bool:
    try:
        return float(text).is_integer()
    except (ValueError, OverflowError):
        return False


def _first(most: int, machines: np.ndarray, position: np.ndarray) -> np.ndarray:
    if most < 1:
        raise InputError(f"healthy must be at least 1 snapshot of each machine, got {most}")
    for name in dict.fromkeys(machines.tolist()):
        have = int((machines == name).sum())
        if have < most:
            raise InputError(
                f"healthy={most}, but machine {shown(name)} has {counted(have, 'usable snapshot')}; accepted: at most "
                "as many as each machine has, or a file that lists the healthy ones"
            )
    return position < most


def _listed_in(
    path: Path, machines: np.ndarray, numbers: np.ndarray, names: Sequence[str], changes: Changes
) -> np.ndarray:
    known = set(machines.tolist())
    at = {(str(machine), str(number)): k for k, (machine, number) in enumerate(zip(machines, numbers, strict=True))}
    at |= {
        (str(machine), os.path.normpath(name)): k for k, (machine, name) in enumerate(zip(machines, names, strict=True))
    }
    by_name = {os.path.normpath(name): k for k, name in enumerate(names)}
    most = {name: int(numbers[machines == name].max()) for name in known}
    mask, gone = np.zeros(len(machines), dtype=bool), []
    where = one_line_path(path)
    for machine, snapshot in _entries(path, known):
        if machine not in known:
            raise InputError(f"{where} names machine {shown(machine)}; the machines are {listed(sorted(known))}")
        found = at.get((machine, os.path.normpath(snapshot)), by_name.get(os.path.normpath(snapshot)))
        if found is not None:
            mask[found] = True
        elif snapshot.isdecimal() and int(snapshot) > most[machine]:
            raise InputError(
                f"{where}: machine {shown(machine)} has no snapshot {snapshot}; its snapshots are 0 to {most[machine]}"
            )
        else:
            gone.append(f"{machine}: {snapshot}")
    if gone:
        changes.tell(f"declared healthy but not there or left out: {counted(len(gone), 'snapshot')}, {listed(gone)}")
    return mask


def _entries(path: Path, known: set[str]) -> Iterator[tuple[str, str]]:
    """(machine, snapshot) pairs of a file, the snapshot a number or a file's name."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as problem:
        raise InputError(f"healthy={str(path)[:200]!r} is no number and no file; accepted: {_ACCEPTED}") from problem
    alone = next(iter(known)) if len(known) == 1 else ""
    if path.suffix.lower() == ".json":
        yield from _of_json(path, text, alone)
    else:
        yield from _of_csv(path, text, alone)


def _of_csv(path: Path, text: str, alone: str) -> Iterator[tuple[str, str]]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)
        ]
    except csv.Error as problem:
        raise _refused(path) from problem
    header = [name.casefold() for name in rows[0]] if rows else []
    if "snapshot" not in header or ("machine" not in header and not alone):
        raise _refused(path)
    for row in rows[1:]:
        cells = dict(zip(header, row, strict=False))
        yield cells.get("machine") or alone, cells.get("snapshot", "")


def _of_json(path: Path, text: str, alone: str) -> Iterator[tuple[str, str]]:
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise _refused(path) from problem
    if isinstance(found, list):
        if not alone:
            raise _refused(path)
        found = {alone: found}
    if not isinstance(found, Mapping):
        raise _refused(path)
    for machine, which in found.items():
        yield from ((str(machine), snapshot) for snapshot in _snapshots(path, which))


def _snapshots(path: Path, which: Any) -> Iterable[str]:
    whole = isinstance(which, int) and not isinstance(which, bool)
    if whole and 0 < which <= 10_000_000:
        return map(str, range(which))
    if isinstance(which, list) and all(isinstance(each, (int, str)) and not isinstance(each, bool) for each in which):
        return map(str, which)
    raise _refused(path)


def _refused(path: Path) -> InputError:
    return InputError(f"{one_line_path(path)} does not list healthy snapshots; accepted: {_ACCEPTED}")
