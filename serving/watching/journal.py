"""What was found, one JSON line a snapshot: a line that is on the disk is what makes a snapshot counted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orjson import JSONDecodeError, dumps, loads

_CHUNK = 1 << 16


class Journal:
    """A file of lines that only grows; `end` is how many bytes of it are whole lines."""

    def __init__(self, path: Path) -> None:
        self.path, self.end = path, 0

    def open(self) -> None:
        """Make the file if there is none, and cut off a line that was not written to its end. Raises OSError."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            self.end = _last_line_end(descriptor, size)
            if self.end < size:
                os.ftruncate(descriptor, self.end)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def append(self, line: dict[str, Any]) -> None:
        """Put a line on the disk; when this returns it stays there. Raises OSError.

        The file is found by its name each time, so that it may be moved away while nobody watches.
        """
        content = dumps(line) + b"\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
            self.end = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def lines(self, start: int) -> Iterator[dict[str, Any]]:
        """The lines from byte `start` on; those that are none of ours are passed over."""
        with self.path.open("rb") as file:
            file.seek(start)
            for line in file:
                try:
                    found = loads(line)
                except JSONDecodeError:
                    continue
                if isinstance(found, dict):
                    yield found


def _last_line_end(descriptor: int, size: int) -> int:
    at = size
    while at > 0:
        start = max(0, at - _CHUNK)
        newline = os.pread(descriptor, at - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        at = start
    return 0
