"""Which code made a model."""

import functools
import hashlib
from pathlib import Path

import rarefault

_ROOMS = ("rarefault", "serving")


@functools.cache
def code_fingerprint() -> str:
    """A 10-digit fingerprint of the source files of the library and of the exporter beside it."""
    root = Path(rarefault.__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (root / room).rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def code_version() -> str:
    """The library's version and the fingerprint of its source, such as 0.1.0+3f2a91c07d."""
    return f"{rarefault.__version__}+{code_fingerprint()}"
