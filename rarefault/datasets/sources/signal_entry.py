"""What the catalogue knows of a set of vibration signals, and how a folder on disk is checked and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.simulators import SignalSimulator
from rarefault.datasets.sources.image_entry import NoSettings, tree_digest
from rarefault.errors import InputError
from rarefault.settings import from_params


@dataclass(frozen=True)
class SignalEntry:
    """A named set of snapshots of machines.

    kind: simulated (by this library) or real; origin: its public page; folder: its name under RAREFAULT_DATA; size: in
    words; machines: their names, empty where the settings decide; split: how to set snapshots aside; parts: what of
    the folder belongs to it; sha256: the digest of those files (see `tree_digest`); read: folder and settings ->
    snapshots, some of them declared healthy; settings: of read or of the simulator; manual: how to get it.
    """

    name: str
    title: str
    kind: Literal["simulated", "real"]
    origin: str
    licence: str
    citation: str
    folder: str
    size: str
    machines: tuple[str, ...]
    notes: str
    split: str
    doi: str = ""
    parts: tuple[str, ...] = ()
    sha256: str = ""
    read: Callable[[Path, Any], SignalSet] | None = None
    settings: type = NoSettings
    simulator: SignalSimulator | None = None
    manual: str = ""

    def load(self, path: Path | None, params: Mapping[str, Any] | None = None) -> SignalSet:
        """Read the folder at `path`, or simulate (path None), with the settings `params`.

        Raises InputError for settings that are refused.
        """
        try:
            settings: Any = from_params(self.settings, params or {})
        except ValueError as problem:
            raise InputError(f"{self.name}: {problem}") from problem
        if self.simulator is not None:
            return self.simulator.simulate(settings)
        if path is None or self.read is None:
            raise InputError(f"{self.name} is not simulated; a folder is needed")
        return self.read(path, settings)

    def present_in(self, folder: Path) -> bool:
        """Whether all its parts are in `folder`."""
        return bool(self.parts) and all((folder / part).exists() for part in self.parts)

    def altered(self, folder: Path) -> str:
        """Why the files in `folder` are not those that the catalogue knows, or '' when they are."""
        try:
            found = tree_digest(folder, self.parts)
        except OSError as problem:
            return f"it cannot be read ({problem.strerror})"
        return "" if found == self.sha256 else f"the sha256 of its files is {found}, expected {self.sha256}"
