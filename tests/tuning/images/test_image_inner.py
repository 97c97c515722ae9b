"""Inner folds: nothing sees what it is judged on, one fit a fold, and only convincing generated images are used."""

import json

import numpy as np
import pytest
from surface_sets import FACTS, QUICK, Good, brighter, surfaces

from rarefault.datasets.images.splits import inner_folds_images
from rarefault.tuning.images import inner
from rarefault.tuning.images.inner import InnerBench, compare_inner, yardstick
from rarefault.tuning.images.recipes import strategies
from rarefault.tuning.images.samplers import FitGenerator, SavedGenerator
from rarefault.tuning.images.selection import best_generated, helped_images, select_images

RECIPES = strategies({"gan": "DCGAN"})


class Fitted:
    """A generator in hand; remembers nothing but what it needs to make fresh surfaces."""

    def __init__(self, collapsed=()):
        self.health_ = {name: {"collapsed": name in collapsed} for name in FACTS.defects}

    def rewind(self, block=0):
        self.block = block

    def sample(self, n, label):
        return Good()(label, n, self.block)


def marked(images):
    return {image.tobytes() for image in images}


class Spy:
    """A factory that remembers which images each generator was fitted on."""

    def __init__(self, collapsed=()):
        self.fitted_on, self.seeds, self.collapsed = [], [], collapsed

    def __call__(self, part, seed):
        self.fitted_on.append(marked(part.images))
        self.seeds.append(seed)
        return Fitted(self.collapsed)


@pytest.fixture(scope="module")
def train():
    return surfaces((20, 20, 20))


@pytest.fixture(scope="module")
def folds(train):
    return inner_folds_images(train, 5, 1, 0)


def bench(train, folds, factory, classical=brighter):
    return InnerBench(train, folds, {"gan": factory}, QUICK, classical)


def test_nothing_sees_the_images_it_is_judged_on(train, folds, tmp_path, monkeypatch):
    """Neither a generator, nor the augmentation, nor an inspector; and the judged ones are real."""
    spy, augmented, trained, judged = Spy(), [], [], []

    def classical(images, n, seed):
        augmented.append(marked(images))
        return brighter(images, n, seed)

    class Watched(inner.Inspector):
        def fit(self, images, codes, classes, progress=None):
            trained.append(marked(images))
            return super().fit(images, codes, classes, progress)

        def probabilities(self, images):
            judged.append(marked(images))
            assert not judged[-1] & trained[-1]
            return super().probabilities(images)

    monkeypatch.setattr(inner, "Inspector", Watched)
    compare_inner(bench(train, folds, spy, classical), RECIPES, tmp_path, 5, processes=1)
    held_out = [marked(train.images[fold[1]]) for fold in folds]
    assert len(spy.fitted_on) == 5
    assert len(trained) == len(judged) == 20
    for number, seen in enumerate(spy.fitted_on):
        assert not seen & held_out[number]
        assert len(seen) == len(train) - len(held_out[number])
    assert all(found in held_out for found in judged)
    real = marked(train.images)
    for images in augmented:
        assert any(not images & away for away in held_out)
        assert len(images & real) <= 20


def test_a_generator_that_saw_a_judged_image_would_have_been_noticed(train, folds):
    """The wrong order, done by hand: the check above can fail."""
    spy = Spy()
    spy(train, 0)
    assert spy.fitted_on[0] & marked(train.images[folds[0][1]])


def test_folds_that_share_images_or_groups_are_refused(train, folds):
    fit_rows, held_out = folds[0]
    with pytest.raises(ValueError, match=r"fold 0 has \[.*\] on both sides"):
        bench(train, [(np.append(fit_rows, held_out[0]), held_out)], Spy())
    with pytest.raises(ValueError, match="g0"):
        bench(train, [(np.array([0, 2]), np.array([1, 3]))], Spy())


def test_one_generator_a_fold_serves_its_strategies_and_what_is_done_is_kept(train, folds, tmp_path):
    spy = Spy()
    first = compare_inner(bench(train, folds, spy), RECIPES, tmp_path, 5, processes=1)
    assert len(set(spy.seeds)) == 5
    again = compare_inner(bench(train, folds, spy), RECIPES, tmp_path, 5, processes=1)
    assert len(spy.seeds) == 5
    assert again == first
    assert [outcome["name"] for outcome in first] == ["untouched", "classical", "gan", "gan+classical"]
    best = next(outcome for outcome in first if outcome["name"] == yardstick(first))
    assert best["inner_difference"] is None
    assert first[2]["inner_difference"]["p_better"] <= 1
    assert first[2]["folds_tried"] == 5
    assert {"objective", "macro_f1", "balanced_accuracy", "defect_recall"} <= set(first[2]["inner"])
    json.dumps(first)


def test_a_generator_that_cannot_be_fitted_fails_alone(train, folds, tmp_path):
    def broken(part, seed):
        raise ValueError("class 'pits' has 1 image")

    found = compare_inner(bench(train, folds, broken), RECIPES, tmp_path, 5, processes=1)
    assert [outcome["failed"] for outcome in found] == ["", "", *["class 'pits' has 1 image"] * 2]
    chosen = select_images(found)
    assert chosen.fates["gan"] == ("failed", "class 'pits' has 1 image")
    assert chosen.selected in ("untouched", "classical")


def test_a_collapse_in_a_fold_is_counted(train, folds, tmp_path):
    found = compare_inner(bench(train, folds, Spy(("rust",))), RECIPES, tmp_path, 5, processes=1)
    assert [outcome["collapsed"] for outcome in found] == [{}, {}, {"rust": 5}, {"rust": 5}]


def outcome(name, value, p=None, generator=None, **changes):
    known = {
        "name": name,
        "title": name.upper(),
        "generator": generator,
        "inner": {"objective": {"value": value, "low": value, "high": value}},
        "inner_difference": None if p is None else {"value": 0.05, "low": 0.0, "high": 0.1, "p_better": p},
        "folds_tried": 5,
        "collapsed": {},
        "failed": "",
    }
    return {**known, **changes}


PLAIN = [outcome("untouched", 0.7, 0.2), outcome("classical", 0.75)]


def test_the_best_without_generated_images_is_the_yardstick():
    assert yardstick(PLAIN) == "classical"
    assert select_images(PLAIN).selected == "classical"


@pytest.mark.parametrize(("p", "selected"), [(0.94, "classical"), (0.96, "gan")])
def test_generated_images_are_used_only_when_surely_better(p, selected):
    chosen = select_images([*PLAIN, outcome("gan", 0.8, p, "gan")])
    assert chosen.selected == selected
    assert chosen.fates[selected][0] == "selected"


def test_of_several_convincing_ones_the_best_wins():
    found = [*PLAIN, outcome("a", 0.81, 0.99, "a"), outcome("b", 0.85, 0.96, "b"), outcome("c", 0.9, 0.5, "c")]
    assert select_images(found).selected == "b"


@pytest.mark.parametrize(
    ("changes", "collapsed", "status", "said"),
    [
        ({"collapsed": {"pits": 1}}, {}, "dropped", "collapsed for pits and is never used"),
        ({}, {"gan": ["rust"]}, "dropped", "collapsed for rust"),
        ({"folds_tried": 4}, {}, "kept", "from 4 folds only"),
    ],
)
def test_a_collapsed_generator_or_few_folds_never_win(changes, collapsed, status, said):
    chosen = select_images([*PLAIN, outcome("gan", 0.99, 1.0, "gan", **changes)], collapsed=collapsed)
    assert chosen.selected == "classical"
    assert chosen.fates["gan"][0] == status
    assert said in chosen.fates["gan"][1]


@pytest.mark.parametrize(
    ("p", "difference", "helped", "said"),
    [
        (0.99, (0.05, 0.01, 0.09), True, "Generated images helped: GAN made +0.050 macro F1"),
        (0.99, (0.05, -0.01, 0.11), True, "probably helped"),
        (0.99, (-0.01, -0.03, 0.01), False, "looked better on the inner folds but did not help"),
        (0.5, (0.05, 0.01, 0.09), False, "are not used: the best of them, GAN, made"),
    ],
)
def test_one_honest_sentence(p, difference, helped, said):
    found = [*PLAIN, outcome("gan", 0.8, p, "gan"), outcome("other", 0.9, 0.5, "other", collapsed={"pits": 2})]
    selected = select_images(found).selected
    assert best_generated(found, selected) == "gan"
    estimate = dict(zip(("value", "low", "high"), difference, strict=True))
    told = helped_images(found, selected, estimate)
    assert told["value"] is helped
    assert said in told["sentence"]


def test_without_a_generator_it_says_so():
    assert "could be tried" in helped_images(PLAIN, "classical", None)["sentence"]


def test_a_generator_of_the_registry_is_fitted_and_saved_for_others(train, tmp_path):
    settings = {"width": 0.0625, "loops": 2, "batch": 8, "device": "cpu"}
    generator = FitGenerator("dcgan", settings)(train, 3)
    assert generator.settings.seed == 3
    generator.save(tmp_path)
    saved = SavedGenerator(str(tmp_path))
    first, again, other = saved("pits", 4, 1), saved("pits", 4, 1), saved("pits", 4, 2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(saved.identity) == 16
