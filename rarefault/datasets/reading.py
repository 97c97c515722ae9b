"""Read a user's table: CSV or Parquet, as factories export it, or one clear line why not.

Nothing in a file is ever used as a path, an address or code: Parquet metadata for pandas are ignored, and only the
path that the caller named is opened.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from rarefault.datasets.files.arrow import plain_frame
from rarefault.datasets.files.dialect import ACCEPTED, Dialect, LayoutError, find_dialect
from rarefault.datasets.files.lines import BLANKS, Tabbed, tabbed
from rarefault.datasets.files.names import tidy_names
from rarefault.datasets.files.numerals import is_missing, read_numbers, spellings
from rarefault.datasets.files.parquet import MAGIC, read_parquet
from rarefault.datasets.files.scanning import MAX_LINE, Scan, scan
from rarefault.datasets.files.summaries import without_headers, without_summaries
from rarefault.datasets.files.unpacking import Source, find_source
from rarefault.datasets.wording import counted, every

MAX_BYTES = 4 << 30
_EVEN_ROWS = "the same number of fields in every line"


@dataclass(frozen=True)
class Reading:
    """A table as found.

    frame: its rows; notes: how they were read; repairs: what was changed; decimal: '.' or ','; units: by column, where
    a line below the names holds them.
    """

    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    decimal: str = "."
    units: dict[str, str] = field(default_factory=dict)


def read_frame(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Reading:
    """Read a CSV or Parquet file, compressed or not; max_bytes caps its unpacked size.

    What the file is comes from its bytes, not from its name. Raises InputError, one line that names the file, the
    cause (with line or column) and what is accepted, for everything that is no table with a header and rows.
    """
    if max_bytes < 1:
        raise ValueError(f"max_bytes must be >= 1, got {max_bytes}")
    source = find_source(path)
    packed = f", unpacked from {source.packing}" if source.packing else ""
    with source.opened() as stream:
        is_parquet = stream.read(len(MAGIC)) == MAGIC
    if is_parquet:
        frame, changes = read_parquet(source, max_bytes)
        return Reading(frame, [f"read as Parquet{packed}"], changes)
    reading = _read_text(source, scan(source, max_bytes))
    return replace(reading, notes=[reading.notes[0] + packed, *reading.notes[1:]])


def _read_text(source: Source, found: Scan) -> Reading:
    try:
        dialect = find_dialect(found.head.removeprefix("\ufeff"))
        tidy_names(dialect.names)
    except LayoutError as problem:
        raise source.refused(str(problem), ACCEPTED) from problem
    except ValueError as problem:
        raise source.refused(f"line {dialect.header_line}: {problem}", "column names that differ") from problem
    table = _parse(source, found, dialect)
    if table.num_rows == 0:
        raise source.refused("has a header but no rows", "at least one row of measurements")
    table, dropped = _without_empty_end(table, dialect.names)
    names, renamed = tidy_names(dialect.names[: table.num_columns])
    frame, _ = plain_frame(table.rename_columns(names))
    frame, repeated = without_headers(frame)
    frame, totals = without_summaries(frame)
    tidied = _tidy_texts(frame, dialect.decimal)
    notes = [f"read with {dialect.describe()}, encoding {found.encoding}", *found.notes, *dialect.notes]
    repairs = [*dialect.changes, *renamed, *dropped, *repeated, *totals, *tidied]
    units = {name: unit for name, unit in zip(names, dialect.units, strict=False) if unit}
    return Reading(frame, notes, repairs, dialect.decimal, units)


def _parse(source: Source, found: Scan, dialect: Dialect) -> pa.Table:
    placeholders = [str(i) for i in range(len(dialect.names))]
    blanks = dialect.separator in BLANKS
    reading = pacsv.ReadOptions(
        use_threads=False,
        block_size=4 * MAX_LINE,
        skip_rows=dialect.skip,
        column_names=placeholders,
        encoding="utf-8" if blanks or found.encoding == "utf-8-sig" else found.encoding,
    )
    separator = "\t" if blanks else dialect.separator
    parsing = pacsv.ParseOptions(
        delimiter=separator,
        newlines_in_values=True,
        invalid_row_handler=lambda row: "error" if row.text.strip(f'{separator}" \t\r\n') else "skip",
    )
    converting = pacsv.ConvertOptions(
        null_values=spellings(),
        strings_can_be_null=True,
        decimal_point=dialect.decimal,
        true_values=["true", "True", "TRUE"],
        false_values=["false", "False", "FALSE"],
    )
    with source.opened() as stream:
        try:
            lines = Tabbed(stream, found.encoding, dialect.separator) if blanks else stream
            return pacsv.read_csv(lines, reading, parsing, converting)
        except pa.ArrowException as problem:
            cause = _first_bad_row(source, found, dialect) or str(problem).splitlines()[0][:120]
            raise source.refused(cause, _EVEN_ROWS) from problem


def _first_bad_row(source: Source, found: Scan, dialect: Dialect) -> str:
    """Where the rows stop fitting the header, in words; '' when this slower parser finds nothing wrong."""
    width = len(dialect.names)
    blanks = dialect.separator in BLANKS
    with source.opened() as stream:
        lines: Iterator[str] = io.TextIOWrapper(stream, found.encoding, newline="")
        for _ in range(dialect.skip):
            next(lines)
        if blanks:
            lines = (tabbed(line, dialect.separator) for line in lines)
        reader = csv.reader(lines, delimiter="\t" if blanks else dialect.separator)
        line = dialect.skip + 1
        try:
            for row in reader:
                if len(row) != width and any(text.strip() for text in row):
                    return _misfit(line, dialect.skip + reader.line_num, len(row), dialect)
                line = dialect.skip + reader.line_num + 1
        except csv.Error:
            return f"line {line} opens a quote that is not closed in the next 100,000 characters"
    return ""


def _misfit(line: int, end: int, fields: int, dialect: Dialect) -> str:
    first = f"the header (line {dialect.header_line})" if dialect.header_line else "the first row"
    cause = f"line {line} has {counted(fields, 'field')}, {first} {len(dialect.names)}"
    return f"{cause}; a quote opened there closes only in line {end}" if end > line else cause


def _without_empty_end(table: pa.Table, names: Sequence[str]) -> tuple[pa.Table, list[str]]:
    """Drop the nameless, empty last columns that separators at the end of each line make."""
    width = len(names)
    while width > 1 and not names[width - 1].strip() and table.column(width - 1).null_count == table.num_rows:
        width -= 1
    dropped = len(names) - width
    kept = table.select(range(width))
    return kept, [f"{counted(dropped, 'empty column')} at the end of each line dropped"] if dropped else []


def _tidy_texts(frame: pd.DataFrame, decimal: str) -> list[str]:
    """Strip the texts of `frame` in place, and make numbers of the columns whose every text spells one."""
    as_numbers = []
    for name in [name for name in frame.columns if frame[name].dtype == object]:
        codes, levels = pd.factorize(frame[name])
        if not all(isinstance(level, str) for level in levels):
            continue  # true and false with gaps
        texts = [None if is_missing(text) else text.strip() for text in levels]
        values = _numbers(texts, decimal)
        if values is None:
            kept: np.ndarray = np.array([*texts, None], dtype=object)
        else:
            kept = np.append(values, np.nan)
            as_numbers.append(name)
        frame[name] = kept[codes]
    told = f"numbers written as texts (spaces, thousands separators) read in {every(as_numbers)}"
    return [told] if as_numbers else []


def _numbers(texts: Sequence[str | None], decimal: str) -> np.ndarray | None:
    """A number for each text, NaN for None; or None when some text spells no number."""
    present = [text for text in texts if text is not None]
    values = read_numbers(present, decimal)
    if not present or np.isnan(values).any():
        return None
    out = np.full(len(texts), np.nan)
    out[[i for i, text in enumerate(texts) if text is not None]] = values
    return out
