"""The signal artifact: snapshots of a machine's vibration, as signals.npz with a JSON sidecar."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

ARRAYS, SIDECAR = "signals.npz", "signals.json"
STATES = ("healthy", "slight", "severe")


@dataclass(frozen=True)
class SignalFacts:
    """What the snapshots mean.

    rate: samples a second, Hz; channels: names; unit: of the samples, empty when unknown; notes say where the signals
    come from (a simulation says so here) and repairs lists what ingest changed or left out, one sentence each. timed:
    the times are known; else they only count the snapshots of a machine.
    """

    rate: float
    channels: tuple[str, ...] = ("vibration",)
    unit: str = ""
    name: str = "signals"
    notes: str = ""
    repairs: tuple[str, ...] = ()
    timed: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.rate < float("inf"):
            raise ValueError(f"rate must be > 0 samples a second, got {self.rate}")
        if not self.channels or len(set(self.channels)) != len(self.channels):
            raise ValueError(f"channels must be one or more different names, got {self.channels}")

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "SignalFacts":
        """Read what `to_json` wrote."""
        return cls(**{**values, "channels": tuple(values["channels"]), "repairs": tuple(values["repairs"])})


@dataclass(frozen=True)
class SignalSet:
    """Snapshots in the order of time, machine by machine.

    snapshots: (n, c, t) float32, c channels of t samples; times: (n,) float64, seconds since the machine's start
    (or the snapshot's number, see SignalFacts);
    machines: (n,) texts; healthy: (n,) bool, declared healthy and free to learn from; states: (n,) texts, the true
    state where it is known (else empty texts); onsets: machine -> index (within its own snapshots) of the first
    snapshot with damage, where it is known; files: (n,) texts, the file within the folder that each was read from.
    """

    snapshots: np.ndarray
    times: np.ndarray
    machines: np.ndarray
    healthy: np.ndarray
    facts: SignalFacts
    states: np.ndarray | None = None
    onsets: dict[str, int] = field(default_factory=dict)
    files: np.ndarray | None = None

    def __post_init__(self) -> None:
        shape = self.snapshots.shape
        if self.snapshots.dtype != np.float32 or len(shape) != 3 or shape[1] != len(self.facts.channels):
            wanted = f"float32 (n, {len(self.facts.channels)}, samples)"
            raise ValueError(f"snapshots must be {wanted}, got {self.snapshots.dtype} {shape}")
        for name in ("times", "machines", "healthy", "states", "files"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.snapshots):
                raise ValueError(f"there are {len(self.snapshots)} snapshots but {len(values)} {name}")

    def __len__(self) -> int:
        return len(self.snapshots)

    @property
    def names(self) -> list[str]:
        """The machines, in the order of their first snapshots."""
        return list(dict.fromkeys(self.machines.tolist()))

    def rows(self, index: np.ndarray) -> "SignalSet":
        """The snapshots at integer positions `index` (or where a boolean mask is true), in their order.

        An onset counts the snapshots that are left; it is gone where none with damage is.
        """
        positions = np.arange(len(self))[index]
        onsets = {}
        for name, onset in self.onsets.items():
            own = np.flatnonzero(self.machines == name)
            kept = np.isin(own, positions)
            if kept[onset:].any():
                onsets[name] = int(kept[:onset].sum())
        return replace(
            self,
            snapshots=self.snapshots[index],
            times=self.times[index],
            machines=self.machines[index],
            healthy=self.healthy[index],
            states=None if self.states is None else self.states[index],
            onsets=onsets,
            files=None if self.files is None else self.files[index],
        )

    def of(self, machine: str) -> "SignalSet":
        """The snapshots of one machine."""
        return self.rows(self.machines == machine)

    def write(self, folder: str | Path) -> None:
        """Write signals.npz and signals.json into `folder`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {
            "snapshots": self.snapshots,
            "times": self.times.astype(np.float64),
            "machines": self.machines.astype(str),
            "healthy": self.healthy.astype(bool),
        }
        for name in ("states", "files"):
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name).astype(str)
        np.savez(folder / ARRAYS, **arrays)
        sidecar = {"count": len(self), "facts": self.facts.to_json(), "onsets": self.onsets}
        (folder / SIDECAR).write_text(json.dumps(sidecar, indent=1))

    @classmethod
    def read(cls, folder: str | Path) -> "SignalSet":
        """Read what `write` wrote."""
        sidecar = json.loads((Path(folder) / SIDECAR).read_text())
        with np.load(Path(folder) / ARRAYS, allow_pickle=False) as arrays:
            return cls(
                arrays["snapshots"],
                arrays["times"],
                arrays["machines"].astype(object),
                arrays["healthy"],
                SignalFacts.from_json(sidecar["facts"]),
                arrays["states"].astype(object) if "states" in arrays else None,
                dict(sidecar["onsets"]),
                arrays["files"].astype(object) if "files" in arrays else None,
            )
