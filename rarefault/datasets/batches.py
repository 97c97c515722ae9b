"""The contract of new batches: rows of a line whose table is known, with labels or without.

A batch is held to the schema of the table that the line's model was trained on. What a batch could only contain when
a sensor, a unit or an export has broken is refused, so that no such row ever reaches a training.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from rarefault.datasets.cleaning.checks import verify
from rarefault.datasets.cleaning.labels import OTHER, label_key
from rarefault.datasets.cleaning.ledger import Ledger
from rarefault.datasets.cleaning.repairs import LARGEST, Limits
from rarefault.datasets.cleaning.times import read_times
from rarefault.datasets.cleaning.typed import typed
from rarefault.datasets.files.names import tidy_names
from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.reading import read_frame
from rarefault.datasets.table import Column, Schema, Table, apply_schema
from rarefault.datasets.wording import counted, every, listed, shown
from rarefault.errors import InputError

UNLABELLED = -1
SUFFIXES = (".csv", ".txt", ".tsv", ".parquet", ".gz", ".bz2", ".xz", ".zst", ".zip")
_FAR_RANGES, _FAR_SHARE = 10.0, 0.25  # a fault never seen before may be as far, but is not as frequent
_MOST_FAULTY = 0.5
_FEW_LABELS = 20


@dataclass(frozen=True)
class Batch:
    """Rows in the order in which they were made.

    X: (n, d) in the schema's columns and dtypes; y: (n,) int8: 1 = fault, 0 = good, -1 = no label yet; groups: (n,) or
    None; times: (n,) or None; told: what was changed or left out, one sentence each.
    """

    X: pd.DataFrame
    y: np.ndarray
    schema: Schema
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    told: tuple[str, ...] = field(default_factory=tuple)

    def __len__(self) -> int:
        return len(self.y)

    @property
    def labelled(self) -> np.ndarray:
        """(n,) which rows have a label."""
        return np.asarray(self.y != UNLABELLED)

    def rows(self, index: np.ndarray) -> "Batch":
        """The rows at integer positions `index` (or where a boolean mask is true)."""
        X = self.X.iloc[index].reset_index(drop=True)
        groups, times = (None if part is None else part[index] for part in (self.groups, self.times))
        return Batch(X, self.y[index], self.schema, groups, times, self.told)

    def table(self) -> Table:
        """The labelled rows."""
        rows = self.rows(np.flatnonzero(self.labelled))
        return Table(rows.X, rows.y, rows.schema, rows.groups)

    def write(self, folder: str | Path) -> None:
        """Write rows.parquet and schema.json into `folder`; groups and times stay behind."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.X.assign(__label__=self.y).to_parquet(Path(folder) / "rows.parquet", index=False)
        (Path(folder) / "schema.json").write_text(json.dumps(self.schema.to_json()))

    @classmethod
    def read(cls, folder: str | Path) -> "Batch":
        """Read what `write` wrote."""
        schema = Schema.from_json(json.loads((Path(folder) / "schema.json").read_text()))
        frame = pd.read_parquet(Path(folder) / "rows.parquet")
        return cls(apply_schema(frame[schema.names], schema), frame["__label__"].to_numpy(np.int8), schema)


def batch_files(places: Sequence[str]) -> list[Path]:
    """The files that `places` (files and folders) name; those of a folder by name, hidden and other ones left out.

    Raises InputError where no place is named or one is not there; a folder may be empty.
    """
    if not places:
        raise InputError(
            "no new batches are named; accepted: batches=FOLDER, a folder of CSV or Parquet files in the order of "
            "their names, or batches=FILE,FILE"
        )
    found: list[Path] = []
    for place in places:
        path = Path(place).expanduser()
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.is_file() and _looks_like_a_table(p))
        elif path.exists():
            found.append(path)
        else:
            named = one_line_path(path)
            raise InputError(f"there is no batch {named}; accepted: a CSV or Parquet file, or a folder of them")
    return found


def _looks_like_a_table(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in SUFFIXES


def read_batch(path: Path, known: Table, group: str = "", time: str = "") -> Batch:
    """Read a batch of the line whose table is `known`; its label column may be missing or have gaps.

    Raises InputError, one line that names the file, for a batch that breaks the contract.
    """
    where, reading = one_line_path(path), read_frame(path)
    try:
        names, told = tidy_names(reading.frame.columns)
    except ValueError as problem:
        raise InputError(f"{where}: {problem}; accepted: column names that differ") from problem
    frame = reading.frame.set_axis(pd.Index(names, dtype=object), axis=1)
    schema = known.schema
    told = [*told, *_foreign(names, schema, group, time), *reading.repairs]
    _require_columns(names, [*schema.names, *(name for name in (group, time) if name)], where)
    ledger = Ledger()
    X = pd.DataFrame(
        {column.name: _feature(frame[column.name], column, reading.decimal, ledger, where) for column in schema.columns}
    )
    X = apply_schema(X, schema)
    _refuse_gaps(X, where)
    _refuse_far(X, known.X, schema, where)
    y = _labels(frame[schema.label], schema, where) if schema.label in frame else np.full(len(X), UNLABELLED, np.int8)
    _refuse_faulty(y, known, where)
    verify(X, (y == 1).astype(np.int8), schema, where)
    groups = frame[group].astype(str).str.strip().to_numpy(object) if group else None
    times = read_times(frame[time], where)[0] if time else None
    if times is not None and pd.isna(times).any():
        raise InputError(f"{where}: the time column {shown(time)} has gaps; accepted: a time in every row")
    return Batch(X, y, schema, groups, times, tuple(f"{path.name}: {text}" for text in [*told, *ledger.sentences()]))


def _foreign(names: Sequence[str], schema: Schema, group: str, time: str) -> list[str]:
    known = {*schema.names, schema.label, group, time}
    others = [name for name in names if name not in known]
    told = f"{counted(len(others), 'column')} that training did not use left out: {every(others)}"
    return [told] if others else []


def _require_columns(names: Sequence[str], wanted: Sequence[str], where: str) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        lacking = f"lacks {counted(len(missing), 'column')} of the line's table: {listed(missing)}"
        raise InputError(f"{where} {lacking}; accepted: all {len(wanted)} columns, in any order")


def _feature(values: pd.Series, column: Column, decimal: str, ledger: Ledger, where: str) -> "pd.Series | np.ndarray":
    found = typed(values, decimal, ledger)
    if column.kind == "categorical":
        return _category(values if found is None or found.dtype != object else found, column, ledger)
    if found is None or found.dtype == object:
        example = next((shown(value) for value in values if not pd.isna(value)), "nothing")
        raise InputError(
            f"{where}: column {shown(column.name)} holds {example}, in the line's table numbers; accepted: numbers"
        )
    wild = np.abs(np.nan_to_num(found)) > LARGEST
    if wild.any():
        ledger.infinite[column.name] = int(wild.sum())
    return np.where(wild, np.nan, found)


def _category(values: "pd.Series | np.ndarray", column: Column, ledger: Ledger) -> pd.Series:
    by_key = {label_key(level): level for level in column.levels}
    keys = pd.Series(values, dtype=object).map(label_key, na_action="ignore")
    unknown = sorted({key for key in keys.dropna() if key not in by_key})
    if unknown:
        ledger.note(column.name, f"levels unknown to training ({listed(unknown)}) became missing")
    return keys.map(by_key)


def _refuse_gaps(X: pd.DataFrame, where: str) -> None:
    most = Limits().max_missing
    shares = X.isna().mean()
    worst = shares[shares > most]
    if len(worst):
        cells = ", ".join(f"{shown(name)} {share:.0%}" for name, share in worst.head(6).items())
        raise InputError(f"{where}: {cells} of the values are missing; accepted: at most {most:.0%} in any column")


def _refuse_far(X: pd.DataFrame, known: pd.DataFrame, schema: Schema, where: str) -> None:
    """Refuse a column whose values are so far from training that its unit or its sensor must be another."""
    for column in (column for column in schema.columns if column.kind != "categorical"):
        low, high = known[column.name].min(), known[column.name].max()
        reach = _FAR_RANGES * (high - low)
        values = X[column.name]
        far = (values < low - reach) | (values > high + reach)
        if far.sum() > _FAR_SHARE * len(X):
            raise InputError(
                f"{where}: {counted(int(far.sum()), 'value')} of column {shown(column.name)}, such as "
                f"{values[far].iloc[0]:g}, are more than ten times the training range ({low:g} to {high:g}) away from "
                "it; accepted: the unit and the sensor of training"
            )


def _labels(values: pd.Series, schema: Schema, where: str) -> np.ndarray:
    """1 = fault, 0 = good, -1 = no label yet."""
    keys = values.astype(object).map(label_key, na_action="ignore")
    keys = keys.where(keys.notna(), None)
    positive, negative = label_key(schema.positive), label_key(schema.negative)
    found = sorted({key for key in keys if key is not None and key != positive})
    if schema.negative != OTHER and any(key != negative for key in found):
        strange = listed([key for key in found if key != negative])
        accepted = f"{shown(schema.positive)}, {shown(schema.negative)}, or nothing while there is no label yet"
        raise InputError(f"{where}: the label column {shown(schema.label)} holds {strange}; accepted: {accepted}")
    y = np.array([UNLABELLED if key is None else int(key == positive) for key in keys], dtype=np.int8)
    return y


def _refuse_faulty(y: np.ndarray, known: Table, where: str) -> None:
    """Refuse labels of which most say faulty where training had few faults: they are the wrong way round."""
    labelled = y[y != UNLABELLED]
    if len(labelled) < _FEW_LABELS or known.faults > _MOST_FAULTY * len(known):
        return
    share = float(labelled.mean())
    if share > _MOST_FAULTY:
        usual = known.faults / len(known)
        raise InputError(
            f"{where}: {share:.0%} of the labelled rows are faulty, in the line's table {usual:.0%}; "
            f"accepted: at most {_MOST_FAULTY:.0%} (are the labels the wrong way round?)"
        )


def joined(batches: Sequence[Batch], known: Table) -> Batch:
    """All batches as one, in their order, or in that of their times where they have some; none make an empty one."""
    if not batches:
        return Batch(
            known.X.iloc[:0],
            np.empty(0, np.int8),
            known.schema,
            known.groups if known.groups is None else known.groups[:0],
        )
    X = apply_schema(pd.concat([batch.X for batch in batches], ignore_index=True), known.schema)
    groups, times = _all([batch.groups for batch in batches]), _all([batch.times for batch in batches])
    told = tuple(text for batch in batches for text in batch.told)
    whole = Batch(X, np.concatenate([batch.y for batch in batches]), known.schema, groups, times, told)
    return whole if times is None else whole.rows(np.argsort(times, kind="stable"))


def _all(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    found = [part for part in parts if part is not None]
    return np.concatenate(found) if found else None
