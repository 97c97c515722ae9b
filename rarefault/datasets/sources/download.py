"""Download the files of a data set from the zip at its public origin."""

import io
import zipfile
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from urllib.request import Request, urlopen

from rarefault.errors import InputError

MAX_BYTES = 64 << 20
_TIMEOUT = 30.0  # s without an answer
_BLOCK = 1 << 18


def fetch_members(url: str, members: Sequence[str], folder: Path) -> None:
    """Write the files `members` of the zip at `url` into `folder`; raises InputError, one line, when it cannot."""
    try:
        with zipfile.ZipFile(io.BytesIO(_read_capped(url))) as archive:
            for member in members:
                (folder / member).write_bytes(_unpacked(archive, member))
    except (OSError, HTTPException, ValueError, zipfile.BadZipFile) as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise InputError(f"could not download {url}: {reason}") from problem


def _read_capped(url: str) -> bytes:
    if not url.startswith("https://"):
        raise ValueError("only https addresses are accepted")
    request = Request(url, headers={"User-Agent": "rarefault"})
    with urlopen(request, timeout=_TIMEOUT) as response:
        if not response.url.startswith("https://"):
            raise ValueError("it was redirected away from https")
        blocks, size = [], 0
        while block := response.read(_BLOCK):
            blocks.append(block)
            size += len(block)
            if size > MAX_BYTES:
                raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    return b"".join(blocks)


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    """The archive's file called `name`, in whatever folder."""
    found = [info for info in archive.infolist() if PurePosixPath(info.filename).name == name]
    if not found:
        raise ValueError(f"the zip holds no {name}")
    if found[0].file_size > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    return archive.read(found[0])
