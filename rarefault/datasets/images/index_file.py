"""Read the index.csv of a folder of images: which file has which class and group."""

import csv
import io
import os
from pathlib import Path

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.listing import Listed, Listing, leads_out, plain
from rarefault.datasets.wording import listed, shown
from rarefault.errors import InputError

INDEX = "index.csv"
_ACCEPTED = "a CSV file in UTF-8 with the columns file, label and, if known, group"
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")


def list_indexed(root: Path, group_column: str = "") -> Listing:
    """The files that `root`/index.csv names, in the index's order; group_column: its column of groups, or "group".

    Rows without a label, files that are not there or that lie outside `root`, and files that the index does not name
    are left out. Raises InputError for an index that cannot be read, that lacks a column, or that gives one file two
    labels.
    """
    path, column = root / INDEX, group_column or "group"
    columns, rows = _rows(path)
    if group_column and group_column not in columns:
        raise InputError(f"{one_line_path(path)} has no column {shown(group_column)}; its columns: {listed(columns)}")
    listing, labels = Listing([]), dict[Path, str]()
    for row in rows:
        name, label = row.get("file", "").strip(), plain(row.get("label", "").strip())
        reason, file = _found(root, name, label)
        if not reason and file in labels:
            if labels[file] != label:
                both = f"{shown(labels[file])} and {shown(label)}"
                raise InputError(f"{one_line_path(path)} gives {shown(name)} two labels, {both}; accepted: one")
            reason = "named twice in index.csv"
        if reason:
            listing.changes.leave_out(reason, name or "(no name)")
            continue
        labels[file] = label
        listing.files.append(Listed(file, plain(name), label, plain(row.get(column, "").strip())))
    _note_unnamed(root, set(labels), listing)
    if any(file.group for file in listing.files):
        listing.grouped_by = column
    return listing


def _found(root: Path, name: str, label: str) -> tuple[str, Path]:
    """Why a row gives no file (empty if it gives one), and the file."""
    path = root / name
    if not name or not label:
        return "without a file name or a label in index.csv", path
    if "\\" in name and not os.path.isfile(path):
        path = root / name.replace("\\", "/")
    if leads_out(path, root):
        return "outside the folder", path
    return ("" if os.path.isfile(path) else "named in index.csv but not there"), path


def _note_unnamed(root: Path, named: set[Path], listing: Listing) -> None:
    known = {os.path.normpath(path) for path in named}
    for folder, _, files in os.walk(root):
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.lower().endswith(_PICTURES) and path not in known:
                listing.changes.leave_out("not named in index.csv", plain(os.path.relpath(path, root)))


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and the rows, without values beyond the columns."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(f"{one_line_path(path)} cannot be read ({problem}); accepted: {_ACCEPTED}") from problem
    columns = [name.strip() for name in table[0]] if table else []
    if not {"file", "label"} <= set(columns):
        raise InputError(f"{one_line_path(path)} has the columns {listed(columns) or 'none'}; accepted: {_ACCEPTED}")
    return columns, [dict(zip(columns, row, strict=False)) for row in table[1:]]
