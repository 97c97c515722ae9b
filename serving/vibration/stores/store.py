"""What every store of machine states does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

States = Mapping[str, bytes | None]
Change = Callable[[States], Mapping[str, "Kept"]]
"""From the states of some machines, None for those not seen before, to what is kept of each from now on."""


OLD = 400 * 86_400.0
"""Seconds after which a machine is forgotten: those of versions that are served no more are not seen again."""


class StoreError(Exception):
    """The store cannot be used; one line that says why, without credentials."""


@dataclass(frozen=True)
class Kept:
    """state: all that the next snapshot needs; told: the last answer, as the metrics tell it."""

    state: bytes
    told: bytes


class Store(Protocol):
    """The states of machines by model and machine; at most `most` machines a model, the last seen ones.

    says: what and where it is, without credentials; shared: whether it outlives this process and other processes see
    it. All methods are called from one thread and raise StoreError.
    """

    says: str
    shared: bool

    def change(self, model: str, machines: Sequence[str], change: Change) -> int:
        """Run `change` on the states of the machines while nobody else can, and keep what it returns.

        All of it or nothing is kept; an exception of `change` keeps nothing. Returns how many machines were forgotten.
        """
        ...

    def told(self, model: str) -> dict[str, tuple[float, bytes]]:
        """When each machine was seen last (Unix time), and its last answer; the last seen one first."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...
