from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as nnf

from rarefault.generators.image.pegan import PEGANSettings
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.translation_batches import AnyToAny, Domains, ProduceAndEliminate
from rarefault.generators.image.translation_networks import DomainCritic, Plan, TranslationGenerator
from rarefault.generators.image.translation_settings import falling
from rarefault.generators.image.translation_step import DomainLearner

SETTINGS = PEGANSettings(width=0.1, loops=10, batch=4, n_critic=3, lr=0.01, ema=0.5, device="cpu")
PLACE = Placement("cpu")


def some(kind: type[Domains] = ProduceAndEliminate, size: int = 32) -> Domains:
    """Images of three domains, 2, 3 and 5 of them; each image is of one grey, ten times its number."""
    domains = np.repeat([0, 1, 2], [2, 3, 5])
    images = np.broadcast_to(10 * np.arange(10)[:, None, None, None], (10, 1, size, size)).astype(np.uint8)
    return kind(images, domains, PLACE)


def learner(settings: PEGANSettings = SETTINGS) -> DomainLearner:
    torch.manual_seed(0)
    networks = TranslationGenerator(1, 3, Plan(4, 5, 4, blocks=1)).double(), DomainCritic(1, 3, 32, 4, 5).double()
    domains = some()
    domains.images = torch.randn(10, 1, 32, 32, dtype=torch.float64)
    return DomainLearner(settings, networks, domains, PLACE)


class PlainLoop:
    """Equations 2 to 7 and the loop of Choi et al. (2018), written down with autograd and nothing spared."""

    def __init__(self, twin: DomainLearner) -> None:
        self.G, self.D, self.domains = deepcopy(twin.generator), deepcopy(twin.critic), twin.domains
        betas = (SETTINGS.beta1, SETTINGS.beta2)
        self.of_G = torch.optim.Adam(self.G.parameters(), SETTINGS.lr, betas)
        self.of_D = torch.optim.Adam(self.D.parameters(), SETTINGS.lr, betas)

    def step(self) -> None:
        for _ in range(SETTINGS.n_critic):
            images, origin, target = self.domains.draw(SETTINGS.batch)
            fake = self.G(images, target).detach()
            self.of_D.zero_grad()
            self.critic_loss(images, fake, origin).backward()
            self.of_D.step()
        fake = self.G(images, target)
        score, scores = self.D(fake)
        loss = -score.mean() + SETTINGS.lambda_cls_f * nnf.cross_entropy(scores, target)
        loss = loss + SETTINGS.lambda_rec * (images - self.G(fake, origin)).abs().mean()
        self.of_G.zero_grad()
        loss.backward()
        self.of_G.step()

    def critic_loss(self, real: Tensor, fake: Tensor, origin: Tensor) -> Tensor:
        mix = torch.rand(len(real), 1, 1, 1, dtype=real.dtype)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        out = self.D(between)[0]
        (slope,) = torch.autograd.grad(out, between, torch.ones_like(out), create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        score, scores = self.D(real)
        loss = self.D(fake)[0].mean() - score.mean() + SETTINGS.lambda_cls_r * nnf.cross_entropy(scores, origin)
        return loss + SETTINGS.penalty * penalty


def test_a_step_equals_the_plain_loops() -> None:
    ours = learner()
    plain = PlainLoop(ours)
    for _ in range(2):
        state = torch.get_rng_state()
        ours.step()
        torch.set_rng_state(state)
        plain.step()
    for mine, theirs in ((ours.generator, plain.G), (ours.critic, plain.D)):
        for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-7)


def test_the_losses_told_are_those_of_the_last_batch() -> None:
    ours = learner()
    told = ours.step()
    assert set(told) == {"distance", "penalty", "real_domain", "score", "fake_domain", "reconstruction"}
    assert all(value.dim() == 0 and not value.requires_grad for value in told.values())


def test_the_warm_up_teaches_the_generator_alone_to_give_images_back() -> None:
    ours = learner(PEGANSettings(**{**vars(SETTINGS), "warmup": 9}))
    critic = deepcopy(ours.critic.state_dict())
    told = [ours.step() for _ in range(9)]
    assert float(told[-1]["reconstruction"]) < float(told[0]["reconstruction"])
    assert float(told[0]["score"]) == 0.0
    for name, value in ours.critic.state_dict().items():
        assert torch.equal(value, critic[name])
    ours.step()
    assert not torch.equal(ours.critic.adversarial.weight, critic["adversarial.weight"])


def test_production_starts_from_backgrounds_and_elimination_ends_there() -> None:
    torch.manual_seed(0)
    batch = some().draw(400)
    assert (batch.origin[:200] == 2).all()
    assert (batch.target[200:] == 2).all()
    for defects in (batch.target[:200], batch.origin[200:]):
        assert defects.bincount().tolist() == pytest.approx([100, 100], abs=30)


def test_any_to_any_shuffles_the_domains_of_the_batch() -> None:
    torch.manual_seed(0)
    batch = some(AnyToAny).draw(300)
    assert batch.origin.bincount().tolist() == pytest.approx([100] * 3, abs=30)
    assert torch.equal(batch.origin.sort().values, batch.target.sort().values)
    assert not torch.equal(batch.origin, batch.target)


def test_images_are_of_the_domain_that_they_are_drawn_for() -> None:
    torch.manual_seed(0)
    batch = some().draw(300)
    number = ((batch.images[:, 0, 0, 0] + 1) * 127.5 / 10).round().long()  # of the image
    assert torch.equal(torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])[number], batch.origin)
    assert len(number.unique()) == 10


def test_the_rate_falls_from_its_start_to_nothing() -> None:
    assert [falling(1.0, done, 0.5) for done in (0.0, 0.4, 0.5, 0.75, 1.0)] == [1.0, 1.0, 1.0, 0.5, 0.0]
    assert falling(1.0, 0.99, 1.0) == 1.0
    ours = learner()
    ours.decay_from, ours.average.steps = 0.5, 8
    ours._set_rate()
    assert ours.optimisers["critic"].param_groups[0]["lr"] == pytest.approx(0.4 * SETTINGS.lr)
