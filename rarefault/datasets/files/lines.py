"""The lines of a delimited text, and how each is split into fields."""

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

BLANKS = (" ", "  ")
"""Separators that stand for runs: any blanks and tabs, or at least two blanks (so that one may be within a name)."""

_SAMPLE_CHARS = 1 << 16
_SAMPLE_LINES = 30
_JUDGED_FIELDS = 20_000
_CHUNK = 1 << 20
_QUOTED = r'((?<!\S)"[^"\r\n]*(?:""[^"\r\n]*)*"(?!\S))'
_RUNS = {" ": re.compile(rf"{_QUOTED}|[ \t]+"), "  ": re.compile(rf"{_QUOTED}|[ \t]{{2,}}|\t")}
_EDGES = re.compile(r"(?:(?<=[\r\n])|\A)[ \t]+|[ \t]+(?=[\r\n]|\Z)")


@dataclass(frozen=True)
class Row:
    """The fields of one record, and the physical lines, counted from 1, where it begins and ends."""

    line: int
    end: int
    fields: list[str]

    @property
    def is_comment(self) -> bool:
        """Whether it begins with '#'."""
        return self.fields[0].startswith("#")


def sample(text: str) -> list[str]:
    """Physical lines from about the first 64 kB, more when the lines are long."""
    lines: list[str] = []
    size = 0
    for line in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text):
        lines.append(line[0])
        size += len(line[0])
        if size > _SAMPLE_CHARS and len(lines) >= _SAMPLE_LINES:
            break
    return lines


def split(lines: Sequence[str], separator: str, start: int = 0) -> Iterator[Row]:
    """The rows from line `start` on that are not blank; raises csv.Error for a quote that does not close."""
    blanks = separator in BLANKS
    wanted = (tabbed(line, separator) for line in lines[start:]) if blanks else iter(lines[start:])
    reader = csv.reader(wanted, delimiter="\t" if blanks else separator)
    end = start
    for fields in reader:
        line, end = end + 1, start + reader.line_num
        if any(text.strip() for text in fields):
            hash_alone = blanks and len(fields) > 1 and fields[0] == "#"
            yield Row(line, end, [f"#{fields[1]}", *fields[2:]] if hash_alone else fields)


def columns_of(rows: Sequence[Row], width: int) -> list[tuple[str, ...]]:
    """The stripped fields of the rows that have `width` of them, column by column, of about the first 20,000."""
    fitting = [row.fields for row in rows if len(row.fields) == width]
    few = fitting[: max(_JUDGED_FIELDS // width, 3)]
    return [tuple(map(str.strip, column)) for column in zip(*few, strict=True)] or [()] * width


def tabbed(text: str, blanks: str) -> str:
    """Whole lines with each run of blanks outside quotes as one tab, and none at either end of a line."""
    return _RUNS[blanks].sub(lambda run: run[1] or "\t", _EDGES.sub("", text))


class Tabbed(io.BufferedIOBase):
    """A stream of lines separated by blanks, read as UTF-8 lines separated by tabs."""

    def __init__(self, stream: IO[bytes], encoding: str, blanks: str) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._blanks = blanks
        self._open = ""
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes (all that are left when it is None or negative); none at the end only."""
        wanted = sys.maxsize if size is None or size < 0 else size
        while len(self._ready) < wanted and not self._ended:
            self._ready += self._next()
        out, self._ready = self._ready[:wanted], self._ready[wanted:]
        return out

    def read1(self, size: int = -1, /) -> bytes:
        """The same as `read`, which needs no buffer below."""
        return self.read(size)

    def _next(self) -> bytes:
        chunk = self._stream.read(_CHUNK)
        self._ended = not chunk
        text = self._open + self._decoder.decode(chunk, self._ended)
        cut = len(text) if self._ended else max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        self._open = text[cut:]
        return tabbed(text[:cut], self._blanks).encode()
