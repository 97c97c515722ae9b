"""Pieces of the one-line messages about a user's data: values shown safely, lists kept short."""

import difflib
from collections.abc import Iterable, Sequence

_WIDTH = 60


def shown(value: object) -> str:
    """Any value in quotes on one line, control characters escaped, cut after 60 characters."""
    text = str(value)
    return repr(text if len(text) <= _WIDTH else text[:_WIDTH] + "...")


def listed(values: Iterable[object], most: int = 6) -> str:
    """The first `most` values, each shown, and how many more there are."""
    values = list(values)
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(shown(v) for v in values[:most]) + more


def every(names: Iterable[object]) -> str:
    """All names, each shown: what was changed is never left out."""
    return ", ".join(shown(name) for name in names)


def counted(n: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def choices(wanted: str, names: Sequence[str]) -> str:
    """The names closest to a wrong one, or else the first of all names."""
    lowered = {name.casefold(): name for name in names}
    close = [lowered[match] for match in difflib.get_close_matches(wanted.casefold(), list(lowered), n=3)]
    return f"did you mean {listed(close)}?" if close else f"its columns are {listed(names)}"
