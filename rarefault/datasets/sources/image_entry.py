"""What the catalogue knows of a set of images, and how a folder on disk is checked and read."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.images.listing import Listing
from rarefault.datasets.images.reading import Progress, check_shape, read_listing
from rarefault.datasets.simulators import ImageSimulator
from rarefault.errors import InputError
from rarefault.settings import from_params


@dataclass(frozen=True)
class NoSettings:
    """For a set that can be read in one way only."""


@dataclass(frozen=True)
class ImageEntry:
    """A named set of images.

    kind: simulated (by this library) or real; origin: its public page; folder: its name under RAREFAULT_DATA; classes:
    name -> images; background: the class without a defect, or empty; grouped_by: what a group is; split: how to set
    images aside; parts: what of the folder belongs to it; sha256: the digest of those files (see `tree_digest`);
    list_files: folder and settings -> what is read; settings: of list_files or of the simulator; manual: how to get it.
    """

    name: str
    title: str
    kind: Literal["simulated", "real"]
    origin: str
    licence: str
    citation: str
    folder: str
    classes: Mapping[str, int]
    background: str
    grouped_by: str
    notes: str
    split: str
    doi: str = ""
    parts: tuple[str, ...] = ()
    sha256: str = ""
    list_files: Callable[[Path, Any], Listing] | None = None
    settings: type = NoSettings
    simulator: ImageSimulator | None = None
    manual: str = ""

    @property
    def size(self) -> str:
        """How many images of how many classes, in words."""
        background = f", {self.classes[self.background]:,} of them {self.background}" if self.background else ""
        return f"{sum(self.classes.values()):,} images of {len(self.classes)} classes{background}"

    def load(
        self,
        path: Path | None,
        *,
        size: int,
        channels: int,
        background: str = "",
        params: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> ImageSet:
        """Read the folder at `path`, or simulate (path None), with the settings `params`.

        An empty background means the set's own. Raises InputError for settings that are refused.
        """
        check_shape(size, channels)
        if background and background not in self.classes:
            raise InputError(f"{self.name} has no class {background!r} as background; its classes: {[*self.classes]}")
        if path is None:
            return self._simulated(size, channels, background, params or {})
        assert self.list_files is not None  # only a simulated set has none
        listing = self.list_files(path, self._settings(self.settings, params or {}))
        listing.grouped_by = self.grouped_by
        return read_listing(
            listing,
            size=size,
            channels=channels,
            name=self.name,
            background=background or self.background,
            where=self.name,
            notes=self.notes,
            progress=progress,
        )

    def _simulated(self, size: int, channels: int, background: str, params: Mapping[str, Any]) -> ImageSet:
        if self.simulator is None:
            raise InputError(f"{self.name} is not simulated; a folder is needed")
        taken = sorted({"size", "channels"} & set(params))
        if taken:
            raise InputError(f"{self.name}: {', '.join(taken)} is given apart and is no setting of the simulator")
        if background not in ("", self.background):
            raise InputError(f"{self.name}: its background is {self.background!r}, got {background!r}")
        shape = {"size": size, "channels": channels}
        return self.simulator.simulate(self._settings(self.simulator.settings, {**params, **shape}))

    def _settings(self, kind: type, params: Mapping[str, Any]) -> Any:
        try:
            return from_params(kind, params)
        except ValueError as problem:
            raise InputError(f"{self.name}: {problem}") from problem

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


def tree_digest(folder: Path, parts: tuple[str, ...] = (".",)) -> str:
    """SHA-256 of the files below the named parts of a folder: their relative paths and their bytes, sorted by path."""
    digest = hashlib.sha256()
    for file in tree_files(folder, parts):
        with (folder / file).open("rb") as opened:
            line = f"{file}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def tree_files(folder: Path, parts: tuple[str, ...] = (".",)) -> list[str]:
    """The relative paths of the files below the named parts (files or folders), sorted, hidden ones left out."""
    found: set[str] = set()
    for part in parts:
        here = folder / part
        files = [here] if here.is_file() else [file for file in here.rglob("*") if file.is_file()]
        found |= {file.relative_to(folder).as_posix() for file in files}
    return sorted(file for file in found if not any(piece.startswith(".") for piece in file.split("/")))
