"""The data contract: any frame -> a checked table, every change told, or one line why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from rarefault.datasets.cleaning.checks import RESERVED, verify
from rarefault.datasets.cleaning.draft import Draft, Roles, start
from rarefault.datasets.cleaning.ledger import Ledger
from rarefault.datasets.cleaning.repairs import Limits, clean_columns
from rarefault.datasets.cleaning.suspicion import label_copies, leak_warnings
from rarefault.datasets.table import Column, Schema, Table
from rarefault.datasets.wording import counted, shown
from rarefault.errors import InputError

FEW_FAULTS = 50


@dataclass(frozen=True)
class Checked:
    """A table that keeps the contract.

    warnings: what the user should know but nothing was changed for; times: (n,) float64 or datetime64[ns] when a time
    column was named; rows: (n,) each row's position in the frame that was checked; missing: gaps per column.
    """

    table: Table
    warnings: list[str] = field(default_factory=list)
    times: np.ndarray | None = None
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    missing: dict[str, int] = field(default_factory=dict)


def check_table(
    frame: pd.DataFrame,
    *,
    label: str,
    positive: object | None = None,
    name: str = "table",
    where: str = "",
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    units: Mapping[str, str] | None = None,
    notes: str = "",
    repairs: Sequence[str] = (),
    decimal: str = ".",
    limits: Limits | None = None,
) -> Checked:
    """Check and clean a frame of measurements.

    `label` names the column that says which parts are faulty and `positive` its faulty value; `drop` lists columns to
    leave out; `group` and `time` name columns to split by, which are no features. `repairs` (what reading changed)
    come first in the table's schema; `decimal` is the mark of numbers that were kept as text. Raises InputError, one
    line beginning with `where` (the file; by default `name`), when no usable table is left.
    """
    limits = limits or Limits()
    where = where or name
    draft = start(frame, Roles(label, tuple(drop), group, time), positive, where)
    draft.require(limits.min_rows, limits.min_faults)
    columns = _clean(draft, limits, units or {}, decimal)
    draft.drop_duplicates()
    draft.require(limits.min_rows, limits.min_faults, " after exact duplicates were dropped")
    found = draft.labels
    told = (*repairs, *draft.told)
    schema = Schema(tuple(columns), found.column, found.positive, found.negative, name, notes, told)
    X = draft.features
    verify(X, draft.y, schema, where)
    table = Table(X, draft.y, schema, draft.groups)
    missing = {str(column): int(n) for column, n in X.isna().sum().items() if n}
    warnings = [*draft.warnings, *_cautions(table, missing), *leak_warnings(X, draft.y)]
    return Checked(table, warnings, draft.times, draft.rows, missing)


def _clean(draft: Draft, limits: Limits, units: Mapping[str, str], decimal: str) -> list[Column]:
    """Replace the draft's features by the usable ones; raises InputError when none is left."""
    clash = [name for name in draft.features.columns if name in RESERVED]
    if clash:
        raise InputError(f"{draft.where}: the column name {shown(clash[0])} is reserved; accepted: another name")
    ledger = Ledger()
    X, columns = clean_columns(draft.features, limits, units, decimal, ledger)
    for copy in label_copies(X, draft.y, draft.classes):
        ledger.drop(copy, "the label under another name")
        X = X.drop(columns=copy)
    if X.shape[1] == 0:
        why = f" ({ledger.why_empty()})" if ledger.dropped else ""
        raise InputError(f"{draft.where} has no usable feature column{why}; accepted: at least one that varies")
    draft.features = X
    draft.told += ledger.sentences()
    return [column for column in columns if column.name in X]


def _cautions(table: Table, missing: Mapping[str, int]) -> list[str]:
    told = []
    if table.faults < FEW_FAULTS:
        told.append(f"only {counted(table.faults, 'faulty row')}: every figure will be uncertain")
    if table.faults > len(table) / 2:
        value = shown(table.schema.positive)
        told.append(f"{table.faults / len(table):.0%} of the rows are faulty: is {value} really the faulty value?")
    if missing:
        worst = sorted(missing.items(), key=lambda item: -item[1])[:6]
        cells = ", ".join(f"{shown(name)} {n / len(table):.1%}" for name, n in worst)
        share = sum(missing.values()) / table.X.size
        told.append(f"{counted(len(missing), 'column')} with missing values ({share:.1%} of all cells): {cells}")
    return told
