"""Classical augmentation: every method changes an image, keeps its kind, and draws from the seed alone."""

import random

import numpy as np
import pytest
import torch

from rarefault.datasets.images.classical import DEFAULT, METHODS, augment
from rarefault.datasets.simulators import IMAGE_SIMULATORS


@pytest.fixture(scope="module", params=[1, 3])
def screws(request):
    simulator = IMAGE_SIMULATORS["ball-screw-surface"]
    counts = {"intact": 8, "pitting": 8, "rust": 8}
    return simulator.simulate(simulator.settings(**counts, size=64, channels=request.param)).images


def test_the_methods_are_those_of_the_figure():
    assert list(METHODS) == [
        "amplify", "rotation", "flip", "translation", "elastic", "brightness", "noise", "blur", "edge",
    ]  # fmt: skip
    assert set(DEFAULT) == {"flip", "rotation", "translation", "noise"}


@pytest.mark.parametrize("method", METHODS)
def test_each_method_changes_every_image_and_keeps_its_kind(method, screws):
    made = augment(screws, len(screws), 0, (method,))
    assert made.shape == screws.shape and made.dtype == np.uint8
    originals = {image.tobytes() for image in screws}
    assert not originals & {image.tobytes() for image in made}
    assert abs(made.mean() - screws.mean()) < 0.25 * screws.mean()
    assert made.std() > 0.5 * screws.std()


@pytest.mark.parametrize("method", METHODS)
def test_a_changed_image_still_resembles_its_original(method, screws):
    made = augment(screws[:1], 4, 0, (method,)).astype(float)
    if method in ("flip", "rotation", "translation", "amplify", "elastic"):
        assert np.abs(np.sort(made.ravel())[::50] - np.sort(np.tile(screws[0], (4, 1, 1, 1)).ravel())[::50]).mean() < 25
    else:
        assert np.abs(made - screws[0]).mean() < 60


@pytest.mark.parametrize("n", [0, 1, 5, 24, 25, 300, 601])
def test_exactly_n_images(n, screws):
    assert augment(screws, n).shape == (n, *screws.shape[1:])


def test_originals_are_used_equally_often(screws):
    flat = np.stack([np.full(screws.shape[1:], 10 * k, np.uint8) for k in range(len(screws))])
    made = augment(flat, 3 * len(flat), 0, ("flip",))
    values, used = np.unique(made[:, 0, 0, 0], return_counts=True)
    assert len(values) == len(flat) and set(used) == {3}


def test_same_seed_same_images(screws):
    one, same, other = (augment(screws, 40, seed, tuple(METHODS)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_no_global_state_is_touched(screws):
    torch.manual_seed(5)
    np.random.seed(5)
    random.seed(5)
    before = torch.get_rng_state().clone(), np.random.get_state()[1].copy(), random.getstate()
    given = screws.copy()
    augment(screws, 30, 0, tuple(METHODS))
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    assert random.getstate() == before[2]
    np.testing.assert_array_equal(screws, given)


@pytest.mark.parametrize(
    ("images", "options", "reason"),
    [
        (np.zeros((2, 1, 32, 32), np.uint8), {"n": 1, "methods": ("twirl",)}, "methods must be one or more of"),
        (np.zeros((2, 1, 32, 32), np.uint8), {"n": 1, "methods": ()}, "methods must be one or more of"),
        (np.zeros((2, 1, 32, 32), np.uint8), {"n": -1}, "n must be >= 0"),
        (np.zeros((0, 1, 32, 32), np.uint8), {"n": 1}, "n must be >= 0"),
        (np.zeros((2, 1, 32, 32), np.float32), {"n": 1}, "uint8"),
    ],
)
def test_what_is_refused(images, options, reason):
    with pytest.raises(ValueError, match=reason):
        augment(images, **options)
