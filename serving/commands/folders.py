"""The exported folders on this machine: fetched once a version, and shown to a running server one at a time."""

import os
import shutil
import tempfile
from pathlib import Path

from rarefault.errors import InputError
from rarefault.registry.address import home
from rarefault.registry.attachments import fetch
from rarefault.registry.store import Registry, Version
from serving.deployment import PLACE
from serving.model_folder import BrokenModel, read_folder


def fetched(store: Registry, version: Version) -> Path:
    """The exported folder of a version, from the cache on this machine or the registry.

    Raises InputError where none is kept with the version, or one that cannot be served.
    """
    cache = home() / "served"
    target = cache / f"{version.name}-{version.version}-{version.run_id[:12]}"
    if _sound(target):
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as scratch:
        folder = fetch(store, version, PLACE, scratch)
        try:
            read_folder(folder)
        except BrokenModel as problem:
            raise InputError(f"version {version.version} of {version.name} cannot be served: {problem}") from problem
        shutil.rmtree(target, ignore_errors=True)
        try:
            folder.rename(target)
        except OSError:
            if not _sound(target):  # otherwise another process was faster
                raise
    return target


def _sound(folder: Path) -> bool:
    try:
        read_folder(folder)
    except BrokenModel:
        return False
    return True


class Shown:
    """A path that leads to one folder now and to another later, never to none or to a mixture."""

    def __init__(self, place: Path, folder: Path) -> None:
        self.path = place / "model"
        self.show(folder)

    def show(self, folder: Path) -> None:
        """Let the path lead to `folder` from now on."""
        scratch = self.path.with_name(".next")
        scratch.unlink(missing_ok=True)
        scratch.symlink_to(folder.absolute())
        os.replace(scratch, self.path)
