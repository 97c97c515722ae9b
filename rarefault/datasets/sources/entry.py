"""What the catalogue knows of a data set, and how a file on disk is checked and read."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from rarefault.datasets.simulators import TableSimulator
from rarefault.errors import InputError
from rarefault.settings import from_params


@dataclass(frozen=True)
class Loaded:
    """A data set as read.

    frame: features, label and, if there is one, the time column; label and positive: the label's column and faulty
    value; units: feature -> unit; notes: what must be said wherever the data are shown; repairs: what was left out
    and why, one sentence each; time_column: gives the order of the rows and is no feature, or None.
    """

    frame: pd.DataFrame
    label: str
    positive: str
    units: Mapping[str, str]
    notes: str
    repairs: tuple[str, ...]
    time_column: str | None = None


@dataclass(frozen=True)
class Form:
    """One form in which a data set may lie in a folder.

    files: their names, the main one first; read: main file -> frame, raising ValueError for what does not parse;
    sha256: of the main file, or empty where line endings differ from copy to copy; content: then the digest of the
    values in content_columns (all when empty); url: a zip at the public origin that holds the files, or empty.
    """

    files: tuple[str, ...]
    read: Callable[[Path], pd.DataFrame]
    sha256: str = ""
    content: str = ""
    content_columns: tuple[str, ...] = ()
    url: str = ""

    def present_in(self, folder: Path) -> bool:
        """Whether all its files are in `folder`."""
        return all((folder / name).is_file() for name in self.files)

    def altered(self, folder: Path) -> str:
        """Why the files in `folder` are not those that the catalogue knows, or '' when they are."""
        path = folder / self.files[0]
        try:
            found = file_sha256(path) if self.sha256 else self._content_found(path)
        except OSError as problem:
            return f"it cannot be read ({problem.strerror})"
        kind, expected = ("sha256", self.sha256) if self.sha256 else ("content digest", self.content)
        return "" if found == expected else f"its {kind} is {found}, expected {expected}"

    def _content_found(self, path: Path) -> str:
        try:
            return content_digest(self.read(path), self.content_columns)
        except ValueError:
            return "none (it does not parse)"


@dataclass(frozen=True)
class Entry:
    """A named data set.

    kind: simulated (by this library), synthetic (by its author) or real; origin: its public page; folder: its name
    under RAREFAULT_DATA; dropped: column -> why it must not be an input; units: feature -> unit, where known; split:
    how to set test rows aside; manual: how to get it by hand where no form can be downloaded.
    """

    name: str
    title: str
    kind: Literal["simulated", "synthetic", "real"]
    origin: str
    licence: str
    citation: str
    folder: str
    rows: int
    faults: int
    label: str
    positive: str
    notes: str
    split: str
    doi: str = ""
    forms: tuple[Form, ...] = ()
    simulator: TableSimulator | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    time_column: str | None = None
    manual: str = ""

    def load(self, path: Path | None, params: Mapping[str, Any] | None = None) -> Loaded:
        """Read the file at `path`, or simulate (path None) with the simulator's settings `params`.

        Raises InputError for settings given to a file or refused by the simulator.
        """
        if path is None:
            return self._simulated(params or {})
        if params:
            raise InputError(f"{self.name} is not simulated and takes no settings, got {sorted(params)}")
        form = next((form for form in self.forms if form.files[0] == path.name), None)
        if form is None:
            known = ", ".join(form.files[0] for form in self.forms)
            raise InputError(
                f"{self.name} is not read from a file called {path.name!r}; accepted: {known or 'no file'}"
            )
        frame = form.read(path)
        reasons: dict[str, list[str]] = {}
        for name in (name for name in self.dropped if name in frame):
            reasons.setdefault(self.dropped[name], []).append(name)
        repairs = tuple(f"left out {', '.join(map(repr, names))}: {why}" for why, names in reasons.items())
        frame = frame.drop(columns=[name for names in reasons.values() for name in names])
        return Loaded(frame, self.label, self.positive, self.units, self.notes, repairs, self.time_column)

    def _simulated(self, params: Mapping[str, Any]) -> Loaded:
        if self.simulator is None:
            raise InputError(f"{self.name} is not simulated; a file is needed")
        try:
            settings: Any = from_params(self.simulator.settings, params)
        except ValueError as problem:
            raise InputError(f"{self.name}: {problem}") from problem
        frame = self.simulator.simulate(settings)
        return Loaded(frame, self.label, self.positive, self.units, self.notes, ())


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_digest(frame: pd.DataFrame, columns: tuple[str, ...] = ()) -> str:
    """SHA-256 of the values, times as seconds and numbers to four decimals, in row order.

    Equal for copies that differ in line endings, quotes or trailing zeros only.
    """
    digest = hashlib.sha256()
    for name in columns or tuple(frame.columns):
        values = frame[name]
        if values.dtype.kind == "M":
            plain = values.to_numpy().astype("datetime64[s]").astype(np.int64)
        else:
            plain = np.rint(np.nan_to_num(values.to_numpy(np.float64), nan=-9e9) * 1e4).astype(np.int64)
        digest.update(plain.astype("<i8").tobytes())
    return digest.hexdigest()
