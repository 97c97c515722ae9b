"""Which files of a folder are snapshots of which machine, and in which order; nothing is opened here."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.images.listing import leads_out, plain
from rarefault.errors import InputError

ACCEPTED = (
    "a folder with a folder for each machine (or of one machine) and a file for each snapshot (.csv, .txt, .tsv, .npy, "
    ".npz, .wav), with an index.csv (file[,machine,time,healthy,state]) if there is one, or an .npz file for each "
    "machine (arrays snapshots and rate)"
)
_TRACES = {".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".directory"}
"""What file managers leave behind: the only files that are not told of."""


@dataclass(frozen=True)
class Listed:
    """One file: its path, its name below the folder, its machine, and what an index says of it (None: nothing).

    time: seconds, from any beginning; healthy: declared; state: the true one, empty when unknown.
    """

    path: Path
    name: str
    machine: str
    time: float | None = None
    healthy: bool | None = None
    state: str | None = None


@dataclass
class Listing:
    """The files of a set, machine by machine in the order of time, and what was left out so far."""

    files: list[Listed]
    changes: Changes = field(default_factory=lambda: Changes(noun="snapshot"))

    @property
    def machines(self) -> list[str]:
        """The machines in the order of their first files."""
        return list(dict.fromkeys(file.machine for file in self.files))


def list_files(root: Path) -> Listing:
    """The files in MACHINE/.../FILE below `root`, or those in `root` itself where it has no folders.

    Machines and files come in the natural order of their names (2 before 10). Hidden files and folders, links that
    lead out of `root` and linked folders are left out, and so are files beside folders of machines. Raises InputError
    for a folder that cannot be read.
    """
    listing = Listing([])
    folders: list[Path] = []
    files: list[Path] = []
    for entry in _entries(root, root, listing.changes):
        (folders if entry.is_dir() else files).append(Path(entry.path))
    if not folders:
        name = plain(root.resolve().name) or "machine"
        listing.files = [Listed(path, plain(path.name), name) for path in files]
        return listing
    for path in files:
        listing.changes.leave_out("beside the machines' folders", plain(path.name))
    for folder in folders:
        listing.files += [
            Listed(path, plain(os.path.relpath(path, root)), plain(folder.name))
            for path in _below(folder, root, listing.changes)
        ]
    return listing


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts names as people count: 2 before 10, whatever the case."""
    parts = re.split(r"(\d+)", name.casefold())
    return (*((1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts), (0, 0, name))


def _below(folder: Path, root: Path, changes: Changes) -> list[Path]:
    found: list[Path] = []
    for entry in _entries(folder, root, changes):
        found += _below(Path(entry.path), root, changes) if entry.is_dir() else [Path(entry.path)]
    return found


def _entries(folder: Path, root: Path, changes: Changes) -> list[os.DirEntry[str]]:
    """The usable files and folders of a folder, in natural order; others are left out."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: natural(entry.name))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"{one_line_path(folder)} cannot be read ({reason}); accepted: {ACCEPTED}") from problem
    usable = []
    for entry in entries:
        reason = _unusable(entry, root)
        if reason and entry.name not in _TRACES:
            changes.leave_out(reason, plain(os.path.relpath(entry.path, root)))
        elif not reason:
            usable.append(entry)
    return usable


def _unusable(entry: os.DirEntry[str], root: Path) -> str:
    """Why a file or folder is left out, or empty."""
    if entry.name.startswith(".") or entry.name in (*_TRACES, "__MACOSX"):
        return "hidden"
    if entry.is_symlink() and os.path.isdir(entry.path):
        return "linked folders"
    if entry.is_symlink() and leads_out(Path(entry.path), root):
        return "linked from outside the folder"
    return "" if os.path.isdir(entry.path) or os.path.isfile(entry.path) else "no plain files"
