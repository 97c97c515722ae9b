"""How much a request may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """rows: of a table; images: in a request; pixels: of all images of a request together, as they were sent.

    snapshots: of machines, in a request.
    """

    rows: int = 10_000
    images: int = 256
    pixels: int = 1 << 24
    snapshots: int = 256
