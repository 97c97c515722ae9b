"""The files of a watched folder: which machine each is of, and whether it is complete."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rarefault.datasets.signals.index_file import INDEX
from rarefault.errors import InputError

UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart", ".swp", "~")
"""Endings of files that are still written and will be renamed."""
_LONG, _ENDLESS = 10, 60
"""Times the settling time: changed so long ago, a file is complete; growing for so long, it is no snapshot."""


@dataclass(frozen=True)
class File:
    """A file below the watched folder; name: its path there; machine: that it is of; size and time of change (ns)."""

    path: Path
    name: str
    machine: str
    size: int
    changed: int


def files_in(root: Path) -> Iterator[File]:
    """The files in ROOT/MACHINE/..., or those in ROOT itself where it has no folders; raises InputError.

    Hidden ones, links to folders, those that are still written by their names, and an index are left out.
    """
    entries = _entries(root, needed=True)
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    if not folders:
        yield from _files(entries, root, root.resolve().name or "machine")
    for folder in folders:
        yield from _below(Path(folder.path), root, folder.name)


def _below(folder: Path, root: Path, machine: str) -> Iterator[File]:
    entries = _entries(folder)
    yield from _files(entries, root, machine)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), root, machine)


def _files(entries: list[os.DirEntry[str]], root: Path, machine: str) -> Iterator[File]:
    for entry in entries:
        try:
            if entry.name.lower().endswith(UNFINISHED) or entry.name == INDEX or not entry.is_file():
                continue
            found = entry.stat()
        except OSError:
            continue  # it was taken away in between
        path = Path(entry.path)
        yield File(path, path.relative_to(root).as_posix(), machine, found.st_size, found.st_mtime_ns)


def _entries(folder: Path, needed: bool = False) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if not entry.name.startswith(".")]
    except OSError as problem:
        if not needed:
            return []
        raise InputError(f"{folder} cannot be read ({problem.strerror}); accepted: a folder of snapshots") from problem


class Settling:
    """Tells complete files: seen without change for `seconds`, or last changed long before that.

    The file system's clock may be another machine's, so that the time of a change alone proves little.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[str, tuple[tuple[int, int], float, float]] = {}

    def settled(self, file: File, now: float, wall: float) -> bool:
        """Whether it is complete; now: a clock that only goes on, wall: Unix time."""
        signature, first = (file.size, file.changed), now
        if file.name in self._seen:
            known, since, first = self._seen[file.name]
        if file.name not in self._seen or known != signature:
            since = now
            self._seen[file.name] = (signature, since, first)
        return now - since >= self._seconds or wall - file.changed / 1e9 > _LONG * max(self._seconds, 1.0)

    def endless(self, file: File, now: float) -> bool:
        """Whether it has been growing for so long that those after it need not wait."""
        return now - self._seen[file.name][2] > _ENDLESS * max(self._seconds, 1.0)

    def keep(self, names: set[str]) -> None:
        """Forget all files but these."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
