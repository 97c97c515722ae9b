from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor

from rarefault.generators.image.cyclegan import CycleGANSettings
from rarefault.generators.image.cyclegan_fit import new_learner
from rarefault.generators.image.cyclegan_step import CycleLearner
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.translation_losses import Pool, critic_loss, cycle_loss, least_squares

SETTINGS = CycleGANSettings(width=0.06, blocks=1, loops=10, batch=2, pool=0, lr=0.01, ema=0.5, device="cpu")


def learner(settings: CycleGANSettings = SETTINGS) -> CycleLearner:
    torch.manual_seed(0)
    clean, defect = np.random.default_rng(0).integers(0, 256, (2, 5, 1, 32, 32)).astype(np.uint8)
    made = new_learner(settings, clean, defect, Placement("cpu"))
    made.generators.double()
    made.critics.double()
    made.average.network.double()
    made.real = {name: images.double() for name, images in made.real.items()}
    return made


def test_the_losses_by_hand() -> None:
    scores = torch.tensor([[1.0, 0.5], [0.0, -1.0]])
    assert float(least_squares(scores, True)) == pytest.approx((0 + 0.25 + 1 + 4) / 4)
    assert float(least_squares(scores, False)) == pytest.approx((1 + 0.25 + 0 + 1) / 4)
    assert float(critic_loss(scores[:1], scores[1:])) == pytest.approx(0.5 * (0.125 + 0.5))
    assert float(cycle_loss(torch.tensor([1.0, -1.0]), torch.tensor([0.5, 1.0]))) == pytest.approx(1.25)


class PlainLoop:
    """The two updates of Zhu et al. (2017, section 3 and 7.2) with every pass apart."""

    def __init__(self, twin: CycleLearner) -> None:
        self.nets = {k: deepcopy(v) for k, v in [*twin.generators.items(), *twin.critics.items()]}
        self.G, self.F, self.DY, self.DX = (self.nets[k] for k in ("produce", "eliminate", "defect", "clean"))
        betas = (SETTINGS.beta1, SETTINGS.beta2)
        self.of_G = torch.optim.Adam([*self.G.parameters(), *self.F.parameters()], SETTINGS.lr, betas)
        self.of_D = torch.optim.Adam([*self.DY.parameters(), *self.DX.parameters()], SETTINGS.lr, betas)

    def step(self, x: Tensor, y: Tensor) -> None:
        fake_y, fake_x = self.G(x), self.F(y)
        loss = ((self.DY(fake_y) - 1) ** 2).mean() + ((self.DX(fake_x) - 1) ** 2).mean()
        loss = loss + 10 * ((self.F(fake_y) - x).abs().mean() + (self.G(fake_x) - y).abs().mean())
        loss = loss + 5 * ((self.G(y) - y).abs().mean() + (self.F(x) - x).abs().mean())
        self.of_G.zero_grad()
        loss.backward()
        self.of_G.step()
        judged = ((self.DY, y, fake_y.detach()), (self.DX, x, fake_x.detach()))
        losses = [0.5 * (((D(real) - 1) ** 2).mean() + (D(fake) ** 2).mean()) for D, real, fake in judged]
        self.of_D.zero_grad()
        (losses[0] + losses[1]).backward()
        self.of_D.step()


def test_a_step_equals_the_plain_loops() -> None:
    ours = learner()
    plain = PlainLoop(ours)
    state = torch.get_rng_state()
    ours.step()
    torch.set_rng_state(state)
    plain.step(*(ours._draw(ours.real[name]) for name in ("clean", "defect")))
    for name, network in [*ours.generators.items(), *ours.critics.items()]:
        for a, b in zip(network.parameters(), plain.nets[name].parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def test_no_identity_loss_when_it_weighs_nothing() -> None:
    assert "identity" in learner().step()
    assert "identity" not in learner(CycleGANSettings(**{**vars(SETTINGS), "lambda_identity": 0.0})).step()


def test_the_pool_shows_earlier_images_half_of_the_time() -> None:
    torch.manual_seed(0)
    pool, ones = Pool(20, (1, 2, 2)), torch.ones(10, 1, 2, 2)
    for at in range(2):
        assert torch.equal(pool.exchange(at * ones), at * ones)  # it fills first
    shown = torch.stack([pool.exchange(7 * ones) for _ in range(3)])[:, :, 0, 0, 0].flatten()
    assert 0.2 < float((shown < 7).float().mean()) < 0.7
    assert int(pool.held) == 20
    assert float((pool.images == 7).float().mean()) == pytest.approx(float((shown < 7).sum()) / 20)


def test_an_empty_pool_passes_images_on() -> None:
    images = torch.randn(2, 1, 2, 2)
    assert Pool(0, (1, 2, 2)).exchange(images) is images
