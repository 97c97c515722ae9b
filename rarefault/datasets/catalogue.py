"""Named data sets: where each one is looked for, how it is checked, and how it is fetched.

A path wins over a name. A named set is looked for in the folder named by RAREFAULT_DATA, then in the user's cache,
then at its public origin; what is found must have the checksum that its entry knows.
"""

import difflib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rarefault.datasets.images.finding import IMAGE_CATALOGUE, get_images, named_images, whereabouts
from rarefault.datasets.signals.finding import SIGNAL_CATALOGUE, get_signals, named_signals, signals_whereabouts
from rarefault.datasets.sources.cache import cache_folder, data_folders, move, staging
from rarefault.datasets.sources.download import fetch_members
from rarefault.datasets.sources.entries import AI4I, GEARBOX_LINE, SECOM, STEEL_PLATES
from rarefault.datasets.sources.entry import Entry, Form
from rarefault.datasets.sources.image_entry import ImageEntry
from rarefault.datasets.sources.signal_entry import SignalEntry
from rarefault.errors import InputError

CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in (GEARBOX_LINE, SECOM, *STEEL_PLATES, AI4I)}
"""The sets of tables; those of images are in IMAGE_CATALOGUE, those of vibration in SIGNAL_CATALOGUE."""


@dataclass(frozen=True)
class Located:
    """Where a data set is.

    entry: its catalogue entry, or None for a user's own file; path: the file, or None for a simulated set.
    """

    entry: Entry | None
    path: Path | None


def find(name_or_path: str) -> Located:
    """Locate a file or a named data set, downloading it where that is possible.

    Raises InputError, one line, for a name that is neither, for a file whose checksum is wrong, and for a set that
    is not here and cannot be downloaded.
    """
    path = os.path.expanduser(name_or_path)
    if os.path.isfile(path):
        return Located(None, Path(path))
    if named_images(name_or_path) is not None:
        raise InputError(f"{name_or_path!r} is a set of images; accepted: a file, or one of {', '.join(CATALOGUE)}")
    if named_signals(name_or_path) is not None:
        raise InputError(f"{name_or_path!r} is a set of signals; accepted: a file, or one of {', '.join(CATALOGUE)}")
    entry = _named(name_or_path)
    if entry is None and os.path.isdir(path):
        raise InputError(f"{name_or_path!r} is a folder; accepted: a file, or one of {', '.join(CATALOGUE)}")
    if entry is None:
        raise InputError(_unknown(name_or_path))
    if entry.simulator is not None:
        return Located(entry, None)
    here = _on_disk(entry)
    if here is None:
        return Located(entry, _downloaded(entry))
    folder, form = here
    altered = form.altered(folder)
    if altered:
        raise InputError(
            f"{folder / form.files[0]} is not the file that the catalogue knows as {entry.name!r}: {altered}; replace "
            f"it (origin: {entry.origin}), or give its path and --label to use it as your own"
        )
    return Located(entry, folder / form.files[0])


def get(name: str) -> Path:
    """Put a named data set into the user's cache and return its main file; a simulated one is written as CSV.

    For a set of images or signals that is its folder. Raises InputError as `find` does, and for a cache that cannot be
    written.
    """
    images = named_images(name)
    if images is not None:
        return get_images(images)
    signals = named_signals(name)
    if signals is not None:
        return get_signals(signals)
    entry = _named(name)
    if entry is None:
        raise InputError(_unknown(name))
    target = cache_folder(entry.name)
    if entry.simulator is not None:
        frame = entry.load(None).frame
        with staging(target) as place:
            frame.to_csv(place / f"{entry.name}.csv", index=False)
            move((f"{entry.name}.csv",), place, target)
        return target / f"{entry.name}.csv"
    found = find(entry.name).path
    assert found is not None  # only a simulated set has no file
    if found.parent != target:
        files = next(form.files for form in entry.forms if form.files[0] == found.name)
        with staging(target) as place:
            for file in files:
                shutil.copyfile(found.with_name(file), place / file)
            move(files, place, target)
    return target / found.name


def describe() -> list[dict[str, str]]:
    """A row for each data set: name, kind, title, size, licence, origin, and where it is on this machine."""
    tables = [_row(e, f"{e.rows:,} rows, {e.faults:,} faulty", _whereabouts(e)) for e in CATALOGUE.values()]
    images = [_row(e, e.size, whereabouts(e)) for e in IMAGE_CATALOGUE.values()]
    return tables + images + [_row(e, e.size, signals_whereabouts(e)) for e in SIGNAL_CATALOGUE.values()]


def _row(entry: Entry | ImageEntry | SignalEntry, size: str, where: str) -> dict[str, str]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "title": entry.title,
        "size": size,
        "licence": entry.licence,
        "origin": f"https://doi.org/{entry.doi}" if entry.doi else entry.origin,
        "where": where,
    }


def _named(name: str) -> Entry | None:
    return next((entry for known, entry in CATALOGUE.items() if known.casefold() == name.casefold()), None)


def _unknown(name: str) -> str:
    lowered = {known.casefold(): known for known in (*CATALOGUE, *IMAGE_CATALOGUE, *SIGNAL_CATALOGUE)}
    close = [lowered[match] for match in difflib.get_close_matches(name.casefold(), lowered, n=3)]
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return f"{name!r} is neither a file nor a named data set; {hint}known data sets: {', '.join(CATALOGUE)}"


def _on_disk(entry: Entry) -> tuple[Path, Form] | None:
    """The first folder that holds the set in one of its forms, unchecked."""
    for folder in data_folders(entry.name, entry.folder):
        for form in entry.forms:
            if form.present_in(folder):
                return folder, form
    return None


def _whereabouts(entry: Entry) -> str:
    if entry.simulator is not None:
        return "built in"
    here = _on_disk(entry)
    if here is not None:
        return str(here[0] / here[1].files[0])
    return "to be downloaded" if any(form.url for form in entry.forms) else "to be fetched by hand"


def _downloaded(entry: Entry) -> Path:
    """Fetch the set into the cache, check it there, and only then give it its name."""
    target = cache_folder(entry.name)
    form = next((form for form in entry.forms if form.url), None)
    if form is None:
        raise InputError(f"{entry.name} is not on this machine: {_by_hand(entry)}")
    with staging(target) as place:
        try:
            fetch_members(form.url, form.files, place)
        except InputError as problem:
            raise InputError(f"{entry.name} is not on this machine: {problem}; {_by_hand(entry)}") from problem
        altered = form.altered(place)
        if altered:
            raise InputError(f"{form.files[0]} from {form.url} is refused: {altered}")
        move(form.files, place, target)
    return target / form.files[0]


def _by_hand(entry: Entry) -> str:
    accepted = " or ".join(
        " with ".join(form.files) + f" ({'sha256' if form.sha256 else 'content digest'} {form.sha256 or form.content})"
        for form in entry.forms
    )
    how = entry.manual or "get it by hand"
    return f"{how} (origin: {entry.origin}) into {cache_folder(entry.name)} or RAREFAULT_DATA; accepted: {accepted}"
