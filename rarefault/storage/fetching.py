"""An object store -> a file or folder on this disk, complete or not there at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minio.datatypes import Object
from minio.error import S3Error

from rarefault.errors import InputError
from rarefault.storage.address import Address, is_plain
from rarefault.storage.server import Server
from rarefault.storage.sums import SUMS, DamagedError, check


def fetch(uri: str, target: str | Path, server: Server | None = None) -> Path:
    """Copy s3://BUCKET/KEY into folder `target` and return the path: `target`/NAME for one file, else `target` itself.

    A folder takes the target's place only when all of it has come, and, where it has a SHA256SUMS, is as that says.
    Raises StorageError when the server cannot be asked; InputError where nothing is, for a target that has files in
    it, and for names that are no plain paths; DamagedError for a folder that is incomplete or was changed.
    """
    address, place = Address.of(uri), Path(target)
    server = server or Server()
    server.check(address)
    with server.told(address):
        names = _names(server, address)
    if not names and not _is_file(server, address):
        raise InputError(f"there is nothing at {address}; accepted: a file or a folder in bucket {address.bucket!r}")
    if names and place.is_dir() and any(place.iterdir()):
        raise InputError(f"{str(place)!r} has files in it; accepted: a new folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=place.parent) as scratch:
        if names:
            return _folder(server, address, names, Path(scratch) / "folder", place)
        return _file(server, address, Path(scratch) / "file", place)


def _names(server: Server, address: Address) -> list[str]:
    """The paths below a folder, relative to it; raises InputError for one that could lead elsewhere."""
    keys = [found.object_name or "" for found in _listed(server, address)]
    names = [key.removeprefix(address.folder) for key in keys if not key.endswith("/")]
    for name in names:
        if not is_plain(name):
            raise InputError(f"{address} holds {name!r}, which is no plain path; it was not fetched")
    return sorted(names)


def _listed(server: Server, address: Address) -> Iterator[Object]:
    yield from server.client.list_objects(address.bucket, prefix=address.folder, recursive=True)


def _is_file(server: Server, address: Address) -> bool:
    if not address.key:
        return False
    with server.told(address):
        try:
            server.client.stat_object(address.bucket, address.key)
        except S3Error as problem:
            if problem.code == "NoSuchKey":
                return False
            raise
    return True


def _folder(server: Server, address: Address, names: list[str], scratch: Path, place: Path) -> Path:
    for name in names:
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        with server.told(address):
            server.client.fget_object(address.bucket, address.below(name), str(scratch / name))
    if SUMS in names:
        try:
            check(scratch)
        except DamagedError as problem:
            raise DamagedError(f"{address}: {problem}; accepted: a folder that was uploaded whole") from problem
    shutil.rmtree(place, ignore_errors=True)  # an empty one
    os.rename(scratch, place)
    return place


def _file(server: Server, address: Address, scratch: Path, place: Path) -> Path:
    with server.told(address):
        server.client.fget_object(address.bucket, address.key, str(scratch))
    place.mkdir(parents=True, exist_ok=True)
    path = place / address.key.rpartition("/")[2]
    os.replace(scratch, path)
    return path
