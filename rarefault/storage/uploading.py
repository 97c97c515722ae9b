"""A folder -> an object store, complete or not there at all."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from minio.error import S3Error

from rarefault.errors import InputError
from rarefault.storage.address import Address
from rarefault.storage.server import Server, StorageError
from rarefault.storage.sums import SUMS, digests, to_text

_DIGEST = "sha256"
_DIGEST_HEADER = f"x-amz-meta-{_DIGEST}"


@dataclass(frozen=True)
class Uploaded:
    """Where a folder is now; sent: files that were copied this time; kept: those that were there already."""

    uri: str
    sent: int
    kept: int


def upload_folder(folder: str | Path, uri: str, server: Server | None = None) -> Uploaded:
    """Copy the files of `folder` below s3://BUCKET/FOLDER, its SHA256SUMS last.

    A reader that waits for SHA256SUMS never sees half a folder. Stopped in the middle, by whatever, the same call goes
    on where it was; what is there already is not sent again, and a complete folder of the same files not at all.
    Raises StorageError when the server cannot be asked, and InputError for a folder that cannot be kept and for an
    address where other files are: what is there is never overwritten.
    """
    source, address = Path(folder), Address.of(uri)
    server = server or Server()
    found = digests(source)
    marker = (source / SUMS).read_bytes() if (source / SUMS).is_file() else to_text(found)
    if not address.key:
        raise InputError(f"{uri!r} names a bucket; accepted: a folder in it, such as {uri.rstrip('/')}/models")
    server.check(address)
    sent = 0
    for name, digest in found.items():
        try:
            sent += _put(server, address, source / name, name, digest)
        except StorageError as problem:
            raise StorageError(
                f"{problem} ({list(found).index(name)} of {len(found)} files of {address} are there, but it counts as "
                "absent without the last; the same call goes on from here)"
            ) from problem
    _put_marker(server, address, marker)
    return Uploaded(str(address), sent, len(found) - sent)


def _put(server: Server, address: Address, path: Path, name: str, digest: str) -> bool:
    """Copy one file unless it is there; whether it was copied."""
    key = address.below(name)
    with server.told(address):
        there = _digest_there(server, address.bucket, key)
        if there == digest:
            return False
        if there is not None:
            raise _occupied(address, name)
        server.client.fput_object(address.bucket, key, str(path), metadata={_DIGEST: digest})
        return True


def _put_marker(server: Server, address: Address, marker: bytes) -> None:
    with server.told(address):
        there = _content_there(server, address.bucket, address.below(SUMS))
        if there is None:
            server.client.put_object(address.bucket, address.below(SUMS), BytesIO(marker), len(marker))
        elif there != marker:
            raise _occupied(address, SUMS)


def _digest_there(server: Server, bucket: str, key: str) -> str | None:
    """The digest kept with an object; empty where none is, None where there is no object."""
    try:
        headers = server.client.stat_object(bucket, key).metadata or {}
    except S3Error as problem:
        if problem.code == "NoSuchKey":
            return None
        raise
    return next((str(value) for name, value in headers.items() if name.lower() == _DIGEST_HEADER), "")


def _content_there(server: Server, bucket: str, key: str) -> bytes | None:
    try:
        answer = server.client.get_object(bucket, key)
    except S3Error as problem:
        if problem.code == "NoSuchKey":
            return None
        raise
    try:
        return bytes(answer.read())
    finally:
        answer.close()
        answer.release_conn()


def _occupied(address: Address, name: str) -> InputError:
    return InputError(f"another {name} is at {address} already and stays; accepted: an address where nothing is")
