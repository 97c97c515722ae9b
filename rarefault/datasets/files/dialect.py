"""How a delimited text file is laid out: separator, decimal mark, where the header is and what it names."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from rarefault.datasets.files.header import MAX_PREAMBLE, find_header, is_measured
from rarefault.datasets.files.lines import BLANKS, Row, columns_of, sample, split
from rarefault.datasets.files.numerals import decimal_mark, holds_numbers, is_missing, is_number, thousands_mark
from rarefault.datasets.files.units import find_units, names_twice
from rarefault.datasets.wording import counted

SEPARATORS = ",;\t|"
NAMED = {",": "','", ";": "';'", "\t": "tab", "|": "'|'", " ": "blanks", "  ": "two or more blanks"}
ACCEPTED = "columns separated by comma, semicolon, tab, '|' or blanks, with one header line"
MAX_COLUMNS = 20_000
_MOST_UNIT_LINES = 2
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_SEPARATED = re.compile(r"[,;|]|(?<=\S)\t(?=\S)")


class LayoutError(ValueError):
    """No table layout fits the text; the message is the cause."""


@dataclass(frozen=True)
class Dialect:
    """How to read the rows.

    skip: physical lines before the first data row; names: one raw name per field of a row; units: one unit per field
    ('' where there is none), or nothing; header_line: where the names are, 0 when the file has none.
    """

    separator: str
    decimal: str
    names: list[str]
    header_line: int
    skip: int
    units: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """For the report: separator and decimal mark in words."""
        return f"separator {NAMED[self.separator]} and decimal {'comma' if self.decimal == ',' else 'point'}"


@dataclass(frozen=True)
class _Layout:
    separator: str
    rows: list[Row]
    width: int
    header: int
    fits: float
    numeric: float

    @property
    def score(self) -> tuple[float, float, int, int]:
        return round(self.fits, 2), round(self.numeric, 2), -self.header, self.width


def find_dialect(text: str) -> Dialect:
    """Find the layout from the first lines of a file; raises LayoutError with the cause."""
    lines = sample(text)
    declared = _SEP_LINE.fullmatch(lines[0]) if lines else None
    obeyed = declared[1] if declared and declared[1] in SEPARATORS else ""
    start = 1 if declared else 0
    layouts = [layout for s in obeyed or SEPARATORS if (layout := _layout(lines, s, start))]
    best = max(layouts, key=lambda layout: layout.score, default=None)
    if not obeyed and not (best and _is_plain(lines, best)):
        best = _by_blanks(lines, start, best) or best
    if best is None:
        raise LayoutError("only one column was found in every line")
    return _as_dialect(best, bool(declared))


def _layout(lines: list[str], separator: str, start: int) -> _Layout | None:
    try:
        rows = list(split(lines, separator, start))
    except csv.Error:
        return None
    widths = Counter(len(row.fields) for row in rows if len(row.fields) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda w: (widths[w], w == len(rows[-1].fields)))
    header = find_header(rows, width)
    fits = sum(len(row.fields) == width for row in rows[header + 1 :]) + 1
    return _Layout(separator, rows, width, header, fits / len(rows), _numeric_share(rows[header + 1 :]))


def _numeric_share(rows: Sequence[Row]) -> float:
    texts = _fields(rows, 5_000)
    numbers = sum(is_number(text) or is_missing(text) for text in texts)
    return numbers / max(len(texts), 1)


def _fields(rows: Sequence[Row], most: int) -> list[str]:
    return list(islice((text for row in rows for text in row.fields), most))


def _is_plain(lines: list[str], layout: _Layout) -> bool:
    """Whether nothing speaks against the layout: every row fits, and its header is names between separators."""
    header = layout.rows[layout.header]
    return layout.fits == 1 and _separated(lines, header) and not any(map(is_number, header.fields))


def _separated(lines: list[str], row: Row) -> bool:
    return _SEPARATED.search("".join(lines[row.line - 1 : row.end]).strip()) is not None


def _by_blanks(lines: list[str], start: int, rival: _Layout | None) -> _Layout | None:
    """The layout with runs of blanks as separator, where a column of numbers and the header speak for it.

    Against a `rival` with another separator every row must fit, and no such separator may stand in the header, or, if
    there is none, the rival must leave more texts that are no numbers.
    """
    found = [layout for blanks in BLANKS if (layout := _layout(lines, blanks, start))]
    best = max(found, key=lambda layout: (layout.fits, layout.numeric), default=None)
    if best is None or not any(map(holds_numbers, columns_of(best.rows[best.header + 1 :], best.width))):
        return None
    if rival is None:
        return best
    first = best.rows[best.header]
    all_fit = all(len(row.fields) == best.width for row in best.rows[best.header :])
    unnamed = is_measured(best.rows, best.header, best.width)
    earlier = rival.rows[rival.header].line < first.line and rival.fits >= best.fits
    separated = rival.numeric >= best.numeric if unnamed else _separated(lines, first)
    return best if all_fit and not separated and not earlier else None


def _as_dialect(layout: _Layout, declared: bool) -> Dialect:
    _refuse_wrong_size(layout)
    if _has_no_header(layout):
        return _unnamed(layout)
    rows, at = layout.rows, layout.header
    header, data = rows[at], rows[at + 1 :]
    names, changes = _fitted_names(header.fields, layout.width, bool(data))
    skipped = at + (1 if declared else 0)
    if skipped:
        changes.insert(0, f"{counted(skipped, 'line')} before the header (line {header.line}) skipped")
    units: list[str] = []
    notes: list[str] = []
    while len(notes) < _MOST_UNIT_LINES and (found := find_units(rows, at, layout.width)):
        at += 1
        notes.append(f"line {rows[at].line} holds the units")
        units = [old or new for old, new in zip(units or found, found, strict=True)]
    if not units and names_twice(rows, at, layout.width):
        raise LayoutError(f"lines {header.line} and {data[0].line} both look like column names")
    decimal = _decimal(layout, rows[at + 1 :])
    return Dialect(layout.separator, decimal, names, header.line, rows[at].end, units, notes, changes)


def _unnamed(layout: _Layout) -> Dialect:
    """The layout of a file that begins with its first row: columns are named by position."""
    first = layout.rows[layout.header]
    names = [f"column_{i + 1}" for i in range(layout.width)]
    said = f"the file has no header; its columns are called '{names[0]}' to '{names[-1]}'"
    decimal = _decimal(layout, layout.rows[layout.header :])
    return Dialect(layout.separator, decimal, names, 0, first.line - 1, changes=[said])


def _decimal(layout: _Layout, data: Sequence[Row]) -> str:
    """The decimal mark; where `1,234` could be either, the separator and the other numbers of its column may tell."""
    thousands = {mark for column in columns_of(data, layout.width) if (mark := thousands_mark(column))}
    likely = "." if layout.separator == "," or thousands == {","} else "," if thousands == {"."} else None
    return decimal_mark(_fields(data, 50_000), likely) or "."


def _refuse_wrong_size(layout: _Layout) -> None:
    header = layout.rows[layout.header]
    if layout.width > MAX_COLUMNS:
        raise LayoutError(f"line {header.line} has {layout.width:,} fields, more than {MAX_COLUMNS:,}")
    if layout.header > MAX_PREAMBLE:
        raise LayoutError(f"the first {layout.header} lines do not fit the table that follows")


def _has_no_header(layout: _Layout) -> bool:
    """Whether the rows begin where the names should be; raises LayoutError when other text stands before them."""
    rows, at = layout.rows, layout.header
    if not is_measured(rows, at, layout.width):
        return False
    if at and not rows[at - 1].is_comment:
        before = rows[at - 1]
        raise LayoutError(
            f"line {before.line} has {counted(len(before.fields), 'field')} "
            f"but line {rows[at].line} has {len(rows[at].fields)}"
        )
    return True


def _fitted_names(fields: list[str], width: int, has_data: bool) -> tuple[list[str], list[str]]:
    """One name for each field of a data row, where a separator at the line's end makes them differ by one."""
    if not has_data or len(fields) == width:
        return list(fields), []
    if len(fields) > width:
        return fields[:width], ["an extra separator at the end of the header ignored"]
    return [*fields, ""], []
