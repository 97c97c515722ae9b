"""The six tasks of section 3.4 and the mixtures of the translation paper, with the numbers of their tables."""

import numpy as np
import pytest
from surface_sets import FACTS, Good, brighter, surfaces

from rarefault.datasets.images.image_set import ImageSet
from rarefault.tuning.images.recipes import Recipe, classically_balanced, real_and_generated, six_tasks, strategies

GAN = {"gan": Good(), "gan-on-classical": Good(1)}


@pytest.fixture(scope="module")
def paper():
    """Table 4's training set: 700 intact, 100 pitting, 128 rust; pixels tell who an image is from."""
    labels = np.repeat(np.array(FACTS.classes, dtype=object), (700, 100, 128))
    return ImageSet(np.full((928, 1, 32, 32), 1, dtype=np.uint8), labels, FACTS)


class Marks:
    """Samplers and an augmentation whose images carry a mark: 2 generated, 3 by the second GAN, +10 classical."""

    samplers = {"gan": lambda label, n, seed: Marks.of(n, 2), "gan-on-classical": lambda label, n, seed: Marks.of(n, 3)}  # noqa: RUF012

    @staticmethod
    def of(n, mark):
        return np.full((n, 1, 32, 32), mark, dtype=np.uint8)

    @staticmethod
    def classical(images, n, seed):
        return images[np.arange(n) % len(images)] + np.uint8(10)


def makeup(built, label):
    """How many images of a class bear each mark."""
    values, counts = np.unique(built.of(label)[:, 0, 0, 0], return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("task", "pits", "rust"),
    [
        ("1-original", {1: 100}, {1: 128}),
        ("2-gan", {1: 100, 2: 600}, {1: 128, 2: 572}),
        ("3-replaced", {2: 700}, {2: 700}),
        ("4-classical", {1: 100, 11: 600}, {1: 128, 11: 572}),
        ("5-classical-gan", {1: 100, 3: 600}, {1: 128, 3: 572}),
        ("6-gan-classical", {1: 100, 2: 100, 11: 300, 12: 200}, {1: 128, 2: 100, 11: 272, 12: 200}),
    ],
)
def test_the_six_tasks_have_the_papers_numbers(paper, task, pits, rust):
    recipe = next(recipe for recipe in six_tasks() if recipe.name == task)
    built = recipe.build(paper, Marks.samplers, 0, Marks.classical)
    assert makeup(built, "intact") == {1: 700}
    assert makeup(built, "pits") == pits
    assert makeup(built, "rust") == rust


def test_three_times_as_many_generated_ones(paper):
    real, added = real_and_generated({"gan": "DCGAN"})
    assert real.build(paper, {}, 0).counts == {"intact": 700, "pits": 100, "rust": 128}
    assert added.build(paper, Marks.samplers, 0).counts == {"intact": 700, "pits": 400, "rust": 512}
    assert added.title == "Real + 3x DCGAN"


def test_where_little_is_lacking_half_of_it_is_left_to_classical_augmentation():
    built = six_tasks()[5].build(surfaces((24, 10, 24)), Marks.samplers, 0, Marks.classical)
    assert built.counts == {"intact": 24, "pits": 24, "rust": 24}
    assert makeup(built, "pits")[2] == 7


def test_what_a_gan_on_classical_images_is_fitted_on(paper):
    built = classically_balanced(paper, 0, Marks.classical)
    assert built.counts == {"intact": 700, "pits": 700, "rust": 700}


@pytest.mark.parametrize("recipe", [*six_tasks(), *strategies({"gan": "DCGAN"})], ids=lambda recipe: recipe.name)
def test_the_same_seed_builds_the_same_images(recipe):
    real = surfaces()
    first, second, other = (recipe.build(real, GAN, seed, brighter) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, second.images)
    assert first.labels.tolist() == second.labels.tolist()
    assert len(first) == len(real) or not np.array_equal(first.images, other.images)


def test_the_images_themselves_are_never_changed():
    real = surfaces()
    before = real.images.copy()
    for recipe in six_tasks():
        built = recipe.build(real, GAN, 0, brighter)
        if recipe.keep_real:
            np.testing.assert_array_equal(built.images[: len(real)], real.images)
    np.testing.assert_array_equal(real.images, before)


def test_classes_get_images_of_their_own():
    """Two classes with the same lack must not be asked for with the same seed."""
    seeds = []

    def sampler(label, n, seed):
        seeds.append(seed)
        return Marks.of(n, 2)

    Recipe("r", "r", "gan").build(surfaces((20, 5, 5)), {"gan": sampler}, 0)
    assert len(set(seeds)) == 2


@pytest.mark.parametrize(
    ("recipe", "samplers", "said"),
    [
        (Recipe("r", "r", "gan"), {}, "needs sampler 'gan'"),
        (
            Recipe("r", "r", "gan"),
            {"gan": lambda label, n, seed: Marks.of(n - 1, 2)},
            r"expected uint8 \(14, 1, 32, 32\)",
        ),
        (Recipe("r", "r", "gan"), {"gan": lambda label, n, seed: Marks.of(n, 2) / 2}, "gave float64"),
    ],
)
def test_wrong_samplers_are_refused(recipe, samplers, said):
    with pytest.raises(ValueError, match=said):
        recipe.build(surfaces(), samplers, 0)


@pytest.mark.parametrize(
    ("settings", "said"), [({"amount": "times"}, "number must be > 0"), ({"keep_real": False}, "has no sampler")]
)
def test_wrong_recipes_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Recipe("r", "r", **settings)
