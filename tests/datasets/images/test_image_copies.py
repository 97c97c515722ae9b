"""Copies of an image never stand on both sides of a split, and parts of one kind of surface are no copies."""

import io

import numpy as np
import pytest
from PIL import Image

from rarefault.datasets.images import copies
from rarefault.datasets.images.copies import near_copy_groups, pixel_hashes
from rarefault.datasets.images.reading import read_folder
from rarefault.datasets.images.splits import inner_folds_images, split_images
from rarefault.datasets.simulators import IMAGE_SIMULATORS


@pytest.fixture(scope="module")
def steel():
    simulator = IMAGE_SIMULATORS["steel-surface"]
    counts = {"background": 20, "pits": 20, "rust": 20, "scratches": 20}
    return simulator.simulate(simulator.settings(**counts, size=96)).images


def jpeg(pixels, quality=75):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


COPIES = {
    "saved as JPEG": jpeg,
    "mirrored": lambda pixels: pixels[:, ::-1],
    "turned": np.rot90,
    "turned and mirrored": lambda pixels: np.rot90(pixels)[::-1],
    "brighter": lambda pixels: np.clip(pixels * 1.1 + 8, 0, 255).astype(np.uint8),
    "saved at another size": lambda pixels: np.asarray(Image.fromarray(pixels).resize((144, 144)).resize((96, 96))),
}


@pytest.mark.parametrize("kind", COPIES)
def test_near_copies_share_a_group(kind, steel):
    changed = np.stack([COPIES[kind](image[0])[None] for image in steel])
    groups = near_copy_groups(np.concatenate([steel, changed]))
    assert (groups[: len(steel)] == groups[len(steel) :]).mean() >= 0.95
    assert len(set(groups)) <= len(steel) * 1.05


def test_different_pictures_of_one_surface_do_not(steel):
    assert len(set(near_copy_groups(steel))) == len(steel)
    shifted = np.roll(steel, 8, axis=2)
    assert len(set(near_copy_groups(np.concatenate([steel, shifted])))) == 2 * len(steel)


def test_blocks_do_not_change_the_groups(steel, monkeypatch):
    both = np.concatenate([steel, steel[:, :, ::-1]])
    whole = near_copy_groups(both)
    monkeypatch.setattr(copies, "_BLOCK", 7)
    np.testing.assert_array_equal(near_copy_groups(both), whole)


def test_plain_pictures_and_none_at_all():
    plain = np.full((5, 3, 32, 32), 100, np.uint8)
    assert len(set(near_copy_groups(plain))) == 5
    assert near_copy_groups(plain[:0]).shape == (0,)


def test_hashes_tell_pixels_apart(steel):
    hashes = pixel_hashes(steel)
    assert hashes.dtype == np.uint64 and len(set(hashes.tolist())) == len(steel)
    changed = steel.copy()
    changed[:, 0, 5, 5] ^= 1
    assert not set(pixel_hashes(changed).tolist()) & set(hashes.tolist())
    np.testing.assert_array_equal(pixel_hashes(np.asfortranarray(steel)), hashes)


def test_a_folder_full_of_copies_is_split_without_parting_them(steel, tmp_path):
    for k, image in enumerate(steel[:40]):
        place = tmp_path / ("background", "pits")[k // 20]
        place.mkdir(exist_ok=True)
        Image.fromarray(image[0]).save(place / f"{k}.png")
        Image.fromarray(np.rot90(image[0])).save(place / f"{k} turned.png")
    images = read_folder(tmp_path, size=96, channels=1)
    assert "kept 80 images that are near-copies of each other on one side of any split" in images.facts.repairs
    assert images.facts.grouped_by == ""
    source = np.array([name.split("/")[1].split()[0].removesuffix(".png") for name in images.sources])
    for train, test in [split_images(images, 0.3, 0), *inner_folds_images(images, 3, 1, 0)]:
        assert not set(source[train]) & set(source[test])


def test_near_copies_in_different_groups_are_warned_of(steel, tmp_path):
    for k, image in enumerate(steel[:20]):
        for group, pixels in (("old", image[0]), ("new", np.rot90(image[0]))):
            place = tmp_path / ("a", "b")[k // 10] / group
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(place / f"{k}.png")
    warned = read_folder(tmp_path, size=96, channels=1).facts.warnings
    assert warned == ("40 images with a near-copy in another group: a split by group can part the two",)
