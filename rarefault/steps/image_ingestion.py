"""Read a set of images, check it, and set the test images aside."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import progress
from rarefault.datasets.images.copies import pixel_hashes
from rarefault.datasets.images.finding import find_images
from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.images.loading import Limit, load_images
from rarefault.datasets.images.splits import inner_folds_images, split_images
from rarefault.datasets.sources.image_entry import tree_digest
from rarefault.datasets.sources.object_store import SCHEME, at_hand
from rarefault.errors import InputError
from rarefault.presets import TRANSLATION, setting
from rarefault.steps.record import recorded, write_json


@recorded
def ingest_images(
    data: str,
    train: str,
    test: str,
    facts: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    size: int = 0,
    channels: int = 0,
    background: str = "",
    group_column: str = "",
    limit_per_class: Limit = 0,
    data_params: Mapping[str, Any] | None = None,
    test_size: float = 0.25,
    folds: int = 0,
    seed: int = 0,
    fingerprint: str = "",
) -> dict[str, float]:
    """Write the training images to folder `train`, the test images to `test`, and what was found to folder `facts`.

    `data` is a folder, s3://BUCKET/FOLDER or a catalogue name. size, channels and folds of 0 take the preset's; the
    training images must allow that many inner folds. limit_per_class: the most images of a class, 0 for all, or class
    -> most ("*": every other class). fingerprint, if given, is what `folder_fingerprint` must find. The facts are
    data.json, and held_out.npy and training.npy, the uint64 fingerprints of the pixels of the test and training
    images. Raises InputError, one line, for a set that cannot be used.
    """
    folds = int(setting(pipeline, preset, "folds", folds))
    with at_hand(data, folder=True) as here:
        check_unchanged(here, fingerprint)
        images = load_images(
            here,
            size=int(setting(pipeline, preset, "image_size", size)),
            channels=int(setting(pipeline, preset, "channels", channels)),
            background=background,
            group_column=group_column,
            params=data_params,
            limit_per_class=setting(pipeline, preset, "limit_per_class", limit_per_class),
            seed=seed,
            progress=progress.watch("ingest_images", "images"),
        )
    if pipeline == TRANSLATION and not images.facts.background:
        raise InputError(
            f"{data}: {TRANSLATION} paints defects on clean surfaces and needs a class without a defect; name it with "
            f"background=CLASS, one of {', '.join(images.facts.classes)}"
        )
    try:
        learned, held_out = (images.rows(rows) for rows in split_images(images, test_size, seed))
    except InputError as problem:
        raise InputError(f"{data}: {problem}") from problem
    try:
        inner_folds_images(learned, folds, 1, seed)
    except InputError as problem:
        raise InputError(f"{data}: in the training images, {problem}") from problem
    return _set_aside(learned, held_out, train, test, facts)


def _set_aside(learned: ImageSet, held_out: ImageSet, train: str, test: str, facts: str) -> dict[str, float]:
    """Write both parts and what is known of them."""
    learned.write(train)
    held_out.write(test)
    place = Path(facts)
    place.mkdir(parents=True, exist_ok=True)
    hashes = [pixel_hashes(part.images) for part in (learned, held_out)]
    np.save(place / "training.npy", hashes[0], allow_pickle=False)
    np.save(place / "held_out.npy", hashes[1], allow_pickle=False)
    known = learned.facts
    counts = {
        "rows": len(learned) + len(held_out),
        "faults": _defects(learned) + _defects(held_out),
        "test_rows": len(held_out),
        "test_faults": _defects(held_out),
    }
    codes = np.concatenate([learned.codes, held_out.codes])
    write_json(
        place / "data.json",
        {
            "name": known.name,
            "notes": known.notes,
            "fingerprint": content_fingerprint(np.concatenate(hashes), codes, known.classes),
            **counts,
            "train_rows": len(learned),
            "train_faults": _defects(learned),
            "classes": {name: {"train": n, "test": held_out.counts[name]} for name, n in learned.counts.items()},
            "background": known.background,
            "shape": list(learned.images.shape[1:]),
            "groups": {"train": _groups(learned), "test": _groups(held_out)},
            "split": f"by {known.grouped_by}" if known.grouped_by else "stratified, near-copies together",
            "repairs": list(known.repairs),
            "warnings": list(known.warnings),
        },
    )
    return {name: float(count) for name, count in counts.items()}


def _defects(images: ImageSet) -> int:
    return int((images.labels != images.facts.background).sum())


def _groups(images: ImageSet) -> int:
    return len(images) if images.groups is None else len(set(images.groups.tolist()))


def check_unchanged(data: str, fingerprint: str) -> None:
    """Raise InputError where the folder behind `data` has another fingerprint than the one given (if any)."""
    if fingerprint and folder_fingerprint(data) != fingerprint:
        raise InputError(f"{data} changed while the run was starting; start it again")


def folder_fingerprint(data: str) -> str:
    """SHA-256 over the names and bytes of all files behind a folder or a catalogue name; empty for a simulated set.

    For s3:// it is empty too: the folder is only read when the run begins.
    """
    if data.startswith(SCHEME):
        return ""
    path = find_images(data).path
    if path is None:
        return ""
    try:
        return tree_digest(path)
    except OSError as problem:
        raise InputError(f"{data} cannot be read: {problem.filename} ({problem.strerror})") from problem


def content_fingerprint(hashes: np.ndarray, codes: np.ndarray, classes: tuple[str, ...]) -> str:
    """A 16-digit fingerprint of the pixels, their classes and the classes' names; the order does not matter."""
    digest = hashlib.sha256("\x1f".join(classes).encode())
    keyed = hashes ^ ((codes.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    digest.update(np.sort(keyed).tobytes())
    return digest.hexdigest()[:16]
