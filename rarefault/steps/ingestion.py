"""Read a data set, check its contract, and set the test rows aside."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.datasets import catalogue
from rarefault.datasets.contract import Checked, check_table
from rarefault.datasets.files.unpacking import find_source, one_line_path
from rarefault.datasets.reading import Reading, read_frame
from rarefault.datasets.sources.object_store import at_hand
from rarefault.datasets.splits import inner_folds, split
from rarefault.datasets.table import Table, row_hashes
from rarefault.errors import InputError
from rarefault.steps.record import recorded, write_json


@recorded
def ingest(
    data: str,
    train: str,
    test: str,
    facts: str,
    *,
    record: str,
    label: str = "",
    positive: str = "",
    group_column: str = "",
    time_column: str = "",
    drop_columns: list[str] | None = None,
    data_params: Mapping[str, Any] | None = None,
    test_size: float = 0.25,
    folds: int = 0,
    seed: int = 0,
    fingerprint: str = "",
) -> dict[str, float]:
    """Write the training rows to folder `train`, the test rows to `test`, and what was found to folder `facts`.

    `data` is a file, s3://BUCKET/KEY or a catalogue name; an empty label or positive value means the catalogue's own
    (and, for the positive value of a file, the usual words for a fault, else the rarer class). data_params are a
    simulator's settings; fingerprint, if given, is the SHA-256 that the file must have. With folds > 0 the training
    rows must allow that many inner folds. The facts are data.json, and held_out.npy and training.npy, the uint64
    fingerprints of the test and training rows. Raises InputError when the data break the contract.
    """
    with at_hand(data) as here:
        check_unchanged(here, fingerprint)
        checked = read_checked(here, label, positive, group_column, time_column, drop_columns or [], data_params or {})
    table = checked.table
    times = checked.times if time_column else None
    try:
        train_rows, test_rows = _split(table, times, test_size, folds, seed)
    except InputError as problem:
        by = [f"{kind} by {name!r}" for kind, name in (("grouped", group_column), ("in order", time_column)) if name]
        raise InputError(f"{', '.join([data, *by])}: {problem}") from problem
    kind = "by time" if times is not None else "by group" if table.groups is not None else "stratified"
    return set_aside(table.rows(train_rows), table.rows(test_rows), train, test, facts, kind, checked.warnings)


def set_aside(
    learned: Table, held_out: Table, train: str, test: str, facts: str, kind: str, warnings: Sequence[str]
) -> dict[str, float]:
    """Write both parts of a table and what is known of them: data.json, held_out.npy and training.npy in `facts`.

    `kind` says how they were parted; both parts have one schema.
    """
    learned.write(train)
    held_out.write(test)
    hashes = [row_hashes(part.X) for part in (learned, held_out)]
    Path(facts).mkdir(parents=True, exist_ok=True)
    np.save(Path(facts) / "training.npy", hashes[0], allow_pickle=False)
    np.save(Path(facts) / "held_out.npy", hashes[1], allow_pickle=False)
    schema, y = learned.schema, np.concatenate([learned.y, held_out.y])
    counts = {"rows": len(y), "faults": int(y.sum()), "test_rows": len(held_out), "test_faults": held_out.faults}
    write_json(
        Path(facts) / "data.json",
        {
            "name": schema.name,
            "notes": schema.notes,
            "fingerprint": content_fingerprint(np.concatenate(hashes), y, schema.names),
            **counts,
            "train_rows": len(learned),
            "train_faults": learned.faults,
            "features": len(schema.columns),
            "columns": schema.names,
            "split": kind,
            "label": schema.label,
            "positive": schema.positive,
            "repairs": list(schema.repairs),
            "warnings": list(warnings),
        },
    )
    return {name: float(count) for name, count in counts.items()}


def _split(
    table: Table, times: np.ndarray | None, test_size: float, folds: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Training and test positions; with folds > 0 refused at once when training would fail for lack of faults."""
    train_rows, test_rows = split(table.y, test_size=test_size, seed=seed, groups=table.groups, times=times)
    if folds:
        train = table.rows(train_rows)
        try:
            inner_folds(train.y, folds, 1, seed, train.groups)
        except InputError as problem:
            raise InputError(f"in the training rows, {problem}") from problem
    return train_rows, test_rows


def check_unchanged(data: str, fingerprint: str) -> None:
    """Raise InputError where the file behind `data` has another SHA-256 than `fingerprint` (if that is given)."""
    if fingerprint and file_fingerprint(data) != fingerprint:
        raise InputError(f"{data} changed while the run was starting; start it again")


def file_fingerprint(data: str) -> str:
    """SHA-256 of the file behind a path or catalogue name, in hex; empty for a simulated set."""
    path = catalogue.find(data).path
    if path is None:
        return ""
    find_source(path)  # a folder, or a file that may not be read, is refused in one line
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_checked(
    data: str,
    label: str,
    positive: str,
    group: str,
    time: str,
    drop: list[str],
    data_params: Mapping[str, Any],
) -> Checked:
    """The data set as a checked table; raises InputError when it cannot be had or breaks the contract."""
    located = catalogue.find(data)
    if located.entry is not None:
        loaded = located.entry.load(located.path, data_params)
        reading = Reading(loaded.frame, repairs=list(loaded.repairs), units=dict(loaded.units))
        label, positive = label or loaded.label, positive or loaded.positive
        name = where = located.entry.name
        notes = loaded.notes
        left_out = [loaded.time_column] if loaded.time_column and loaded.time_column != time else []
        drop = [*drop, *left_out]
    else:
        if data_params:
            raise InputError(f"data_params are a simulator's settings; {data} is a file")
        assert located.path is not None  # only a simulated set has no file
        reading = read_frame(located.path)
        name, where = _stem(located.path), one_line_path(located.path)
        notes = f"A file, {'; '.join(reading.notes)}."
    if not label:
        raise InputError(f"{data}: name the label column with --label; columns: {_few(reading.frame)}")
    return check_table(
        reading.frame,
        label=label,
        positive=positive or None,
        name=name,
        where=where,
        drop=drop,
        group=group or None,
        time=time or None,
        units=reading.units,
        notes=notes,
        repairs=reading.repairs,
        decimal=reading.decimal,
    )


def _stem(path: Path) -> str:
    """The file's name before its first dot that is not at the start, printable."""
    stem = path.name.lstrip(".").split(".")[0].strip()
    return "".join(letter if letter.isprintable() else " " for letter in stem) or "table"


def _few(frame: pd.DataFrame) -> str:
    names = [name if name.isprintable() else repr(name) for name in map(str, frame.columns)]
    return ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")


def content_fingerprint(hashes: np.ndarray, y: np.ndarray, names: list[str]) -> str:
    """A 16-digit fingerprint of the checked rows, their labels and the column names; row order does not matter."""
    digest = hashlib.sha256("\x1f".join(names).encode())
    keyed = hashes ^ (y.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    digest.update(np.sort(keyed).tobytes())
    return digest.hexdigest()[:16]
