"""Read a data set, check its contract, and set the test rows aside."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.datasets import catalogue
from rarefault.datasets.contract import Checked, check_table
from rarefault.datasets.reading import read_frame
from rarefault.datasets.splits import split
from rarefault.datasets.table import row_hashes
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
    seed: int = 0,
    fingerprint: str = "",
) -> dict[str, float]:
    """Write the training rows to folder `train`, the test rows to `test`, and what was found to folder `facts`.

    `data` is a file or a catalogue name; an empty label or positive value means the catalogue's own (and, for the
    positive value of a file, the usual words for a fault, else the rarer class). data_params are a simulator's
    settings; fingerprint, if given, is the SHA-256 that the file must have. The facts are data.json, and held_out.npy
    and training.npy, the uint64 fingerprints of the test and training rows. Raises InputError when the data break the
    contract.
    """
    _check_unchanged(data, fingerprint)
    checked = read_checked(data, label, positive, group_column, time_column, drop_columns or [], data_params or {})
    table = checked.table
    times = checked.times if time_column else None
    train_rows, test_rows = split(table.y, test_size=test_size, seed=seed, groups=table.groups, times=times)
    held_out = table.rows(test_rows)
    table.rows(train_rows).write(train)
    held_out.write(test)
    hashes = row_hashes(table.X)
    Path(facts).mkdir(parents=True, exist_ok=True)
    np.save(Path(facts) / "held_out.npy", hashes[test_rows], allow_pickle=False)
    np.save(Path(facts) / "training.npy", hashes[train_rows], allow_pickle=False)
    schema = table.schema
    write_json(
        Path(facts) / "data.json",
        {
            "name": schema.name,
            "notes": schema.notes,
            "fingerprint": content_fingerprint(hashes, table.y, schema.names),
            "rows": len(table),
            "faults": table.faults,
            "train_rows": len(train_rows),
            "train_faults": int(table.y[train_rows].sum()),
            "test_rows": len(held_out),
            "test_faults": held_out.faults,
            "features": len(schema.columns),
            "split": "by time" if times is not None else "by group" if table.groups is not None else "stratified",
            "label": schema.label,
            "positive": schema.positive,
            "repairs": list(schema.repairs),
            "warnings": list(checked.warnings),
        },
    )
    return {"rows": len(table), "faults": table.faults, "test_rows": len(held_out), "test_faults": held_out.faults}


def _check_unchanged(data: str, fingerprint: str) -> None:
    if fingerprint and file_fingerprint(data) != fingerprint:
        raise InputError(f"{data} changed while the run was starting; start it again")


def file_fingerprint(data: str) -> str:
    """SHA-256 of the file behind a path or catalogue name, in hex; empty for a simulated set."""
    path = catalogue.find(data).path
    if path is None:
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


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
        frame, noticed, decimal = loaded.frame, list(loaded.repairs), "."
        label, positive = label or loaded.label, positive or loaded.positive
        name, notes, units = located.entry.name, loaded.notes, loaded.units
        left_out = [loaded.time_column] if loaded.time_column and loaded.time_column != time else []
        drop = [*drop, *left_out]
    else:
        if data_params:
            raise InputError(f"data_params are a simulator's settings; {data} is a file")
        assert located.path is not None  # only a simulated set has no file
        reading = read_frame(located.path)
        frame, noticed, decimal = reading.frame, [*reading.notes, *reading.repairs], reading.decimal
        name, notes, units = Path(data).name.split(".")[0], "", {}
    if not label:
        raise InputError(f"{data}: name the label column with --label; columns: {_few(frame)}")
    return check_table(
        frame,
        label=label,
        positive=positive or None,
        name=name,
        drop=drop,
        group=group or None,
        time=time or None,
        units=units,
        notes=notes,
        repairs=noticed,
        decimal=decimal,
    )


def _few(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    return ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")


def content_fingerprint(hashes: np.ndarray, y: np.ndarray, names: list[str]) -> str:
    """A 16-digit fingerprint of the checked rows, their labels and the column names; row order does not matter."""
    digest = hashlib.sha256("\x1f".join(names).encode())
    keyed = hashes ^ (y.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    digest.update(np.sort(keyed).tobytes())
    return digest.hexdigest()[:16]
