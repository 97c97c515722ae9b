"""What ingest changed: nothing is repaired silently, and 600 columns do not make 600 sentences."""

from dataclasses import dataclass, field

from rarefault.datasets.wording import counted, every, shown


@dataclass
class Ledger:
    """Collects changes; columns that were changed in one way share one sentence that names them all.

    `units` holds the unit that was found behind the numbers of a column.
    """

    dropped: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    infinite: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def drop(self, name: str, reason: str) -> None:
        """Note that column `name` was dropped; `reason` says what it was: "constant", "dates or times"."""
        self.dropped.setdefault(reason, []).append(name)

    def note(self, name: str, change: str) -> None:
        """Note a change within column `name`."""
        self.changed.setdefault(change, []).append(name)

    def sentences(self) -> list[str]:
        """Every change, one sentence each."""
        told = [f"{change} in {every(names)}" for change, names in self.changed.items()]
        if self.infinite:
            cells = ", ".join(f"{shown(name)} ({n:,})" for name, n in self.infinite.items())
            told.append(
                f"infinite values (or beyond 1e100) became missing in {counted(len(self.infinite), 'column')}: {cells}"
            )
        for reason, names in self.dropped.items():
            told.append(f"{counted(len(names), 'column')} dropped ({reason}): {every(names)}")
        return told

    def why_empty(self) -> str:
        """The reasons, with counts, for the case that no column is left."""
        return "; ".join(f"{len(names)} dropped as {reason}" for reason, names in self.dropped.items())
