"""SHA256SUMS: the files of a folder and their digests, which `sha256sum --check` reads too."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from rarefault.errors import InputError
from rarefault.storage.address import is_plain

SUMS = "SHA256SUMS"
"""The file that is written last: a folder without it is not complete."""
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


class DamagedError(InputError):
    """What was fetched is not what its SHA256SUMS describes."""


def digest_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but SHA256SUMS, by its path relative to it.

    Raises InputError for an empty folder, a link, and a name that not every disk and object store takes.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise InputError(f"{path} is neither a file nor a folder; accepted: plain files")
        if path.is_dir() or name == SUMS:
            continue
        if not is_plain(name):
            raise InputError(f"{str(path)!r} cannot be kept in an object store under this name")
        found[name] = digest_of(path)
    if not found:
        raise InputError(f"{str(folder)!r} is no folder with files in it")
    return found


def to_text(listed: Mapping[str, str]) -> bytes:
    """The content of SHA256SUMS; the same files always give the same bytes."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items())).encode()


def check(folder: Path) -> None:
    """Raise DamagedError unless the folder holds exactly the files that its SHA256SUMS lists, as it describes them."""
    listed = {}
    for line in (folder / SUMS).read_text(errors="replace").splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            raise DamagedError(f"{SUMS} must give a digest and a name in each line, got {line[:100]!r}")
        listed[found[2]] = found[1]
    present = digests(folder)
    for name in sorted(listed.keys() | present.keys()):
        if listed.get(name) != present.get(name):
            how = "is missing" if name not in present else "is not listed" if name not in listed else "was changed"
            raise DamagedError(f"{name} {how}: the folder is not the one that its {SUMS} describes")
