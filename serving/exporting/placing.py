"""Put a finished folder in its place, whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rarefault.errors import InputError
from serving.model_folder.files import MODEL


def check_target(target: Path) -> None:
    """Raise InputError unless `target` is free, an empty folder, or a model folder, which may be replaced."""
    if not target.exists():
        return
    if not target.is_dir() or (any(target.iterdir()) and not (target / MODEL).is_file()):
        raise InputError(f"{str(target)!r} is no model folder; accepted: a new path, or a model folder to replace")


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A hidden folder beside `target` to write to; it takes the target's place when the block ends without error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=".export-", dir=target.parent))
    staging, former = workplace / "new", workplace / "former"
    staging.mkdir()
    try:
        yield staging
        _swap(staging, target, former)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _swap(staging: Path, target: Path, former: Path) -> None:
    if target.is_dir():
        os.rename(target, former)
    try:
        os.rename(staging, target)
    except OSError:
        if former.exists():
            os.rename(former, target)
        raise
