"""Which files of a folder are images of which class and group; nothing is opened here."""

import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.wording import listed
from rarefault.errors import InputError

ACCEPTED = "a folder with one sub-folder per class, or with an index.csv (file,label[,group])"
_TRACES = {".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".directory"}
"""What file managers leave behind: the only files that are not told of."""
_PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}


@dataclass(frozen=True)
class Listed:
    """One file: its path, its name relative to the folder, its class, and its group (empty: none known)."""

    path: Path
    name: str
    label: str
    group: str = ""


@dataclass
class Listing:
    """The files of a set in a fixed order, what was left out so far, and what a group is (empty: nothing known)."""

    files: list[Listed]
    changes: Changes = field(default_factory=Changes)
    grouped_by: str = ""


def list_class_folders(root: Path) -> Listing:
    """The files in CLASS/FILE and CLASS/GROUP/.../FILE below `root`, sorted.

    The folder right below a class is a group; folders of one name are one group in every class. Hidden files and
    folders, links that lead out of `root` and linked folders are left out. Raises InputError for a folder that cannot
    be read and for one that holds parts of a split instead of classes.
    """
    listing = Listing([])
    classes = []
    for entry in _entries(root):
        reason = _unusable(entry, root)
        if not reason and entry.is_dir():
            classes.append(entry)
        elif entry.name not in _TRACES:
            listing.changes.leave_out(reason or "beside the class folders", plain(entry.name))
    names = {entry.name.casefold() for entry in classes}
    if names and names <= _PARTS:
        raise InputError(
            f"{one_line_path(root)} has the folders {listed(sorted(names))}, which are parts of a split and no "
            f"classes; accepted: {ACCEPTED} (the split is made here)"
        )
    for entry in classes:
        _walk(root, Path(entry.path), plain(entry.name), "", listing)
    if any(file.group for file in listing.files):
        listing.grouped_by = "folder"
    return listing


def _walk(root: Path, folder: Path, label: str, group: str, listing: Listing) -> None:
    for entry in _entries(folder):
        name, reason = plain(os.path.relpath(entry.path, root)), _unusable(entry, root)
        if entry.name in _TRACES:
            continue
        if reason:
            listing.changes.leave_out(reason, name)
        elif entry.is_dir():
            _walk(root, Path(entry.path), label, group or plain(entry.name), listing)
        else:
            listing.files.append(Listed(Path(entry.path), name, label, group))


def _unusable(entry: os.DirEntry[str], root: Path) -> str:
    """Why a file or folder is left out, or empty."""
    if entry.name.startswith(".") or entry.name == "__MACOSX":
        return "hidden"
    if entry.is_symlink() and os.path.isdir(entry.path):
        return "linked folders"
    if entry.is_symlink() and leads_out(Path(entry.path), root):
        return "linked from outside the folder"
    return "" if os.path.isdir(entry.path) or os.path.isfile(entry.path) else "no plain files"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError as problem:
        raise InputError(f"{one_line_path(folder)} does not exist; accepted: {ACCEPTED}") from problem
    except NotADirectoryError as problem:
        raise InputError(f"{one_line_path(folder)} is a file; accepted: {ACCEPTED}") from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"{one_line_path(folder)} cannot be read ({reason}); accepted: {ACCEPTED}") from problem


def leads_out(path: Path, root: Path) -> bool:
    """Whether a path, its links followed, ends outside `root` or nowhere."""
    try:
        return not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # too long, a circle of links, or a zero byte
        return True


def plain(name: str) -> str:
    """A name as printable text: composed letters, other bytes and control characters escaped."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    return text if text.isprintable() else text.encode("unicode_escape").decode()
