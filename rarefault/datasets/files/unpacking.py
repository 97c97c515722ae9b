"""Open a user's file, compressed or not, and refuse what cannot be read, in one line."""

import bz2
import gzip
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from rarefault.datasets.wording import listed, shown
from rarefault.errors import InputError

ACCEPTED = "a CSV or Parquet file, plain or packed as .gz, .bz2, .xz, .zst or .zip with one file in it"
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF document",
    b"ARROW1": "an Arrow or Feather file; save it as Parquet",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "a SQLite database",
}
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, pa.ArrowException, NotImplementedError)


@dataclass(frozen=True)
class Source:
    """A readable file; `packing` says how it is compressed ('' when it is not), found from its first bytes."""

    path: Path
    packing: str

    def refused(self, cause: str, accepted: str = ACCEPTED) -> InputError:
        """The one-line error for this file."""
        return InputError(f"{one_line_path(self.path)}: {cause}; accepted: {accepted}")

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """A fresh stream of the unpacked bytes; damage met while it is read is an InputError."""
        try:
            with self.path.open("rb") as raw, _unpacked(self, raw) as stream:
                yield stream
        except _BROKEN as problem:
            packed = f"damaged or truncated {self.packing} data" if self.packing else "cannot be read"
            raise self.refused(f"{packed} ({_first_line(problem)})") from problem


def find_source(path: str | Path) -> Source:
    """Look at a path before anything is read; raises InputError unless it is a readable, non-empty file."""
    path = Path(path)
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise InputError(f"{one_line_path(path)} is a folder; accepted: {ACCEPTED}")
        if not stat.S_ISREG(facts.st_mode):
            raise InputError(f"{one_line_path(path)} is a device or pipe; accepted: {ACCEPTED}")
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError as problem:
        raise InputError(f"{one_line_path(path)} does not exist; accepted: {ACCEPTED}") from problem
    except PermissionError as problem:
        raise InputError(f"{one_line_path(path)}: no permission to read it; accepted: a readable file") from problem
    except (OSError, ValueError) as problem:
        if isinstance(problem, InputError):
            raise
        raise InputError(f"{one_line_path(path)} cannot be opened ({_first_line(problem)})") from problem
    if not start:
        raise InputError(f"{one_line_path(path)} is empty; accepted: {ACCEPTED}")
    source = Source(path, next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), ""))
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise source.refused(f"is {what}")
    return source


def one_line_path(path: Path) -> str:
    """The path as it is, or escaped where it holds control characters."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def read_capped(source: Source, max_bytes: int) -> bytes:
    """All unpacked bytes; raises InputError beyond max_bytes, having read little more than that."""
    with source.opened() as stream:
        data = bytearray()
        while chunk := stream.read(1 << 20):
            data += chunk
            refuse_bomb(source, len(data), max_bytes)
        return bytes(data)


def refuse_bomb(source: Source, size: int, max_bytes: int) -> None:
    """Raise InputError when `size` bytes are more than `max_bytes`."""
    if size > max_bytes:
        raise source.refused(f"unpacks to more than {max_bytes:,} bytes", "less, or a larger max_bytes")


@contextmanager
def _unpacked(source: Source, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    if source.packing == "gzip":
        with gzip.GzipFile(fileobj=raw) as stream:
            yield cast(IO[bytes], stream)
    elif source.packing == "bzip2":
        with bz2.BZ2File(raw) as stream:
            yield stream
    elif source.packing == "xz":
        with lzma.LZMAFile(raw) as stream:
            yield stream
    elif source.packing == "zstd":
        yield cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))
    elif source.packing == "zip":
        with zipfile.ZipFile(raw) as archive, archive.open(_only_member(source, archive)) as member:
            yield member
    else:
        yield raw


def _only_member(source: Source, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    names = {info.filename for info in archive.infolist()}
    if "[Content_Types].xml" in names:
        raise source.refused("is an Excel workbook or another Office file; save the sheet as CSV")
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        found = listed((m.filename for m in members), most=3) or "none"
        raise source.refused(f"the zip holds {len(members)} files ({found})")
    if members[0].flag_bits & 0x1:
        raise source.refused(f"the file {shown(members[0].filename)} in the zip is protected by a password")
    return members[0]


def _first_line(problem: BaseException) -> str:
    lines = str(problem).splitlines()
    return (lines[0] if lines else type(problem).__name__)[:120]
