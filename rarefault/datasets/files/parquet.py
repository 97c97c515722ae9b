"""Read a Parquet file that a user hands in."""

import io
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from rarefault.datasets.files.arrow import plain_frame
from rarefault.datasets.files.names import tidy_names
from rarefault.datasets.files.unpacking import Source, read_capped, refuse_bomb

MAGIC = b"PAR1"
_CELL_BYTES = 8


def read_parquet(source: Source, max_bytes: int) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a Parquet file and what was changed; raises InputError for damage or more than max_bytes."""
    if source.packing:
        return _read(source, io.BytesIO(read_capped(source, max_bytes)), max_bytes)
    with source.opened() as stream:
        return _read(source, stream, max_bytes)


def _read(source: Source, stream: IO[bytes], max_bytes: int) -> tuple[pd.DataFrame, list[str]]:
    try:
        with pq.ParquetFile(stream) as file:
            facts = file.metadata
            sizes = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
            refuse_bomb(source, max(sizes, facts.num_rows * facts.num_columns * _CELL_BYTES), max_bytes)
            table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as problem:
        raise source.refused(f"damaged or truncated Parquet data ({str(problem).splitlines()[0][:120]})") from problem
    if table.num_rows == 0:
        raise source.refused("has columns but no rows", "at least one row of measurements")
    try:
        names, changes = tidy_names(table.column_names)
    except ValueError as problem:
        raise source.refused(str(problem), "column names that differ") from problem
    frame, dropped = plain_frame(table.rename_columns(names))
    return frame, changes + dropped
