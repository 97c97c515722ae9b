"""Read a snapshot from a text file: a column for each channel, whatever separates them and whichever decimal mark."""

import codecs
import io
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rarefault.datasets.signals.recording import Recording, UnusableError

_COMMENTS = ("#", "%", "//")
_LOOK = 40
_TIME = re.compile(
    r"(?P<name>t|time|zeit|seconds?|timestamp)\s*[\[(_/ ]*\s*(?P<unit>s|sec|seconds|ms|us|µs|min)?\s*[\])]?"
)
_SECONDS = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
_COUNTERS = {"", "index", "sample", "samples", "n", "no", "nr", "#", "unnamed: 0"}
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DECIMAL_PAIR = re.compile(r"[+-]?\d+,\d+")
_UNEVEN = 1e-3
_COUNTER = -1.0


@dataclass(frozen=True)
class _Layout:
    """How a file is written: separator ("" for blanks), decimal mark, names of its columns, and lines above numbers."""

    separator: str
    decimal: str
    names: tuple[str, ...]
    skipped: int
    read_as: tuple[str, ...] = ()


def read_text(data: bytes) -> Recording:
    """The snapshot in the bytes of a text file; raises UnusableError where they are none.

    Comma, semicolon, tab and blanks separate columns; the decimal mark is a point or a comma. Lines before the first
    one of numbers are a header, whose names of columns are taken, or comments. A first column that counts samples or
    gives their times is no channel; evenly spaced times tell the rate.
    """
    text = _decoded(data)
    layout = _layout(text)
    values = _values(text, layout)
    names = layout.names if len(layout.names) == values.shape[1] else ()
    rate, read_as = 0.0, layout.read_as
    if values.shape[1] > 1 and (step := _counts(values[:, 0], names[0] if names else None)):
        counter = step == _COUNTER
        rate = 0.0 if counter else 1 / step
        what = "a count of the samples" if counter else "the times of the samples"
        read_as = (*read_as, f"took the first column of {{}} for {what}")
        values, names = values[:, 1:], names[1:]
    return Recording.of(values, rate, names, read_as)


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(data, "utf-16")
    if b"\0" in data[:4096]:
        raise UnusableError("no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # a header such as "m/s²" written on an older system


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise UnusableError("damaged text") from problem


def _layout(text: str) -> _Layout:
    lines = text[: _LOOK * 400].splitlines()[: 2 * _LOOK]
    start = next((at for at, line in enumerate(lines) if _all_numbers(line)), None)
    if start is None:
        raise UnusableError("no numbers")
    body = [line for line in lines[start:] if line.strip()][:_LOOK]
    separator, decimal = _marks(body)
    read_as: tuple[str, ...] = ()
    if (separator, decimal) == ("", ",") and "," in body[0] and not body[0].split()[1:]:
        read_as = ("read {} as one channel with a decimal comma",)
    above = [line for line in lines[:start] if line.strip() and not line.lstrip().startswith(_COMMENTS)]
    return _Layout(separator, decimal, _names(above, body[0], separator), start, read_as)


def _names(above: list[str], first: str, separator: str) -> tuple[str, ...]:
    """The names of the columns: of the lines right above the numbers with as many fields, the highest without digits.

    A line of units may stand between them; dates and other settings may stand above.
    """
    columns = len(_fields(first, separator))
    named: tuple[str, ...] = ()
    for line in reversed(above):
        fields = tuple(field.strip().strip("\"'").strip() for field in _header_fields(line, separator, columns))
        if len(fields) != columns:
            break
        if columns == 1:
            return fields
        if not any(field[:1].isdigit() for field in fields):
            named = fields
    return named


def _header_fields(line: str, separator: str, columns: int) -> list[str]:
    if columns == 1:
        return [line]
    found = _fields(line, separator)
    others = (line.split(other) for other in (";", "\t", ",") if other in line)
    return found if len(found) == columns else next((fields for fields in others if len(fields) == columns), found)


def _fields(line: str, separator: str) -> list[str]:
    line = line.strip()
    return line.rstrip(separator).split(separator) if separator else line.split()


def _marks(body: list[str]) -> tuple[str, str]:
    """The separator ("" for blanks) and the decimal mark of lines of numbers."""
    for separator in (";", "\t"):
        if separator in body[0]:
            return separator, _decimal(body)
    if "," not in body[0]:
        return "", "."
    if any(", " in line or " ," in line for line in body):
        return ",", "."
    if len(body[0].split()) > 1:
        return "", ","
    if len(body) > 8 and all(_DECIMAL_PAIR.fullmatch(line.strip()) for line in body):
        return "", ","  # two channels of whole numbers, the second never negative, are no vibration
    return ",", "."


def _decimal(body: list[str]) -> str:
    return "," if any("," in line for line in body) else "."


def _all_numbers(line: str) -> bool:
    fields = [field.strip().strip('"') for field in re.split(r"[;\t,\s]+", line.strip()) if field.strip()]
    return bool(fields) and all(_NUMBER.fullmatch(field) for field in fields)


def _values(text: str, layout: _Layout) -> np.ndarray:
    """The numbers (t, columns) float64; a cell without a number is NaN, a column without any is left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pd.read_csv(
                io.StringIO(text),
                sep=layout.separator or r"\s+",
                decimal=layout.decimal,
                header=None,
                skiprows=layout.skipped,
                dtype=np.float64,
                skipinitialspace=True,
                index_col=False,
            )
    except pd.errors.EmptyDataError as problem:
        raise UnusableError("no numbers") from problem
    except pd.errors.ParserError as problem:
        raise UnusableError("lines of different length") from problem
    except ValueError as problem:
        raise UnusableError("text among the numbers") from problem
    return frame.dropna(axis=1, how="all").to_numpy()


def _counts(column: np.ndarray, name: str | None) -> float:
    """The step in seconds of a column that gives times, _COUNTER for one that counts samples, 0 for a channel.

    Without a header, a column that grows in even steps is taken for times.
    """
    match = _TIME.fullmatch(name.casefold()) if name is not None else None
    steps = np.diff(column)
    if not (len(steps) > 8 and np.isfinite(steps).all() and steps.min() > 0):
        return _COUNTER if match else 0.0
    if name is not None and match is None:
        return _COUNTER if name.casefold() in _COUNTERS else 0.0
    step = float(steps.mean())
    uneven = np.abs(column - column[0] - step * np.arange(len(column))).max()
    if uneven > max(_UNEVEN * len(column), 1.0) * step:
        return _COUNTER if match else 0.0
    if match is None and step == 1.0:
        return _COUNTER
    return step * _SECONDS.get(match["unit"] or "s" if match else "s", 1.0)
