"""Which line of a table names the columns, and whether one does."""

import re
from collections.abc import Sequence
from itertools import pairwise

from rarefault.datasets.files.lines import Row, columns_of
from rarefault.datasets.files.numerals import holds_numbers, is_missing, is_number, read_number
from rarefault.datasets.files.units import find_units

MAX_PREAMBLE = 100
_MOMENT = re.compile(r"[0-9]{1,4}[-/.:][0-9]{1,2}[-/.:][0-9]")


def find_header(rows: Sequence[Row], width: int) -> int:
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


def _after_comments(rows: Sequence[Row]) -> int:
    """Where the lines that begin with '#' end; the last of them is the header when numbers follow it."""
    comments = next((i for i, row in enumerate(rows) if not row.is_comment), 0)
    return comments - 1 if comments and _has_number(rows[comments]) else comments


def _second_header(rows: Sequence[Row], first: int, width: int) -> int:
    """Where the table starts when metadata as wide as the table come before it; 0 when there are none.

    Only a row set off by a blank line or a comment is taken, with names only, followed by numbers in every row (but
    for one row of units).
    """
    for i in range(first + 1, min(len(rows) - 1, MAX_PREAMBLE)):
        row, before = rows[i], rows[i - 1]
        set_off = row.line > before.end + 1 or before.is_comment
        if set_off and len(row.fields) == width and not any(is_number(t) or is_missing(t) for t in row.fields):
            nameless = any(not text.strip() for text in rows[first].fields)
            metadata = nameless or i == first + 1 or not all(map(_has_number, rows[first + 1 : i]))
            below = i + 1 + (find_units(rows, i, width) is not None)
            return i if metadata and all(map(_has_number, rows[below:])) else 0
    return 0


def _has_number(row: Row) -> bool:
    return any(is_number(text) for text in row.fields)


def is_measured(rows: Sequence[Row], header: int, width: int) -> bool:
    """Whether the row where the names should be holds measurements: the file then has no header.

    Numbers may be names, as in a spectrum, but with a text above numbers beside them, or if they count, ascend or
    descend; a date, or what its column holds again, is no name.
    """
    first = [text.strip() for text in rows[header].fields[:width]]
    numbers = [text for text in first if is_number(text)]
    if not numbers or (header == 0 and _counting(numbers)):
        return False
    columns = columns_of(rows[header + 1 :], width)
    named = [not (is_number(text) or is_missing(text) or _MOMENT.match(text)) for text in first]
    if any(name and holds_numbers(column) for name, column in zip(named, columns, strict=False)):
        return False
    if not any(named):
        return True
    if any(text in column for text, column in zip(first, columns, strict=False) if not is_missing(text)):
        return True
    return any(map(_MOMENT.match, first)) or not _ordered([read_number(text) or 0.0 for text in numbers])


def _counting(numbers: list[str]) -> bool:
    return numbers in ([str(i + first) for i in range(len(numbers))] for first in (0, 1))


def _ordered(values: list[float]) -> bool:
    steps = [b - a for a, b in pairwise(values)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
