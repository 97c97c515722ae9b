"""Named sets of images: found, checked, read as their entry says, limited, and put into the cache."""

import shutil
from functools import lru_cache

import numpy as np
import pytest

from rarefault.datasets.catalogue import IMAGE_CATALOGUE, describe, find, get
from rarefault.datasets.images.finding import find_images
from rarefault.datasets.images.loading import limited, load_images
from rarefault.errors import InputError

SMALL = {"intact": 40, "pitting": 20, "rust": 30}
REAL = [name for name, entry in IMAGE_CATALOGUE.items() if entry.simulator is None]


@lru_cache
def loaded(folder):
    """The real set in a folder, read once for all tests."""
    return load_images(str(folder), size=32, channels=1)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rarefault" / "data"


@pytest.fixture
def no_data(monkeypatch):
    monkeypatch.delenv("RAREFAULT_DATA", raising=False)


@pytest.fixture
def in_real_data(real_data, monkeypatch):
    monkeypatch.setenv("RAREFAULT_DATA", str(real_data))
    return real_data


def refusal(call, *args, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", IMAGE_CATALOGUE)
def test_every_entry_says_what_a_user_must_know(name):
    entry = IMAGE_CATALOGUE[name]
    assert entry.name == name
    for text in (entry.title, entry.licence, entry.citation, entry.notes, entry.split, entry.grouped_by):
        assert text.strip()
    assert not entry.background or entry.background in entry.classes
    assert entry.simulator or (entry.origin.startswith("http") and entry.doi and entry.manual and entry.parts)
    assert entry.simulator or len(entry.sha256) == 64
    assert ("SIMULATED" in entry.notes) == (entry.kind == "simulated")


@pytest.mark.parametrize("name", REAL)
def test_real_sets_load_as_their_entry_says(name, in_real_data):
    images, entry = loaded(find_images(name).path), IMAGE_CATALOGUE[name]
    assert images.counts == dict(sorted(entry.classes.items()))
    assert images.facts.background == entry.background
    assert images.facts.grouped_by == entry.grouped_by and images.facts.name == name
    assert len(set(images.groups)) == {"ballscrew": 11, "neu-det": 90, "neu-patches64": 90}[name]


def test_ballscrew_leaves_out_the_screw_without_healthy_patches(in_real_data):
    images = loaded(in_real_data / "ballscrew")
    assert any("left out 128 files (pitting on a second type of screw" in told for told in images.facts.repairs)
    with_both = load_images("ballscrew", size=32, channels=1, params={"second_screw": True})
    assert with_both.counts == {"no_defect": 760, "pitting": 388}
    added = set(with_both.groups) - set(images.groups)
    assert added and not any("_crop_" in group for group in added)
    assert not any("left out" in told for told in with_both.facts.repairs)


def test_neighbouring_numbers_share_a_group(in_real_data):
    images = loaded(in_real_data / "neu_patches64")
    at = {source: group for source, group in zip(images.sources, images.groups, strict=True)}
    assert at["scratches/scratches_11_0.png"] == at["scratches/scratches_20_0.png"] == "scratches 11-20"
    assert at["background/scratches_12_0.png"] == "scratches 11-20"
    assert at["scratches/scratches_21_0.png"] == "scratches 21-30"


def test_a_doubled_image_is_told(in_real_data):
    repairs = loaded(in_real_data / "neu_det").facts.repairs
    assert "left out 1 file (the same pixels as another of its class): 'patches/patches_105.jpg'" in repairs


def test_the_folder_of_a_named_set_is_that_set(in_real_data):
    located = find_images(str(in_real_data / "neu_det"))
    assert located.entry is IMAGE_CATALOGUE["neu-det"]


def test_a_changed_set_is_refused_by_name_and_read_by_path(real_data, tmp_path, monkeypatch):
    copied = tmp_path / "data" / "neu_det"
    shutil.copytree(real_data / "neu_det", copied)
    (copied / "crazing" / "crazing_1.jpg").unlink()
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path / "data"))
    message = refusal(find_images, "neu-det")
    assert "not the folder that the catalogue knows" in message and IMAGE_CATALOGUE["neu-det"].sha256 in message
    assert load_images(str(copied), size=32, channels=1).counts["crazing"] == 149


@pytest.mark.parametrize("name", REAL)
def test_a_set_that_is_not_here_says_how_to_get_it(name, no_data, cache):
    message = refusal(find_images, name)
    entry = IMAGE_CATALOGUE[name]
    assert entry.origin in message and str(cache / name) in message and entry.sha256 in message


def test_get_copies_a_set_into_the_cache(in_real_data, cache, monkeypatch):
    assert get("neu-det") == cache / "neu-det"
    monkeypatch.delenv("RAREFAULT_DATA")
    assert find_images("neu-det").path == cache / "neu-det"
    assert get("neu-det") == cache / "neu-det"
    assert sorted(path.name for path in (cache / "neu-det").iterdir()) == sorted(IMAGE_CATALOGUE["neu-det"].parts)


def test_get_writes_a_simulated_set_that_is_read_as_a_folder(no_data, cache):
    folder = get("ball-screw-surface")
    assert folder == cache / "ball-screw-surface"
    images = load_images(str(folder), size=32, channels=3)
    assert images.counts == IMAGE_CATALOGUE["ball-screw-surface"].classes
    assert len(set(images.groups)) == 20 and images.facts.background == "intact"
    assert images.facts.notes.startswith("SIMULATED")


def test_tables_and_images_do_not_answer_for_each_other(no_data, tmp_path):
    assert "is a set of images" in refusal(find, "neu-det")
    assert "neither a folder nor a named set of images" in refusal(find_images, "secom")
    (tmp_path / "table.csv").write_text("a,b\n")
    assert "is a file; accepted: a folder" in refusal(find_images, str(tmp_path / "table.csv"))
    for odd in ("", "a\0b", "a" * 5000, "~nobody/x", "/no/such/folder"):
        assert all(name in refusal(find_images, odd) for name in IMAGE_CATALOGUE)


def test_describe_lists_images(no_data):
    rows = {row["name"]: row for row in describe()}
    assert rows["steel-surface"]["where"] == "built in"
    assert rows["ballscrew"]["where"] == "to be fetched by hand"
    assert rows["neu-det"]["size"] == "899 images of 6 classes"
    assert rows["ball-screw-surface"]["size"] == "490 images of 3 classes, 350 of them intact"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"size": 50}, "size must be a multiple of 32"),
        ({"channels": 2}, "channels must be 1"),
        ({"background": "none"}, "has no class 'none' as background"),
        ({"background": "rust"}, "its background is 'intact', got 'rust'"),
        ({"params": {"size": 64}}, "size is given apart"),
        ({"params": {"rust": 2}}, "rust must be from 8"),
        ({"params": {"holes": 2}}, "no setting 'holes'"),
        ({"group_column": "strip"}, "is grouped by position"),
        ({"limit_per_class": 3}, "limit_per_class must be 0 .no limit. or at least 8, got 3"),
        ({"limit_per_class": {"holes": 9}}, "limit_per_class names 'holes'; the classes are"),
    ],
)
def test_settings_are_checked(options, reason):
    with pytest.raises(InputError, match=reason):
        load_images("ball-screw-surface", **{"size": 32, "params": SMALL, **options})


def test_a_folder_takes_no_params(folder):
    assert "is a folder and takes none" in refusal(load_images, str(folder), params={"seed": 1})


def test_limits_keep_groups_spread_and_are_told():
    whole = load_images("ball-screw-surface", size=32, channels=1, params=SMALL)
    some, same, other = (limited(whole, {"rust": 10.0, "*": 20}, seed) for seed in (3, 3, 4))
    assert some.counts == {"intact": 20, "pitting": 20, "rust": 10}
    assert len(set(some.groups[some.labels == "rust"])) == 10
    assert some.facts.repairs[-1] == "left out by limit_per_class: 20 of 40 intact, 20 of 30 rust"
    np.testing.assert_array_equal(some.images, same.images)
    assert (some.images != other.images).any()
    assert limited(whole, 1000) is whole and limited(whole, 0) is whole
    assert limited(whole, {"rust": 8}).counts == {"intact": 40, "pitting": 20, "rust": 8}
    loaded = load_images("ball-screw-surface", size=32, channels=1, params=SMALL, limit_per_class=15, seed=3)
    assert loaded.counts == {"intact": 15, "pitting": 15, "rust": 15}
