"""A table on its way through the data contract: which columns play which part, which rows are left."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from rarefault.datasets.cleaning.labels import Labels, read_labels
from rarefault.datasets.cleaning.times import read_times
from rarefault.datasets.files.names import tidy_names
from rarefault.datasets.files.numerals import is_missing
from rarefault.datasets.table import row_hashes
from rarefault.datasets.wording import choices, counted, every, shown
from rarefault.errors import InputError

_NO_GROUP = "missing"


@dataclass(frozen=True)
class Roles:
    """Which columns are no features: the label, what to leave out, what to split by."""

    label: str
    drop: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None

    def columns(self) -> list[str]:
        """All of them, each once."""
        named = (self.label, *self.drop, self.group, self.time)
        return list(dict.fromkeys(name for name in named if name is not None))

    def required_in(self, names: Sequence[str], where: str) -> "Roles":
        """The roles with the names as the table spells them; raises InputError for one that it lacks."""
        tidy = Roles(
            _tidy(self.label),
            tuple(dict.fromkeys(map(_tidy, self.drop))),
            None if self.group is None else _tidy(self.group),
            None if self.time is None else _tidy(self.time),
        )
        for name in tidy.columns():
            if name not in names:
                kinds = {tidy.label: "label column", tidy.group: "group column", tidy.time: "time column"}
                raise InputError(f"{where} has no {kinds.get(name, 'column')} {shown(name)}; {choices(name, names)}")
        if tidy.label in (*tidy.drop, tidy.group, tidy.time):
            raise InputError(f"{where}: {shown(tidy.label)} is the label; accepted: other columns to drop or split by")
        return tidy


def _tidy(name: str) -> str:
    return " ".join(name.split())


@dataclass
class Draft:
    """Features (n, d), y (n,) and what belongs to each row; `told` grows with every change."""

    where: str
    features: pd.DataFrame
    y: np.ndarray
    classes: np.ndarray
    rows: np.ndarray
    labels: Labels
    times: np.ndarray | None
    groups: np.ndarray | None
    told: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def keep(self, index: np.ndarray) -> None:
        """Keep only the rows at the positions `index`."""
        self.features = self.features.iloc[index].reset_index(drop=True)
        self.y, self.classes, self.rows = self.y[index], self.classes[index], self.rows[index]
        self.times = None if self.times is None else self.times[index]
        self.groups = None if self.groups is None else self.groups[index]

    def require(self, min_rows: int, min_faults: int, when: str = "") -> None:
        """Raise InputError when too few rows, faulty or good, are left."""
        n, faults = len(self.y), int(self.y.sum())
        column = f"the label column {shown(self.labels.column)}"
        if n < min_rows:
            raise InputError(f"{self.where} has {counted(n, 'row')} with a label{when}; accepted: at least {min_rows}")
        classes = ((faults, "faulty", self.labels.positive), (n - faults, "good", self.labels.negative))
        for count, kind, value in classes:
            if count < min_faults:
                found = f"{counted(count, f'{kind} row')} ({shown(value)} in {column}){when}"
                raise InputError(f"{self.where} has {found}; accepted: at least {min_faults}")

    def drop_duplicates(self) -> None:
        """Keep the first of rows that are equal in every feature and in the label.

        When the features are so coarse that as many equal rows come about by chance, all are kept, with a warning:
        dropping them would change how frequent faults are.
        """
        hashes = row_hashes(self.features)
        rows = pd.DataFrame({"features": hashes, "y": self.y})
        again = rows.duplicated().to_numpy()
        both = int(rows[~again]["features"].duplicated().sum())
        if both:
            pairs = f"{both:,} faulty and {both:,} good {'row' if both == 1 else 'rows'}"
            self.warnings.append(f"{pairs} are equal in every feature; both were kept")
        if not again.any():
            return
        told = f"{counted(int(again.sum()), 'exact duplicate')} ({again.mean():.1%} of the rows"
        told += f", {int(self.y[again].sum()):,} of them faulty)"
        sizes = rows.value_counts().to_numpy()
        chance = _pairs_by_chance(self.features, self.y) >= _pairs(sizes) / 2
        if chance:
            self.warnings.append(f"{told} kept: values as coarse as these are equal by chance as often")
            return
        self.told.append(f"{told} dropped")
        self.keep(np.flatnonzero(~again))


def _pairs(sizes: np.ndarray) -> float:
    """How many pairs of equal rows there are, given how often each row occurs."""
    return float((sizes * (sizes - 1.0) / 2).sum())


def _pairs_by_chance(features: pd.DataFrame, y: np.ndarray) -> float:
    """Expected pairs of equal rows if the columns had nothing to do with each other."""
    n = len(y)
    expected = _pairs(np.bincount(y))
    for name in features.columns:
        expected *= _pairs(features[name].value_counts(dropna=False).to_numpy()) / (n * (n - 1) / 2)
    return expected


def start(frame: pd.DataFrame, roles: Roles, positive: object | None, where: str) -> Draft:
    """Read label, time and group of a frame; raises InputError for columns it lacks and labels it cannot use."""
    frame, renamed = _named(frame, where)
    roles = roles.required_in(list(frame.columns), where)
    labels = read_labels(frame[roles.label], positive, where)
    rows = np.flatnonzero(labels.kept)
    told = [*renamed, *labels.repairs]
    if roles.drop:
        told.append(f"{counted(len(roles.drop), 'column')} left out on request: {every(roles.drop)}")
    frame = frame if labels.kept.all() else frame.iloc[rows]
    features = frame.copy(deep=False)
    for name in roles.columns():
        del features[name]  # unlike drop, this copies nothing
    groups = None if roles.group is None else _groups(frame[roles.group], told)
    times, said = (None, []) if roles.time is None else read_times(frame[roles.time], where)
    draft = Draft(where, features, labels.y, labels.codes, rows, labels, times, groups, told, [*labels.warnings, *said])
    if roles.time is not None and times is not None:
        _drop_timeless(draft, roles.time, times)
    return draft


def _named(frame: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    try:
        names, renamed = tidy_names(frame.columns)
    except ValueError as problem:
        raise InputError(f"{where}: {problem}; accepted: column names that differ") from problem
    frame = frame.copy(deep=False)
    frame.columns = pd.Index(names, dtype=object)
    return frame, renamed


def _drop_timeless(draft: Draft, time: str, times: np.ndarray) -> None:
    gaps = pd.isna(times)
    if gaps.any():
        draft.told.append(f"{counted(int(gaps.sum()), 'row')} without a time in {shown(time)} dropped")
        draft.keep(np.flatnonzero(~gaps))
    draft.told.append(f"column {shown(time)} gives the time order and is no feature")


def _groups(values: pd.Series, told: list[str]) -> np.ndarray:
    """Group names, (n,) object; rows without one form a group of their own."""
    codes, levels = pd.factorize(values.astype(object).map(str).where(values.notna(), None))
    names = np.array([None if is_missing(level) else level.strip() for level in levels] + [None], dtype=object)
    groups: np.ndarray = names[codes]
    gaps = np.array([name is None for name in groups])
    told.append(f"column {shown(values.name)} gives the groups and is no feature")
    if gaps.any():
        told.append(f"{counted(int(gaps.sum()), 'row')} without a group form a group of their own, {_NO_GROUP!r}")
        groups[gaps] = _NO_GROUP
    return groups
