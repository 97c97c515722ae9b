"""Read a user's folder of images: find the files, decode them, drop copies, and check what is left."""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from rarefault.datasets.files.unpacking import one_line_path
from rarefault.datasets.images.changes import Changes
from rarefault.datasets.images.copies import near_copy_groups, without_copies
from rarefault.datasets.images.give_aways import give_aways
from rarefault.datasets.images.image_set import SIDECAR, ImageFacts, ImageSet
from rarefault.datasets.images.index_file import INDEX, list_indexed
from rarefault.datasets.images.listing import ACCEPTED, Listed, Listing, list_class_folders, plain
from rarefault.datasets.images.picture import Picture, UnusableError, read_picture
from rarefault.datasets.wording import counted, listed, shown
from rarefault.errors import InputError

Progress = Callable[[int, int], None]
MIN_PER_CLASS = 8
MAX_BYTES = 2 << 30
BACKGROUNDS = ("background", "intact", "good", "ok", "normal", "nodefect", "defectfree", "healthy", "clean")
"""What a class without defects is usually called, without case and punctuation."""
_DEPTHS = (255, 1_023, 4_095, 16_383, 65_535)


def read_folder(
    path: str | Path,
    *,
    size: int,
    channels: int,
    background: str = "",
    group_column: str = "",
    progress: Progress | None = None,
) -> ImageSet:
    """The images in a folder with one sub-folder per class, or with an index.csv (file,label[,group]).

    Every picture becomes (channels, size, size) uint8; size: a multiple of 32; channels: 1 or 3. background: the class
    without a defect; if empty, the one class with such a name as "background", "good" or "intact". Groups come from
    CLASS/GROUP/FILE or from the column `group_column` (default: group) of the index; where there are none, near-copies
    make them. Files that are left out are named in the facts' repairs. Raises InputError, one line, when no set of at
    least two classes of 8 images can be had.
    """
    root = Path(path)
    where = one_line_path(root)
    if os.path.isfile(root / INDEX):
        listing = list_indexed(root, group_column)
    else:
        listing = list_class_folders(root)
        if group_column:
            raise InputError(
                f"group_column {shown(group_column)} names a column of an index.csv, but {where} has no index.csv; "
                "accepted: CLASS/GROUP/FILE folders, or an index.csv"
            )
    written = _written_facts(root)
    if written is not None and not background:
        background = written.background
    return read_listing(
        listing,
        size=size,
        channels=channels,
        name=plain(root.resolve().name) or "images",
        background=background or _usual_background(listing),
        where=where,
        notes=written.notes if written is not None else "A folder of images.",
        progress=progress,
    )


def read_listing(
    listing: Listing,
    *,
    size: int,
    channels: int,
    name: str,
    background: str,
    where: str,
    notes: str,
    progress: Progress | None = None,
) -> ImageSet:
    """Read the listed files as the set `name`; `where` names it in errors. Raises as `read_folder` does."""
    check_shape(size, channels)
    changes = listing.changes
    _require_files(listing.files, size * size * channels, where, changes)
    files, pictures = _pictures(listing.files, size, channels, changes, progress)
    images = _eight_bits(pictures, (channels, size, size), changes)
    kept = without_copies(images, [file.label for file in files], [file.name for file in files], where, changes)
    files, pictures, images = [files[at] for at in kept], [pictures[at] for at in kept], images[kept]
    labels = [file.label for file in files]
    check_classes(Counter(labels), background, where, changes.why_empty())
    groups, warnings = _groups(files, images, bool(listing.grouped_by), changes)
    facts = ImageFacts(
        classes=tuple(sorted(set(labels))),
        background=background,
        name=name,
        notes=notes,
        repairs=changes.sentences(),
        warnings=(*warnings, *give_aways(labels, [picture.origin for picture in pictures])),
        grouped_by=listing.grouped_by,
    )
    return ImageSet(images, _texts(labels), facts, _texts(groups), _texts([file.name for file in files]))


def _written_facts(root: Path) -> ImageFacts | None:
    """What `ImageSet.write` noted beside its images, so that a simulated set stays labelled as such."""
    try:
        return ImageFacts.from_json(json.loads((root / SIDECAR).read_text(encoding="utf-8"))["facts"])
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it is somebody else's file
        return None


def _usual_background(listing: Listing) -> str:
    """The one class that is called like a background, or empty."""
    names = {file.label for file in listing.files}
    usual = [name for name in names if "".join(filter(str.isalnum, name.casefold())) in BACKGROUNDS]
    if len(usual) != 1:
        return ""
    listing.changes.tell(f"took class {shown(usual[0])} as the background, by its name")
    return usual[0]


def check_shape(size: int, channels: int) -> None:
    """Raise InputError unless size is a multiple of 32 from 32 to 1024 and channels is 1 or 3."""
    if size % 32 or not 32 <= size <= 1024:
        raise InputError(f"size must be a multiple of 32 from 32 to 1024 pixels, got {size}")
    if channels not in (1, 3):
        raise InputError(f"channels must be 1 (grey) or 3 (RGB), got {channels}")


def check_classes(counts: Mapping[str, int], background: str, where: str, left_out: str = "") -> None:
    """Raise InputError unless there are two classes of at least 8 images each and the background is one of them."""
    because = f" ({left_out})" if left_out else ""
    found = ", ".join(f"{shown(name)} with {n:,}" for name, n in sorted(counts.items()))
    if not counts:
        raise InputError(f"{where} holds no images{because}; accepted: {ACCEPTED}")
    if len(counts) < 2:
        raise InputError(f"{where} has a single class, {found} images{because}; accepted: two classes or more")
    if background and background not in counts:
        raise InputError(
            f"{where} has no class {shown(background)}, which was named as the background; its classes: "
            f"{listed(sorted(counts))}"
        )
    few = [name for name, n in sorted(counts.items()) if n < MIN_PER_CLASS]
    if few:
        have = ", ".join(f"class {shown(name)} has {counted(counts[name], 'image')}" for name in few[:6])
        raise InputError(f"{where}: {have}{because}; needed: at least {MIN_PER_CLASS} usable images in each class")


def _require_files(files: Sequence[Listed], pixels: int, where: str, changes: Changes) -> None:
    if not files:
        because = f" ({changes.why_empty()})" if changes.left_out else ""
        raise InputError(f"{where} holds no images{because}; accepted: {ACCEPTED}")
    if len(files) * pixels > MAX_BYTES:
        raise InputError(
            f"{where} holds {len(files):,} files, more than {MAX_BYTES >> 30} GiB at {pixels:,} bytes each; accepted: "
            "fewer files, a smaller size or 1 channel"
        )


def _pictures(
    files: Sequence[Listed], size: int, channels: int, changes: Changes, progress: Progress | None
) -> tuple[list[Listed], list[Picture]]:
    kept, pictures = [], []
    for done, file in enumerate(files, 1):
        try:
            picture = read_picture(file.path, size, channels)
        except UnusableError as problem:
            changes.leave_out(str(problem), file.name)
        else:
            kept.append(file)
            pictures.append(picture)
            for change in picture.changes:
                changes.change(change)
        if progress is not None:
            progress(done, len(files))
    return kept, pictures


def _eight_bits(pictures: Sequence[Picture], shape: tuple[int, int, int], changes: Changes) -> np.ndarray:
    """All pixels (n, c, h, w) uint8; deep pictures by one scale for all, so that they stay comparable."""
    deep = [picture for picture in pictures if picture.top]
    top = max((picture.top for picture in deep), default=0.0)
    depth = next(depth for depth in _DEPTHS if depth >= top)
    if deep:
        changes.change(f"scaled the values 0 to {depth:,} of {{}} with more than 8 bits to 0 to 255", len(deep))
    images = np.empty((len(pictures), *shape), dtype=np.uint8)
    for at, picture in enumerate(pictures):
        images[at] = np.rint(picture.pixels * (255 / depth)).clip(0, 255) if picture.top else picture.pixels
    return images


def _groups(
    files: Sequence[Listed], images: np.ndarray, grouped: bool, changes: Changes
) -> tuple[list[str], list[str]]:
    """A group for each image, and warnings about near-copies in different groups."""
    copies = near_copy_groups(images).tolist()
    members = Counter(copies)
    alike = sum(n for n in members.values() if n > 1)
    if not grouped:
        if alike:
            changes.tell(f"kept {counted(alike, 'image')} that are near-copies of each other on one side of any split")
        return [f"copies {k}" if members[k] > 1 else f"image {at}" for at, k in enumerate(copies)], []
    groups = [file.group or f"image {at}" for at, file in enumerate(files)]
    spread: dict[int, set[str]] = {}
    for k, group in zip(copies, groups, strict=True):
        spread.setdefault(k, set()).add(group)
    across = sum(members[k] for k, where in spread.items() if len(where) > 1)
    warned = f"{counted(across, 'image')} with a near-copy in another group: a split by group can part the two"
    return groups, [warned] if across else []


def _texts(values: Sequence[str]) -> np.ndarray:
    return np.array(values, dtype=object)
