"""Column names made fit to print: no surrounding spaces, no line breaks, none empty, none twice."""

from collections import Counter
from collections.abc import Iterable

from rarefault.datasets.wording import counted, listed, shown

_MOST_SHOWN = 12


def tidy_names(names: Iterable[object]) -> tuple[list[str], list[str]]:
    """The names to use and what was changed, one sentence each; raises ValueError when two become the same."""
    found = [str(name) for name in names]
    tidy = [" ".join(name.replace("\ufeff", "").split()).removeprefix("#").strip() for name in found]
    trimmed = [(old, new) for old, new in zip(found, tidy, strict=True) if new and old != new]
    empty = [i for i, name in enumerate(tidy) if not name]
    changes = []
    if trimmed:
        pairs = ", ".join(f"{shown(old)} to {shown(new)}" for old, new in trimmed[:_MOST_SHOWN])
        more = f" and {len(trimmed) - _MOST_SHOWN} more" if len(trimmed) > _MOST_SHOWN else ""
        changes.append(f"spaces removed from {counted(len(trimmed), 'column name')}: {pairs}{more}")
    for i in empty:
        tidy[i] = f"column_{i + 1}"
        changes.append(f"column {i + 1} has no name and is called {shown(tidy[i])}")
    repeated = [name for name, count in Counter(tidy).items() if count > 1]
    if repeated:
        raise ValueError(f"the column names {listed(repeated)} occur more than once")
    return tidy, changes
