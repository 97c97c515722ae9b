"""The folders where named data sets are looked for, and how files get into the user's cache."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from rarefault.errors import InputError


def cache_folder(name: str) -> Path:
    """The folder of a named data set in the user's cache; variants of one set share it."""
    return platformdirs.user_cache_path("rarefault") / "data" / name.partition(":")[0]


def data_folders(name: str, folder: str) -> Iterator[Path]:
    """Where a set may be, in order: below RAREFAULT_DATA as `folder` or by name, directly there, then in the cache."""
    named = os.environ.get("RAREFAULT_DATA", "")
    if named:
        root = Path(named).expanduser()
        yield from (root / folder, root / name.partition(":")[0], root)
    yield cache_folder(name)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A private folder beside `target`, gone afterwards, so that no half-written file ever has a set's name."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=".", dir=target))
    except OSError as problem:
        raise InputError(f"the cache folder {target} cannot be written: {problem.strerror}") from problem
    try:
        yield place
    finally:
        shutil.rmtree(place)


def move(files: Sequence[str], place: Path, target: Path) -> None:
    """Give the staged files (relative paths) their names in `target`."""
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).replace(target / file)
