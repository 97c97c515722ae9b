"""No group on both sides of a split, every class on both, shares close to those asked for."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rarefault.datasets.images.image_set import ImageFacts, ImageSet
from rarefault.datasets.images.splits import inner_folds_images, split_images
from rarefault.errors import InputError


def image_set(labels, groups=None, classes=None):
    labels = np.array(labels, dtype=object)
    facts = ImageFacts(tuple(classes or sorted(set(labels.tolist()))))
    groups = None if groups is None else np.array(groups, dtype=object)
    return ImageSet(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, facts, groups)


sets = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=8, max_size=80)


@settings(max_examples=150, deadline=None)
@given(rows=sets, test_size=st.floats(0.1, 0.6), seed=st.integers(0, 5))
def test_no_group_is_on_both_sides(rows, test_size, seed):
    images = image_set([label for label, _ in rows], [f"g{group}" for _, group in rows])
    try:
        train, test = split_images(images, test_size, seed)
    except InputError:
        return
    assert not set(images.groups[train]) & set(images.groups[test])
    np.testing.assert_array_equal(np.sort(np.r_[train, test]), np.arange(len(images)))
    assert set(images.labels[train]) == set(images.labels[test]) == set(images.facts.classes)


@settings(max_examples=150, deadline=None)
@given(rows=sets, folds=st.integers(2, 4), seed=st.integers(0, 5))
def test_no_group_is_on_both_sides_of_a_fold(rows, folds, seed):
    images = image_set([label for label, _ in rows], [f"g{group}" for _, group in rows])
    try:
        parts = inner_folds_images(images, folds, 2, seed)
    except InputError:
        return
    assert len(parts) == 2 * folds
    for train, valid in parts:
        assert not set(images.groups[train]) & set(images.groups[valid])
        assert set(images.labels[train]) == set(images.labels[valid]) == set(images.facts.classes)
    for repeat in (parts[:folds], parts[folds:]):
        validated = np.concatenate([valid for _, valid in repeat])
        np.testing.assert_array_equal(np.sort(validated), np.arange(len(images)))


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(8, 60), min_size=2, max_size=5), test_size=st.floats(0.15, 0.5))
def test_single_images_are_stratified_to_the_image(counts, test_size):
    labels = [f"c{k}" for k, n in enumerate(counts) for _ in range(n)]
    images = image_set(labels)
    assume(all(0 < round(test_size * n) < n for n in counts))
    _, test = split_images(images, test_size, 0)
    held = images.rows(test).counts
    for k, n in enumerate(counts):
        assert abs(held[f"c{k}"] - test_size * n) <= 0.5 + 1e-9


def test_folds_are_even():
    images = image_set(["a"] * 300 + ["b"] * 31, [f"s{k // 3}" for k in range(331)])
    for _, valid in inner_folds_images(images, 5, 2, 0):
        held = images.rows(valid).counts
        assert abs(held["a"] - 60) <= 6 and abs(held["b"] - 6.2) <= 3


def test_seeds_and_repeats_give_other_parts():
    images = image_set(["a", "b"] * 40)
    same = [split_images(images, 0.25, seed)[1] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(same[0], same[1])
    assert set(same[0]) != set(same[2])
    parts = inner_folds_images(images, 4, 3, 0)
    assert len({tuple(valid) for _, valid in parts}) == 12


def test_thousands_of_groups_take_no_time():
    rng = np.random.default_rng(0)
    images = image_set(rng.choice(list("abcde"), 6000), rng.integers(4000, size=6000).astype(str))
    _, test = split_images(images, 0.3, 0)
    assert all(abs(held / images.counts[name] - 0.3) < 0.01 for name, held in images.rows(test).counts.items())
    inner_folds_images(images, 5, 1, 0)


def test_a_class_in_one_group_cannot_be_split():
    images = image_set(["a"] * 10 + ["b"] * 9, [f"s{k}" for k in range(10)] + ["one"] * 9)
    with pytest.raises(InputError, match=r"a split needs at least 2 groups with images of class 'b', got 1 \(9 images"):
        split_images(images, 0.3, 0)
    with pytest.raises(InputError, match="3 inner folds need at least 3 groups with images of class 'b', got 1"):
        inner_folds_images(images, 3, 1, 0)


def test_groups_that_cannot_be_parted_are_refused():
    labels = ["a", "b", "b", "c", "c", "a"]
    with pytest.raises(InputError, match="no split by group leaves images of every class"):
        split_images(image_set(labels, ["1", "1", "2", "2", "3", "3"]), 0.5, 0)


@pytest.mark.parametrize(("name", "value"), [("test_size", 0), ("test_size", 1), ("folds", 1), ("repeats", 0)])
def test_settings_are_checked(name, value):
    call = split_images if name == "test_size" else inner_folds_images
    with pytest.raises(ValueError, match=name):
        call(image_set(["a", "b"] * 10), **{name: value})
