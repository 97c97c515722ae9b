"""Locate a folder of images or a named set of images, and put a named one into the user's cache."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.listing import ACCEPTED
from rarefault.datasets.sources.cache import cache_folder, data_folders, move, staging
from rarefault.datasets.sources.image_entries import IMAGE_ENTRIES
from rarefault.datasets.sources.image_entry import ImageEntry, tree_files
from rarefault.errors import InputError

IMAGE_CATALOGUE: dict[str, ImageEntry] = {entry.name: entry for entry in IMAGE_ENTRIES}


@dataclass(frozen=True)
class LocatedImages:
    """Where images are: the catalogue's entry, or None for a user's own; the folder, or None for a simulated set."""

    entry: ImageEntry | None
    path: Path | None


def find_images(name_or_path: str) -> LocatedImages:
    """Locate a folder or a named set; a folder that holds exactly a named set's files is that set.

    Raises InputError, one line, for what is neither, for a named set whose files were changed, and for one that is
    not on this machine.
    """
    path = os.path.expanduser(name_or_path)
    if os.path.isdir(path):
        return LocatedImages(_recognised(Path(path)), Path(path))
    if os.path.isfile(path):
        raise InputError(f"{one_line_path(Path(path))} is a file; accepted: {ACCEPTED}")
    entry = named_images(name_or_path)
    if entry is None:
        raise InputError(
            f"{name_or_path[:200]!r} is neither a folder nor a named set of images; known sets: "
            f"{', '.join(IMAGE_CATALOGUE)}"
        )
    return LocatedImages(entry, None if entry.simulator is not None else _checked(entry))


def get_images(entry: ImageEntry) -> Path:
    """Put a set into the user's cache and return its folder there; a simulated one is written as PNG files."""
    target = cache_folder(entry.name)
    with staging(target) as place:
        if entry.simulator is not None:
            entry.load(None, size=96, channels=3).write(place)
            move(tree_files(place), place, target)
            return target
        found = _checked(entry)
        files = tree_files(found, entry.parts) if found != target else []
        for file in files:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found / file, place / file)
        move(files, place, target)
    return target


def whereabouts(entry: ImageEntry) -> str:
    """Where a set is on this machine, or how it can be had."""
    if entry.simulator is not None:
        return "built in"
    here = _on_disk(entry)
    return "to be fetched by hand" if here is None else str(here)


def named_images(name: str) -> ImageEntry | None:
    """The entry called `name`, whatever its case."""
    return next((entry for known, entry in IMAGE_CATALOGUE.items() if known.casefold() == name.casefold()), None)


def _recognised(path: Path) -> ImageEntry | None:
    return next((e for e in IMAGE_ENTRIES if e.present_in(path) and not e.altered(path)), None)


def _on_disk(entry: ImageEntry) -> Path | None:
    return next((folder for folder in data_folders(entry.name, entry.folder) if entry.present_in(folder)), None)


def _checked(entry: ImageEntry) -> Path:
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
