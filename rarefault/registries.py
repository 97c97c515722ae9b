"""Names -> classes, imported only when asked for, so that listing what exists costs nothing."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

from rarefault.errors import InputError

T = TypeVar("T")


class LazyRegistry(Mapping[str, type[T]], Generic[T]):
    """A mapping from names to classes; `entries` gives each as "module:Class".

    Looking a name up imports its module. An unknown name raises InputError (a ValueError) with the known ones.
    """

    def __init__(self, kind: str, entries: Mapping[str, str]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._entries:
            raise InputError(f"unknown {self.kind} {name!r}; known {self.kind}s: {', '.join(sorted(self._entries))}")
        module, _, attribute = self._entries[name].partition(":")
        return cast("type[T]", getattr(import_module(module), attribute))

    def get(self, name: str, default: Any = None) -> Any:
        """The class called `name`, or `default` when there is none."""
        return self[name] if name in self._entries else default

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
