"""Locate a folder or file of signals or a named set of signals, and put a named one into the user's cache."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rarefault.datasets.sources.cache import cache_folder, data_folders, move, staging
from rarefault.datasets.sources.image_entry import tree_files
from rarefault.datasets.sources.signal_entries import SIGNAL_ENTRIES
from rarefault.datasets.sources.signal_entry import SignalEntry
from rarefault.errors import InputError

SIGNAL_CATALOGUE: dict[str, SignalEntry] = {entry.name: entry for entry in SIGNAL_ENTRIES}


@dataclass(frozen=True)
class LocatedSignals:
    """Where signals are: the catalogue's entry, or None for a user's own; the path, or None for a simulated set."""

    entry: SignalEntry | None
    path: Path | None


def find_signals(name_or_path: str) -> LocatedSignals:
    """Locate a folder, an .npz file or a named set; a folder that holds exactly a named set's files is that set.

    Raises InputError, one line, for what is neither, for a named set whose files were changed, and for one that is
    not on this machine.
    """
    path = os.path.expanduser(name_or_path)
    if os.path.isdir(path):
        return LocatedSignals(_recognised(Path(path)), Path(path))
    if os.path.isfile(path):
        return LocatedSignals(None, Path(path))
    entry = named_signals(name_or_path)
    if entry is None:
        raise InputError(
            f"{name_or_path[:200]!r} is neither a folder nor a named set of signals; known sets: "
            f"{', '.join(SIGNAL_CATALOGUE)}"
        )
    return LocatedSignals(entry, None if entry.simulator is not None else _checked(entry))


def get_signals(entry: SignalEntry) -> Path:
    """Put a set into the user's cache and return its folder there; a simulated one is written as a folder of files."""
    target = cache_folder(entry.name)
    with staging(target) as place:
        if entry.simulator is not None:
            entry.load(None).write(place)
            move(tree_files(place), place, target)
            return target
        found = _checked(entry)
        files = tree_files(found, entry.parts) if found != target else []
        for file in files:
            shutil.copyfile(found / file, place / file)
        move(files, place, target)
    return target


def signals_whereabouts(entry: SignalEntry) -> str:
    """Where a set is on this machine, or how it can be had."""
    if entry.simulator is not None:
        return "built in"
    here = _on_disk(entry)
    return "to be fetched by hand" if here is None else str(here)


def named_signals(name: str) -> SignalEntry | None:
    """The entry called `name`, whatever its case."""
    return next((entry for known, entry in SIGNAL_CATALOGUE.items() if known.casefold() == name.casefold()), None)


def _recognised(path: Path) -> SignalEntry | None:
    """The named set that a folder is; a part of a set, such as one life, is taken for a folder of the user's."""
    whole = [entry for entry in SIGNAL_ENTRIES if ":" not in entry.name]
    return next((entry for entry in whole if entry.present_in(path) and not entry.altered(path)), None)


def _on_disk(entry: SignalEntry) -> Path | None:
    return next((folder for folder in data_folders(entry.name, entry.folder) if entry.present_in(folder)), None)


def _checked(entry: SignalEntry) -> Path:
    here = _on_disk(entry)
    if here is None:
        raise InputError(
            f"{entry.name} is not on this machine: {entry.manual} (origin: {entry.origin}) into "
            f"{cache_folder(entry.name)} or RAREFAULT_DATA/{entry.folder}; accepted: sha256 of its files {entry.sha256}"
        )
    altered = entry.altered(here)
    if altered:
        raise InputError(
            f"{here} is not the folder that the catalogue knows as {entry.name!r}: {altered}; replace it (origin: "
            f"{entry.origin}), or give its path to use it as your own"
        )
    return here
