"""States in this process alone: gone with it, and unknown to any other."""

import time
from collections.abc import Sequence

from serving.vibration.stores.store import Change, Kept


class MemoryStore:
    """most: machines a model."""

    says, shared = "memory", False

    def __init__(self, most: int) -> None:
        self._most = most
        self._models: dict[str, dict[str, tuple[float, Kept]]] = {}

    def change(self, model: str, machines: Sequence[str], change: Change) -> int:
        """See Store."""
        known = self._models.setdefault(model, {})
        states = {machine: known[machine][1].state if machine in known else None for machine in machines}
        for machine, kept in change(states).items():
            known.pop(machine, None)  # the order is that in which they were seen
            known[machine] = (time.time(), kept)
        forgotten = list(known)[: max(0, len(known) - self._most)]
        for machine in forgotten:
            del known[machine]
        return len(forgotten)

    def told(self, model: str) -> dict[str, tuple[float, bytes]]:
        """See Store."""
        known = self._models.get(model, {})
        return {machine: (seen, kept.told) for machine, (seen, kept) in reversed(known.items())}

    def close(self) -> None:
        """See Store."""
