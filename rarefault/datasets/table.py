"""The table artifact: measurements with a fault label, as Parquet with a JSON sidecar."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

Kind = Literal["continuous", "integer", "categorical"]
_LABEL = "__fault__"


@dataclass(frozen=True)
class Column:
    """One feature: its name, kind, unit (empty when unknown) and, if categorical, its levels."""

    name: str
    kind: Kind
    unit: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """What the rows mean.

    positive and negative are the label's values for a faulty and a good part; `notes` says where the data come
    from (a simulation says so here) and `repairs` lists what ingest changed, one sentence each.
    """

    columns: tuple[Column, ...]
    label: str = "fault"
    positive: str = "1"
    negative: str = "0"
    name: str = "table"
    notes: str = ""
    repairs: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Feature names in column order."""
        return [column.name for column in self.columns]

    def only(self, names: Sequence[str]) -> "Schema":
        """The schema of a subset of the features, in the schema's own order."""
        kept = set(names)
        return replace(self, columns=tuple(c for c in self.columns if c.name in kept))

    def fits(self, other: "Schema", levels: bool = False) -> bool:
        """Whether another table has these columns, texts where they hold texts; with `levels`, all of these texts."""
        theirs = {column.name: column for column in other.columns}
        return all(
            (found := theirs.get(column.name)) is not None
            and (column.kind == "categorical") == (found.kind == "categorical")
            and (not levels or set(column.levels) <= set(found.levels))
            for column in self.columns
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Schema":
        """Read what `to_json` wrote."""
        columns = tuple(Column(**{**c, "levels": tuple(c["levels"])}) for c in values["columns"])
        return cls(**{**values, "columns": columns, "repairs": tuple(values["repairs"])})


@dataclass(frozen=True)
class Table:
    """X: (n, d) features; y: (n,) int8 with 1 = fault; schema: what the columns mean.

    Continuous columns are float64; integer columns are float64 with whole values (so that a gap can be NaN);
    categorical columns are pandas categoricals with the schema's levels.
    """

    X: pd.DataFrame
    y: np.ndarray
    schema: Schema
    groups: np.ndarray | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.X) != len(self.y):
            raise ValueError(f"X has {len(self.X)} rows but y has {len(self.y)}")
        if list(self.X.columns) != self.schema.names:
            raise ValueError("the columns of X differ from the schema's")

    def __len__(self) -> int:
        return len(self.y)

    @property
    def faults(self) -> int:
        """How many rows are faulty."""
        return int(self.y.sum())

    def rows(self, index: np.ndarray) -> "Table":
        """The rows at integer positions `index` (or where a boolean mask is true)."""
        groups = None if self.groups is None else self.groups[index]
        return Table(self.X.iloc[index].reset_index(drop=True), self.y[index], self.schema, groups)

    def select(self, names: Sequence[str]) -> "Table":
        """The same rows with only the named features."""
        schema = self.schema.only(names)
        return Table(self.X[schema.names], self.y, schema, self.groups)

    def write(self, folder: str | Path) -> None:
        """Write `table.parquet` and its sidecar `table.json` into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        frame = self.X.assign(**{_LABEL: self.y.astype(np.int8)})
        if self.groups is not None:
            frame["__group__"] = self.groups.astype(str)
        frame.to_parquet(folder / "table.parquet", index=False)
        sidecar = {"rows": len(self), "faults": self.faults, "schema": self.schema.to_json()}
        (folder / "table.json").write_text(json.dumps(sidecar, indent=1))

    @classmethod
    def read(cls, folder: str | Path) -> "Table":
        """Read what `write` wrote."""
        schema = Schema.from_json(json.loads((Path(folder) / "table.json").read_text())["schema"])
        frame = pd.read_parquet(Path(folder) / "table.parquet")
        groups = frame["__group__"].to_numpy() if "__group__" in frame else None
        return cls(apply_schema(frame[schema.names], schema), frame[_LABEL].to_numpy(np.int8), schema, groups)


def apply_schema(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Order the features and give them the schema's dtypes; levels that the schema lacks become missing."""
    columns = {}
    for column in schema.columns:
        values = frame[column.name]
        if column.kind == "categorical":
            columns[column.name] = pd.Series(
                pd.Categorical(values.astype(object), categories=list(column.levels)), index=frame.index
            )
        else:
            columns[column.name] = values.astype(np.float64)
    return pd.DataFrame(columns, index=frame.index)


def row_hashes(X: pd.DataFrame) -> np.ndarray:
    """A 64-bit fingerprint of each row, (n,) uint64, equal for equal rows in every process."""
    plain = X.copy(deep=False)
    for name in X.columns[X.dtypes == "category"]:
        plain[name] = X[name].astype(object)
    hashed = pd.util.hash_pandas_object(plain, index=False)
    return np.asarray(hashed, dtype=np.uint64)
