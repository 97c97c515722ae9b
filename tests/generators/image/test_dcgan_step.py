"""One loop of the DCGAN against the plain one, and its losses against numbers worked out by hand."""

from dataclasses import replace
from math import log

import pytest
import torch
from torch import nn

from benchmarks.images.plain import PlainLoop
from rarefault.generators.image.dcgan import DCGANSettings
from rarefault.generators.image.dcgan_step import DCGANLearner, cross_entropy, least_squares
from rarefault.generators.image.placement import Placement

PLAIN = DCGANSettings(
    latent=8, width=1 / 32, batch=6, k_d=2, k_g=2, noise=0.0, dropout=0.0, ema=0.9, lr=0.01, device="cpu"
)


def test_cross_entropy_by_hand():
    scores = torch.tensor([0.0, log(3.0)])  # sigmoid: 1/2, 3/4
    assert cross_entropy(scores, 1.0).item() == pytest.approx((log(2) + log(4 / 3)) / 2)
    assert cross_entropy(scores, 0.0).item() == pytest.approx((log(2) + log(4)) / 2)
    smoothed = 0.85 * (log(2) + log(4 / 3)) / 2 + 0.15 * (log(2) + log(4)) / 2
    assert cross_entropy(scores, 0.85).item() == pytest.approx(smoothed)


def test_least_squares_by_hand():
    scores = torch.tensor([1.0, 0.0, -1.0])
    assert least_squares(scores, 1.0).item() == pytest.approx((0 + 1 + 4) / 3 / 2)
    assert least_squares(scores, 0.15).item() == pytest.approx((0.85**2 + 0.15**2 + 1.15**2) / 3 / 2)


@pytest.mark.parametrize(("loss", "share"), [(cross_entropy, 0.5), (least_squares, 0.75)])
def test_the_discriminator_is_right_on_its_side_of_the_middle(loss, share):
    learner = DCGANLearner(PLAIN, torch.zeros(6, 1, 32, 32), loss, Placement("cpu"))
    scores = iter([torch.full((4,), 2.0), torch.tensor([-1.0, -1.0, 0.9, 0.2])])
    learner.discriminator.judge = lambda _: next(scores)
    _, right = learner._both(torch.empty(0), torch.empty(0))
    assert right.item() == (1 + share) / 2


@pytest.mark.parametrize(("channels", "width"), [(1, 1 / 32), (3, 1 / 32), (1, 1 / 2)])
def test_a_loop_equals_the_plain_one(channels, width):
    torch.manual_seed(3)
    settings = replace(PLAIN, width=width)
    real = torch.rand(6, channels, 32, 32, dtype=torch.float64) * 2 - 1
    torch.set_default_dtype(torch.float64)
    try:
        ours, plain = DCGANLearner(settings, real, cross_entropy, Placement("cpu")), PlainLoop(settings, real)
    finally:
        torch.set_default_dtype(torch.float32)
    take_over(ours, plain)
    noise = [torch.randn(6, 8, dtype=torch.float64) for _ in range(8)]
    ours.batch, ours.latents = lambda: ours.real, iter_of(noise)
    for _ in range(2):
        losses = ours.step()
    theirs = iter(noise)
    for _ in range(2):
        for _ in range(2):
            d_loss = plain.discriminator_step(real, next(theirs))
        for _ in range(2):
            g_loss = plain.generator_step(next(theirs))
    torch.testing.assert_close(losses["d_loss"], d_loss.detach(), rtol=0, atol=1e-9)
    torch.testing.assert_close(losses["g_loss"], g_loss.detach(), rtol=0, atol=1e-9)
    for mine, other in ((ours.generator, plain.generator), (ours.discriminator, plain.discriminator)):
        for a, b in zip(layers(mine), layers(other), strict=True):
            torch.testing.assert_close(a.state_dict(), b.state_dict(), rtol=0, atol=1e-7)


def iter_of(values):
    left = iter(values)
    return lambda n: next(left)


def take_over(ours, plain):
    """Start the plain networks from our weights."""
    for mine, other in ((ours.generator, plain.generator), (ours.discriminator, plain.discriminator)):
        for a, b in zip(layers(mine), layers(other), strict=True):
            b.load_state_dict(a.state_dict())


def layers(network):
    """The layers with weights, kind after kind, for the two sides list them in different orders."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.Linear)
    return [layer for kind in kinds for layer in network.modules() if isinstance(layer, kind)]


def test_an_update_of_the_generator_leaves_the_discriminator_alone():
    learner = DCGANLearner(PLAIN, torch.rand(6, 1, 32, 32), cross_entropy, Placement("cpu"))
    before = [p.clone() for p in learner.discriminator.parameters()]
    learner.discriminator.requires_grad_(False)
    learner.generator_step(learner.latents(6))
    assert all(torch.equal(a, b) for a, b in zip(before, learner.discriminator.parameters(), strict=True))
    assert all(p.grad is None for p in learner.discriminator.parameters())


def test_a_batch_holds_each_image_once_or_equally_often():
    images = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 32, 32)
    learner = DCGANLearner(PLAIN, images, cross_entropy, Placement("cpu"))
    seen = learner.batch()[:, 0, 0, 0].tolist()
    assert len(seen) == 6
    assert sorted(set(seen)) == [0.0, 1.0, 2.0, 3.0]
    assert max(seen.count(value) for value in seen) == 2
