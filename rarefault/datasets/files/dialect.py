"""How a delimited text file is laid out: separator, decimal mark, where the header is and what it names."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from rarefault.datasets.files.numerals import decimal_mark, is_missing, read_number
from rarefault.datasets.wording import counted

SEPARATORS = ",;\t|"
NAMED = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
ACCEPTED = "columns separated by comma, semicolon, tab or '|', with one header line"
MAX_COLUMNS = 20_000
_SAMPLE_CHARS = 1 << 16
_SAMPLE_LINES = 30
_MAX_PREAMBLE = 100
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


class LayoutError(ValueError):
    """No table layout fits the text; the message is the cause."""


@dataclass(frozen=True)
class Dialect:
    """`skip` counts the physical lines before the first data row; `names` holds one raw name per field of a row."""

    separator: str
    decimal: str
    names: list[str]
    header_line: int
    skip: int
    changes: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """For the report: separator and decimal mark in words."""
        return f"separator {NAMED[self.separator]} and decimal {'comma' if self.decimal == ',' else 'point'}"


@dataclass(frozen=True)
class _Row:
    line: int
    end: int
    fields: list[str]


@dataclass(frozen=True)
class _Layout:
    separator: str
    rows: list[_Row]
    width: int
    header: int
    score: tuple[float, float, int]


def find_dialect(text: str) -> Dialect:
    """Find the layout from the first lines of a file; raises LayoutError with the cause."""
    lines = _sample(text)
    declared = _SEP_LINE.fullmatch(lines[0]) if lines else None
    separators = declared[1] if declared and declared[1] in SEPARATORS else SEPARATORS
    start = 1 if declared else 0
    layouts = [layout for s in separators if (layout := _layout(lines, s, start))]
    if not layouts:
        raise LayoutError("only one column was found in every line")
    return _as_dialect(max(layouts, key=lambda layout: layout.score), bool(declared))


def _sample(text: str) -> list[str]:
    """Physical lines from about the first 64 kB, more when the lines are long."""
    lines: list[str] = []
    size = 0
    for line in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text):
        lines.append(line[0])
        size += len(line[0])
        if size > _SAMPLE_CHARS and len(lines) >= _SAMPLE_LINES:
            break
    return lines


def _layout(lines: list[str], separator: str, start: int) -> _Layout | None:
    try:
        rows = list(_rows(lines, separator, start))
    except csv.Error:
        return None
    widths = Counter(len(row.fields) for row in rows if len(row.fields) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda w: (widths[w], w == len(rows[-1].fields)))
    header = _header(rows, width)
    fits = sum(len(row.fields) == width for row in rows[header + 1 :]) + 1
    numeric = _numeric_share(rows[header + 1 :])
    return _Layout(separator, rows, width, header, (round(fits / len(rows), 2), round(numeric, 2), width))


def _rows(lines: list[str], separator: str, start: int) -> Iterator[_Row]:
    reader = csv.reader(lines[start:], delimiter=separator)
    end = start
    for fields in reader:
        line, end = end + 1, start + reader.line_num
        if any(text.strip() for text in fields):
            yield _Row(line, end, fields)


def _header(rows: list[_Row], width: int) -> int:
    """The first row as wide as the data, or the one before it when it differs by one empty field at the end."""
    start = _after_comments(rows)
    fitting = [i for i, row in enumerate(rows) if len(row.fields) == width]
    first = next((i for i in fitting if i >= start), fitting[0])
    first = _second_header(rows, first, width) or first
    if first == 0:
        return 0
    before, after = rows[first - 1].fields, rows[first:]
    longer = len(before) == width + 1 and not before[-1].strip()
    shorter = len(before) == width - 1 > 1 and all(not r.fields[-1].strip() for r in after if len(r.fields) == width)
    return first - 1 if longer or shorter else first


def _after_comments(rows: list[_Row]) -> int:
    """Where the lines that begin with '#' end; the last of them is the header when numbers follow it."""
    comments = next((i for i, row in enumerate(rows) if not row.fields[0].startswith("#")), 0)
    return comments - 1 if comments and _has_number(rows[comments]) else comments


def _second_header(rows: list[_Row], first: int, width: int) -> int:
    """Where the table starts when metadata as wide as the table come before it; 0 when there are none.

    Only a row set off by a blank line or a comment is taken, with names only, followed by numbers in every row.
    """
    for i in range(first + 1, min(len(rows) - 1, _MAX_PREAMBLE)):
        row, before = rows[i], rows[i - 1]
        set_off = row.line > before.end + 1 or before.fields[0].startswith("#")
        if set_off and len(row.fields) == width and not any(_is_number(t) or is_missing(t) for t in row.fields):
            metadata = i == first + 1 or not all(map(_has_number, rows[first + 1 : i]))
            return i if metadata and all(map(_has_number, rows[i + 1 :])) else 0
    return 0


def _has_number(row: _Row) -> bool:
    return any(_is_number(text) for text in row.fields)


def _numeric_share(rows: list[_Row]) -> float:
    texts = _fields(rows, 5_000)
    numbers = sum(_is_number(text) or is_missing(text) for text in texts)
    return numbers / max(len(texts), 1)


def _fields(rows: list[_Row], most: int) -> list[str]:
    return list(islice((text for row in rows for text in row.fields), most))


def _is_number(text: str) -> bool:
    return read_number(text, ".") is not None or read_number(text, ",") is not None


def _as_dialect(layout: _Layout, declared: bool) -> Dialect:
    header, data = layout.rows[layout.header], layout.rows[layout.header + 1 :]
    _refuse_wrong_header(layout)
    names, changes = _fitted_names(header.fields, layout.width, bool(data))
    skipped = layout.header + (1 if declared else 0)
    if skipped:
        changes.insert(0, f"{counted(skipped, 'line')} before the header (line {header.line}) skipped")
    texts = _fields(data, 50_000)
    return Dialect(layout.separator, decimal_mark(texts) or ".", names, header.line, header.end, changes)


def _refuse_wrong_header(layout: _Layout) -> None:
    header = layout.rows[layout.header]
    if layout.width > MAX_COLUMNS:
        raise LayoutError(f"line {header.line} has {layout.width:,} fields, more than {MAX_COLUMNS:,}")
    if layout.header > _MAX_PREAMBLE:
        raise LayoutError(f"the first {layout.header} lines do not fit the table that follows")
    if layout.header and any(_is_number(text) for text in header.fields):
        before = layout.rows[layout.header - 1]
        raise LayoutError(
            f"line {before.line} has {counted(len(before.fields), 'field')} "
            f"but line {header.line} has {len(header.fields)}"
        )
    texts = [text.strip() for text in header.fields if text.strip()]
    counting = [str(i) for i in range(len(texts))]
    if all(_is_number(text) for text in texts) and texts not in (counting, [str(i + 1) for i in range(len(texts))]):
        raise LayoutError(f"line {header.line} holds numbers where the column names should be")


def _fitted_names(fields: list[str], width: int, has_data: bool) -> tuple[list[str], list[str]]:
    """One name for each field of a data row, where a separator at the line's end makes them differ by one."""
    if not has_data or len(fields) == width:
        return list(fields), []
    if len(fields) > width:
        return fields[:width], ["an extra separator at the end of the header ignored"]
    return [*fields, ""], []
