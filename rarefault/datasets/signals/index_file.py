"""Read the index.csv of a folder of signals: each file's machine, its time, whether it is healthy, and its state."""

import csv
import io
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.listing import leads_out, plain
from rarefault.datasets.signals.listing import Listed, Listing
from rarefault.datasets.signals.signal_set import STATES
from rarefault.datasets.wording import listed, shown
from rarefault.errors import InputError

INDEX = "index.csv"
_COLUMNS = ("file", "machine", "time", "healthy", "state")
_ACCEPTED = "a CSV file in UTF-8 with the column file and, if known, machine, time, healthy and state"
_TRUE, _FALSE = ("1", "true", "yes", "y"), ("0", "false", "no", "n", "")


def list_indexed(root: Path) -> Listing:
    """The files that `root`/index.csv names, in the index's order within each machine.

    Without a column machine, the first folder of a file's name is its machine. time: seconds, or a date and time.
    Files that are not there or lie outside `root`, files named twice and files that the index does not name are left
    out. Raises InputError for an index that cannot be read and for a cell that is none of its column's values.
    """
    columns, rows = _rows(root / INDEX)
    listing, seen = Listing([]), set[Path]()
    for number, row in enumerate(rows, 2):
        name = row.get("file", "").strip()
        path, reason = _found(root, name)
        if not reason and path in seen:
            reason = "named twice in index.csv"
        if reason:
            listing.changes.leave_out(reason, plain(name) or f"line {number}")
            continue
        seen.add(path)
        listing.files.append(_listed(path, name, row, f"{one_line_path(root / INDEX)}, line {number}", root))
    _require_all_or_none(root / INDEX, listing)
    _note_unnamed(root, seen, listing)
    order = {machine: at for at, machine in enumerate(listing.machines)}
    listing.files.sort(key=lambda file: order[file.machine])
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown:
        listing.changes.tell(f"columns of index.csv that were not used: {listed(unknown)}")
    return listing


def _listed(path: Path, name: str, row: Mapping[str, str], where: str, root: Path) -> Listed:
    parts = Path(name.replace("\\", "/")).parts
    machine = row.get("machine", "").strip() or (parts[0] if len(parts) > 1 else root.resolve().name or "machine")
    return Listed(
        path,
        plain(name),
        plain(machine),
        _time(row["time"].strip(), where) if "time" in row else None,
        _truth(row["healthy"].strip(), where) if "healthy" in row else None,
        _state(row["state"].strip(), where) if "state" in row else None,
    )


def _time(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as problem:
            raise InputError(
                f"{where}: the time {shown(text)} is none; accepted: seconds, or YYYY-MM-DD HH:MM:SS"
            ) from problem
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        raise InputError(f"{where}: the time {shown(text)} is none; accepted: seconds, or YYYY-MM-DD HH:MM:SS")
    return seconds


def _truth(text: str, where: str) -> bool:
    if text.casefold() not in (*_TRUE, *_FALSE):
        raise InputError(f"{where}: healthy is {shown(text)}; accepted: 1 or 0, true or false, yes or no")
    return text.casefold() in _TRUE


def _state(text: str, where: str) -> str:
    if text.casefold() not in ("", *STATES):
        raise InputError(f"{where}: the state is {shown(text)}; accepted: {', '.join(STATES)}, or nothing")
    return text.casefold()


def _require_all_or_none(path: Path, listing: Listing) -> None:
    without = [file.name for file in listing.files if file.time is None]
    if without and len(without) < len(listing.files):
        raise InputError(
            f"{one_line_path(path)} has no time for {listed(without)}; accepted: a time in every row or none"
        )


def _found(root: Path, name: str) -> tuple[Path, str]:
    """The file that a row names, and why it gives none (empty if it does)."""
    path = root / name
    if not name:
        return path, "without a file name in index.csv"
    if "\\" in name and not os.path.isfile(path):
        path = root / name.replace("\\", "/")
    if leads_out(path, root):
        return path, "outside the folder"
    return Path(os.path.normpath(path)), "" if os.path.isfile(path) else "named in index.csv but not there"


def _note_unnamed(root: Path, named: set[Path], listing: Listing) -> None:
    for folder, _, files in os.walk(root):
        for name in sorted(files):
            path = Path(os.path.normpath(os.path.join(folder, name)))
            if path not in named and name != INDEX and not name.startswith("."):
                listing.changes.leave_out("not named in index.csv", plain(os.path.relpath(path, root)))


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and the rows, without values beyond the columns."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(f"{one_line_path(path)} cannot be read ({problem}); accepted: {_ACCEPTED}") from problem
    columns = [name.strip().casefold() for name in table[0]] if table else []
    if "file" not in columns or len(set(columns)) < len(columns):
        raise InputError(f"{one_line_path(path)} has the columns {listed(columns) or 'none'}; accepted: {_ACCEPTED}")
    return columns, [{**dict.fromkeys(columns, ""), **dict(zip(columns, row, strict=False))} for row in table[1:]]
