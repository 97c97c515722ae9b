"""A data set in an object store: fetched for as long as it is read."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rarefault.errors import InputError

SCHEME = "s3://"


@contextmanager
def at_hand(data: str, folder: bool = False) -> Iterator[str]:
    """`data` as a path or name on this machine; s3://BUCKET/KEY is fetched into a place that is gone afterwards.

    Raises InputError where there is no such object, where it is a folder and not a file (with `folder`: a file and not
    a folder), and where the store cannot be asked.
    """
    if not data.startswith(SCHEME):
        yield data
        return
    from rarefault.storage import fetch

    with tempfile.TemporaryDirectory(prefix="rarefault-data-") as place:
        found = fetch(data, Path(place) / "data")
        if found.is_file() == folder:
            raise InputError(f"{data} is {'a file; accepted: a folder' if folder else 'a folder; accepted: one file'}")
        yield str(found)
