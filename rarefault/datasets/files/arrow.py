"""Arrow tables -> pandas frames with plain columns: numbers, booleans, times or text."""

from collections.abc import Callable

import pandas as pd
import pyarrow as pa

from rarefault.datasets.wording import shown

_NUMBERS: tuple[Callable[[pa.DataType], bool], ...] = (pa.types.is_decimal, pa.types.is_float16, pa.types.is_null)
_TEXTS: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_time,
)
_KEPT: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_string,
    pa.types.is_timestamp,
    pa.types.is_duration,
)


def plain_frame(table: pa.Table) -> tuple[pd.DataFrame, list[str]]:
    """The table as a frame, and a sentence for the columns that no cell of a table of measurements can hold."""
    arrays, names, dropped = [], [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        target = _target(column.type)
        cast = None if target is None else _cast(column, target)
        if cast is None:
            dropped.append(f"{shown(name)} ({column.type})")
            continue
        arrays.append(cast)
        names.append(name)
    plain = pa.table(arrays, names=[str(i) for i in range(len(names))])
    frame = plain.to_pandas(use_threads=False, ignore_metadata=True, split_blocks=True)
    frame.columns = pd.Index(names, dtype=object)
    changes = [f"columns with nested or binary values dropped: {', '.join(dropped)}"] if dropped else []
    return frame, changes


def _target(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_dictionary(kind):
        return _target(kind.value_type)
    if any(is_kind(kind) for is_kind in _NUMBERS):
        return pa.float64()
    if any(is_kind(kind) for is_kind in _TEXTS):
        return pa.string()
    if pa.types.is_date(kind):
        return pa.timestamp("s")
    return kind if any(is_kind(kind) for is_kind in _KEPT) else None


def _cast(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return column if column.type == target else column.cast(target)
    except pa.ArrowException:
        return None
