"""The folder's files: model.json, the weights, and SHA256SUMS, which `sha256sum --check` reads too."""

import hashlib
import json
import re
import stat
from pathlib import Path
from typing import Any

from serving.errors import BrokenModel

MODEL, SUMS = "model.json", "SHA256SUMS"
MOST_FILES = 32
LARGEST_JSON, LARGEST_WEIGHTS = 16 << 20, 256 << 20
"""Bytes that model.json and each other file may hold."""
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]{0,99})")


def read_files(folder: Path) -> dict[str, bytes]:
    """The content of every file that SHA256SUMS lists, by name; SHA256SUMS itself is among them.

    Raises BrokenModel for a file that is missing, too large, no plain file, or not what SHA256SUMS says.
    """
    sums = _content(folder, SUMS, 200 * MOST_FILES)
    files = {SUMS: sums}
    for name, digest in _listed(sums).items():
        files[name] = _content(folder, name, LARGEST_JSON if name == MODEL else LARGEST_WEIGHTS)
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise BrokenModel(f"{name} is not the file that {SUMS} describes: it is incomplete or was changed")
    return files


def write_sums(folder: Path) -> None:
    """Write SHA256SUMS over the files in `folder`."""
    names = sorted(path.name for path in folder.iterdir())
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / SUMS).write_text("".join(lines))


def parse_json(content: bytes) -> Any:
    """The values in model.json; raises BrokenModel for what is not JSON, NaN and infinity among it."""
    try:
        values = json.loads(content.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(values, ensure_ascii=False).encode("utf-8")  # half a surrogate pair could not be sent to a client
    except (ValueError, RecursionError) as problem:
        raise BrokenModel(f"{MODEL} is not usable JSON: {str(problem)[:120]}") from problem
    return values


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _listed(sums: bytes) -> dict[str, str]:
    """Digest by file name."""
    listed: dict[str, str] = {}
    if not sums.endswith(b"\n"):
        raise BrokenModel(f"{SUMS} is incomplete: its last line does not end")
    for line in sums.decode("ascii", errors="replace").splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[2] in (*listed, SUMS):
            raise BrokenModel(f"{SUMS} must give each file's SHA-256 and plain name once, got {line[:160]!r}")
        listed[found[2]] = found[1]
    if MODEL not in listed or len(listed) > MOST_FILES:
        raise BrokenModel(f"{SUMS} must list {MODEL} and at most {MOST_FILES} files, got {len(listed)}")
    return listed


def _content(folder: Path, name: str, most: int) -> bytes:
    path = folder / name
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for ever
            raise BrokenModel(f"{name} in {str(folder)!r} is not a plain file")
        if status.st_size > most:
            raise BrokenModel(f"{name} has {status.st_size} bytes; accepted: at most {most}")
        return path.read_bytes()
    except OSError as problem:
        raise BrokenModel(f"{name} in {str(folder)!r} cannot be read: {problem.strerror or problem}") from problem
