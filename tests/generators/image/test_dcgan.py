"""What the DCGAN and the LSGAN learn, and what they say when they do not."""

import numpy as np
import pytest
import torch

from rarefault.errors import InputError
from rarefault.generators.image.dcgan import DCGAN, LSGAN, DCGANSettings
from rarefault.generators.image.dcgan_fit import training_images
from rarefault.generators.image.dcgan_networks import Discriminator
from rarefault.generators.image.placement import Placement

TINY = {"width": 1 / 16, "latent": 16, "batch": 8, "k_d": 1, "k_g": 1, "ema": 0.9, "device": "cpu"}


def disks(n, seed=0):
    """A dark disk somewhere on a surface of some brightness, (n, 1, 32, 32) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32]
    cx, cy, r, light = rng.uniform([[8], [8], [3], [120]], [[24], [24], [8], [200]], (4, n))[..., None, None]
    images = light - 100 * (np.hypot(x - cx, y - cy) < r) + rng.normal(0, 6, (n, 32, 32))
    return images[:, None].clip(0, 255).astype(np.uint8)


def fitted(kind=DCGAN, images=None, **changes):
    images = disks(24) if images is None else images
    return kind.from_params({**TINY, **changes}).fit(images, np.full(len(images), "pits", dtype=object))


def frechet(a, b):
    """The distance between normal distributions of the images' means over 8 x 8 cells (Heusel et al., 2017)."""
    means, roots = [], []
    for images in (a, b):
        cells = images.reshape(len(images), 8, 4, 8, 4).mean(axis=(2, 4)).reshape(len(images), -1)
        means.append(cells.mean(0))
        roots.append(np.cov(cells, rowvar=False))
    values = np.linalg.eigvals(roots[0] @ roots[1])
    cross = np.sqrt(np.clip(values.real, 0, None)).sum()
    return float(((means[0] - means[1]) ** 2).sum() + np.trace(roots[0]) + np.trace(roots[1]) - 2 * cross)


def test_the_settings_default_to_the_papers():
    s = DCGANSettings()
    assert (s.latent, s.width, s.loops, s.batch, s.k_d, s.k_g, s.lr, s.beta1) == (100, 1.0, 30_000, 50, 4, 3, 2e-4, 0.5)
    assert (s.label_real, s.label_fake, s.dropout) == (0.85, 0.15, 0.25)
    assert s.noise > 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"latent": 0}, "latent must be >= 1, got 0"),
        ({"batch": 1}, "batch must be >= 2, got 1"),
        ({"width": 0.0}, "width must be > 0, got 0.0"),
        ({"lr": -1.0}, "lr must be > 0, got -1.0"),
        ({"dropout": 1.0}, "dropout must be >= 0 and < 1, got 1.0"),
        ({"noise": -0.1}, "noise must be >= 0, got -0.1"),
        ({"label_fake": 0.9}, "labels must be 0 <= label_fake < label_real <= 1, got 0.9 and 0.85"),
        ({"augment": "some"}, r"augment must be one of \['none', 'classical'\], got 'some'"),
        ({"precision": "fp8"}, "precision must be one of"),
    ],
)
def test_settings_out_of_their_limits_are_refused(changes, said):
    with pytest.raises(InputError, match=said):
        DCGAN.from_params(changes)


def test_a_class_is_learned_apart_from_the_others():
    dark = (disks(12) // 4).astype(np.uint8)
    images = np.concatenate([disks(12), dark])
    labels = np.repeat(np.array(["light", "dark"], dtype=object), 12)
    both = DCGAN.from_params({**TINY, "loops": 25, "lr": 2e-3}).fit(images, labels)
    assert both.sample(8, "light").mean() - both.sample(8, "dark").mean() > 20
    assert set(both.history_) == {f"{c}/{of}" for c in ("light", "dark") for of in ("d_loss", "g_loss", "d_accuracy")}


def test_lsgan_has_other_losses_on_the_same_networks():
    one, other = fitted(DCGAN, loops=3), fitted(LSGAN, loops=3)
    assert one.history_ != other.history_
    shapes = [[p.shape for p in g.networks_["pits"].parameters()] for g in (one, other)]
    assert shapes[0] == shapes[1]


def test_classically_augmented_images_are_trained_on_when_asked_for():
    images = disks(4)
    settings = DCGANSettings(augment="classical", augmented=30)
    more = training_images(settings, images, 0)
    assert more.shape == (30, 1, 32, 32)
    assert more.dtype == np.uint8
    np.testing.assert_array_equal(more, training_images(settings, images, 0))
    assert not np.array_equal(more, training_images(settings, images, 1))
    assert training_images(DCGANSettings(), images, 0) is images


def test_averaged_weights_draw_other_images_than_the_last():
    assert not np.array_equal(fitted(loops=4, ema=0.0).sample(2, "pits"), fitted(loops=4, ema=0.9).sample(2, "pits"))


@pytest.mark.parametrize("kind", [DCGAN, LSGAN])
def test_a_rate_that_is_far_too_high_is_told(kind):
    assert "the training diverged" in fitted(kind, loops=30, lr=1e3).health_["pits"]["reason"]


def test_a_generator_that_learned_nothing_yet_is_told():
    assert "hardly differ" in fitted(loops=2, lr=2e-4).health_["pits"]["reason"]


def test_weights_that_overflow_stop_the_training_and_are_told(tmp_path):
    generator = fitted(LSGAN, loops=30, lr=1e12)
    health = generator.health_["pits"]
    assert health["collapsed"]
    assert health["reason"].startswith("the training diverged in loop")
    assert len(generator.history_.get("pits/d_loss", [])) < 30
    assert generator.sample(2, "pits").shape == (2, 1, 32, 32)
    generator.save(tmp_path)
    generator.rewind()
    np.testing.assert_array_equal(LSGAN.load(tmp_path).sample(2, "pits"), generator.sample(2, "pits"))


def test_a_discriminator_that_learns_far_too_often_is_told():
    health = fitted(loops=10, k_d=30, lr=1e-3, noise=0.0, dropout=0.0).health_["pits"]
    assert "never deceived" in health["reason"]


def test_half_precision_learns_too():
    generator = fitted(loops=3, precision="bf16")
    assert generator.networks_["pits"].dense.weight.dtype == torch.float32
    assert np.isfinite(generator.history_["pits/g_loss"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [DCGAN, LSGAN])
def test_overfits_eight_images(kind):
    images = disks(8)
    start = fitted(kind, images, loops=1)
    end = fitted(kind, images, loops=400, lr=2e-3)
    before, after = (frechet(g.sample(200, "pits"), images) for g in (start, end))
    assert after < before / 2, (before, after)


@pytest.mark.slow
def test_a_compiled_discriminator_says_the_same():
    torch.manual_seed(0)
    judge = Discriminator((1, 32, 32), 1 / 16).eval().judge
    blocks = torch.randn(4, 4, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(Placement("cpu", compile="default").compiled(judge)(blocks), judge(blocks))
