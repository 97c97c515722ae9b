"""Images by path or by catalogue name, all of them or only some of each class."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rarefault.datasets.images.finding import find_images
from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.images.reading import MIN_PER_CLASS, Progress, check_classes, read_folder
from rarefault.datasets.wording import listed
from rarefault.errors import InputError

Limit = int | Mapping[str, int]
"""The most images of any class, or class -> most, "*" for every class not named; 0: no limit."""


def load_images(
    data: str,
    *,
    size: int = 96,
    channels: int = 3,
    background: str = "",
    group_column: str = "",
    params: Mapping[str, Any] | None = None,
    limit_per_class: Limit = 0,
    seed: int = 0,
    progress: Progress | None = None,
) -> ImageSet:
    """The images of a folder or of a named set, each (channels, size, size) uint8.

    A path wins over a name. background: the class without a defect; empty means the named set's own. params: settings
    of a simulator or of a named set. limit_per_class keeps some images of each class, drawn by seed. Raises InputError,
    one line, as `read_folder` and the catalogue do.
    """
    for limit in limit_per_class.values() if isinstance(limit_per_class, Mapping) else (limit_per_class,):
        _whole(limit)
    located = find_images(data)
    if located.entry is None:
        if params:
            raise InputError(f"params are settings of a named set; {data} is a folder and takes none")
        assert located.path is not None  # only a simulated set has no folder
        images = read_folder(
            located.path,
            size=size,
            channels=channels,
            background=background,
            group_column=group_column,
            progress=progress,
        )
    else:
        if group_column:
            by = located.entry.grouped_by
            raise InputError(f"{located.entry.name} is grouped by {by}; group_column is for a folder with an index.csv")
        images = located.entry.load(
            located.path, size=size, channels=channels, background=background, params=params, progress=progress
        )
    return limited(images, limit_per_class, seed)


def limited(images: ImageSet, limit_per_class: Limit, seed: int = 0) -> ImageSet:
    """At most so many images of each class, drawn by seed from as many groups as possible; the order is kept.

    Raises InputError for a class that is not there and for a limit below 8.
    """
    counts = images.counts
    if isinstance(limit_per_class, Mapping):
        unknown = sorted(set(limit_per_class) - set(counts) - {"*"})
        if unknown:
            raise InputError(f"limit_per_class names {listed(unknown)}; the classes are {listed(counts)}")
        limits = {name: _whole(limit_per_class.get(name, limit_per_class.get("*", 0))) for name in counts}
    else:
        limits = dict.fromkeys(counts, _whole(limit_per_class))
    dropped = {name: counts[name] - limit for name, limit in limits.items() if limit and counts[name] > limit}
    if not dropped:
        return images
    rng = np.random.default_rng([seed, 2])
    keep = np.ones(len(images), dtype=bool)
    for name in dropped:
        rows = np.flatnonzero(images.labels == name)
        keep[rows] = False
        keep[_spread(rows, images.groups, limits[name], rng)] = True
    kept = images.rows(keep)
    check_classes(kept.counts, images.facts.background, images.facts.name)
    told = ", ".join(f"{n:,} of {counts[name]:,} {name}" for name, n in dropped.items())
    repairs = (*kept.facts.repairs, f"left out by limit_per_class: {told}")
    return replace(kept, facts=replace(kept.facts, repairs=repairs))


def _whole(limit: float) -> int:
    if limit != int(limit) or limit < 0 or 0 < limit < MIN_PER_CLASS:
        raise InputError(f"limit_per_class must be 0 (no limit) or at least {MIN_PER_CLASS}, got {limit}")
    return int(limit)


def _spread(rows: np.ndarray, groups: np.ndarray | None, n: int, rng: np.random.Generator) -> np.ndarray:
    """n of the rows: one of each group in turn, groups and rows in random order."""
    rows = rng.permutation(rows)
    if groups is None:
        return rows[:n]
    names = np.array([str(group) for group in groups[rows]])
    _, code = np.unique(names, return_inverse=True)
    order = np.argsort(code, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(code[order])) + 1]
    turn = np.empty(len(rows), dtype=np.int64)  # the how manieth of its group a row is
    turn[order] = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    return rows[np.lexsort((rng.permutation(int(code.max()) + 1)[code], turn))[:n]]
