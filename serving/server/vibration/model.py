"""One served version of a degradation model: judges snapshots, each after those of the same machine before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from serving.model_folder.vibration import VibrationFolder
from serving.server.vibration.observation import Seen
from serving.vibration.machine import Arrival, Machine, Verdict
from serving.vibration.snapshots import BadSnapshot, fingerprint
from serving.vibration.stores import Kept, Store

if TYPE_CHECKING:
    from serving.server.kinds import Kind


@dataclass(frozen=True, slots=True)
class Instance:
    """A snapshot (c, t) float32 that was checked, and what was sent with it; see Arrival."""

    machine: str
    snapshot: np.ndarray
    sequence: int | None = None
    time: float | None = None
    reset: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """The answers to the snapshots of a request, in their order; new: which of them were counted now.

    forgotten: machines that gave way to new ones.
    """

    machines: list[str]
    verdicts: list[Verdict] = field(default_factory=list)
    new: list[bool] = field(default_factory=list)
    forgotten: int = 0


class VibrationModel:
    """A model folder under the name it is served with; its machines' states are kept under `key`.

    Indicators of another version are other numbers, so each version begins with empty windows.
    """

    def __init__(self, folder: VibrationFolder, name: str) -> None:
        self.name, self.version = name, folder.version
        self.form, self.rule = folder.form, folder.rule
        self.created, self.facts, self.classifier = folder.created, folder.facts, folder.classifier
        self.key = f"{name}@{folder.version}:{folder.digest[:16]}"
        self.seen = Seen()
        self._indicator = folder.indicator

    @property
    def kind(self) -> "Kind":
        """How it is asked and described."""
        from serving.server.vibration.kind import VIBRATION

        return VIBRATION

    def judge(self, instances: Sequence[Instance], store: Store) -> Found:
        """Count the snapshots of a request, all or none; raises BadSnapshot, OutOfOrder and StoreError.

        The indicators, which take longest, are ready before the machines are locked.
        """
        indicators = self._indicators(np.stack([one.snapshot for one in instances]))
        arrivals = [
            Arrival(one.machine, value, fingerprint(one.snapshot), one.sequence, one.time, one.reset, one.warnings)
            for one, value in zip(instances, indicators, strict=True)
        ]
        found = Found([one.machine for one in instances])

        def count(states: Mapping[str, bytes | None]) -> dict[str, Kept]:
            found.verdicts.clear()
            found.new.clear()
            machines = {name: Machine(name, self.rule, state) for name, state in states.items()}
            for arrival in arrivals:
                verdict, new = machines[arrival.machine].count(arrival)
                found.verdicts.append(verdict)
                found.new.append(new)
            return {name: machine.kept() for name, machine in machines.items()}

        found.forgotten = store.change(self.key, list(dict.fromkeys(found.machines)), count)
        return found

    def _indicators(self, snapshots: np.ndarray) -> list[float]:
        with np.errstate(all="ignore"):
            found = self._indicator.of(snapshots)
        wrong = np.flatnonzero(~np.isfinite(found))
        if len(wrong):
            raise BadSnapshot(f"snapshot {wrong[0]} of the request cannot be judged: its samples are too large")
        values: list[float] = found.tolist()
        return values

    def took(self, found: Found) -> None:
        """Count what was found; on the event loop, where it is read."""
        self.seen.took(found.verdicts, found.new, found.forgotten)
