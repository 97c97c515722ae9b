"""Where something is in an object store: s3://BUCKET/KEY."""

import re
from dataclasses import dataclass
from typing import Self

from rarefault.errors import InputError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PART = re.compile(r"[^\x00-\x1f\x7f\\]{1,255}")
"""One name between slashes: anything that is a plain file name on every disk, but for `.` and `..`."""


@dataclass(frozen=True)
class Address:
    """A bucket and a key in it, without slashes at its ends; the key may be empty."""

    bucket: str
    key: str

    @classmethod
    def of(cls, uri: str) -> Self:
        """Read s3://BUCKET/KEY; raises InputError for anything else."""
        scheme, separator, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        key = key.strip("/")
        sound = scheme == "s3" and separator and _BUCKET.fullmatch(bucket) and (not key or is_plain(key))
        if not sound:
            hint = "; for minio:// write s3://" if scheme == "minio" else ""
            raise InputError(f"{uri!r} is no address in an object store; accepted: s3://BUCKET/FOLDER{hint}")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def below(self, name: str) -> str:
        """The key of what is called `name` in this folder."""
        return f"{self.key}/{name}" if self.key else name

    @property
    def folder(self) -> str:
        """What the keys in this folder begin with."""
        return f"{self.key}/" if self.key else ""


def is_plain(path: str) -> bool:
    """Whether a relative path has only plain names in it, so that it leads nowhere else."""
    return all(_PART.fullmatch(part) and part not in (".", "..") for part in path.split("/"))
