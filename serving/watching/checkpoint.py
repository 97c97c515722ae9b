"""What need not be read from the journal again: written whole or not at all, and held by one program at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orjson import JSONDecodeError, dumps, loads

from rarefault.errors import InputError

FORMAT = "rarefault-monitor-1"


@dataclass
class Checkpoint:
    """Everything known after the first `journal` bytes of the journal.

    model: the fingerprint of the model; machines: states by name; last: of each machine the file counted last; files:
    of each file that was dealt with its size, time of change in ns, and the fingerprint of its samples, empty where it
    gave none.
    """

    model: str
    journal: int = 0
    machines: dict[str, str] = field(default_factory=dict)
    last: dict[str, list[Any]] = field(default_factory=dict)
    files: dict[str, list[Any]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Put it in the file's place. Raises OSError."""
        scratch = path.with_name(f".{path.name}.new")
        with scratch.open("wb") as file:
            file.write(dumps({"format": FORMAT, **asdict(self)}))
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @classmethod
    def read(cls, path: Path) -> "Checkpoint | None":
        """The checkpoint in a file, None where there is none; raises InputError for another file."""
        try:
            found = loads(path.read_bytes())
            if found.pop("format") == FORMAT:
                return cls(**found)
        except FileNotFoundError:
            return None
        except (JSONDecodeError, AttributeError, KeyError, TypeError):
            pass
        raise InputError(f"{path} is no state of a monitor; accepted: another --out, or move that file away")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the file for this program alone; raises InputError, one line, while another does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as problem:
        raise InputError(f"{path} cannot be written ({problem.strerror}); accepted: another --out") from problem
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise InputError(
                f"another monitor writes {path.stem}; accepted: another --out, or stop that one"
            ) from problem
        yield
    finally:
        os.close(descriptor)
