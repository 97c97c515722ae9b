"""What a finished table must satisfy, as a pandera schema; new rows of the same line can be checked against it."""

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from rarefault.datasets.table import Column, Schema
from rarefault.datasets.wording import shown
from rarefault.errors import InputError

LABEL = "__fault__"
GROUP = "__group__"
RESERVED = (LABEL, GROUP)
_CODES = {
    "column_in_dataframe": "is missing",
    "column_in_schema": "is not part of the table",
    "not_nullable": "holds missing values",
}


def frame_schema(schema: Schema) -> pa.DataFrameSchema:
    """The pandera schema of a table's features and its label column `__fault__`."""
    columns = {column.name: _feature(column) for column in schema.columns}
    columns[LABEL] = pa.Column("int8", pa.Check.isin([0, 1], error="holds a value other than 0 and 1"))
    return pa.DataFrameSchema(columns, strict=True)


def _feature(column: Column) -> pa.Column:
    if column.kind == "categorical":
        return pa.Column(pa.Category(list(column.levels)), nullable=True, required=True)
    checks = [pa.Check(_finite, error="holds an infinite value", ignore_na=False)]
    if column.kind == "integer":
        checks.append(pa.Check(_whole, error="holds a number that is not whole"))
    return pa.Column("float64", checks, nullable=True, required=True)


def _finite(values: pd.Series) -> pd.Series:
    return pd.Series(~np.isinf(values.to_numpy()), index=values.index)


def _whole(values: pd.Series) -> pd.Series:
    return pd.Series(values.to_numpy() == np.rint(values.to_numpy()), index=values.index)


def verify(X: pd.DataFrame, y: np.ndarray, schema: Schema, where: str) -> None:
    """Check features (n, d) and labels (n,) against the schema; raises InputError for the first that fails."""
    try:
        frame = X.copy(deep=False)
        frame[LABEL] = y.astype(np.int8)
        frame_schema(schema).validate(frame, lazy=True, inplace=True)
    except SchemaErrors as problem:
        raise InputError(f"{where}: {_first_failure(problem)}") from problem


def _first_failure(problem: SchemaErrors) -> str:
    first = problem.failure_cases.iloc[0]
    check = str(first["check"])
    column = first["failure_case"] if first["column"] is None or check in _CODES else first["column"]
    if check in ("column_in_dataframe", "column_in_schema"):
        return f"column {shown(column)} {_CODES[check]}; accepted: the columns of the table"
    column = first["column"]
    if check.startswith("dtype("):
        return f"column {shown(column)} has the type {first['failure_case']}; accepted: {check[6:-1]}"
    told = _CODES.get(check, check)
    return f"column {shown(column)} {told} ({shown(first['failure_case'])}); accepted: what its kind allows"
