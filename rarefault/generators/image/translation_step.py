"""One loop of PE-GAN and StarGAN: n_critic updates of the critic, then one of the generator.

The updates are those of the plain loop, but nothing is computed that is thrown away: the critic's gradients are taken
by hand, the generator keeps a graph of the last batch's fakes alone and learns from these, and the critic's weights
get no gradients while the generator does.
"""

from functools import partial
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional as nnf

from rarefault.generators.image.averaging import Average
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.training import Learner
from rarefault.generators.image.translation_batches import Batch, Domains
from rarefault.generators.image.translation_critic import critic_gradients, generator_signal
from rarefault.generators.image.translation_networks import DomainCritic, TranslationGenerator
from rarefault.generators.image.translation_settings import DomainSettings, falling

_F = TypeVar("_F")

LOSSES = ("distance", "penalty", "real_domain", "score", "fake_domain", "reconstruction")


class DomainLearner(Learner):
    """A generator and a critic that learn from the images of `domains`.

    decay_from: the share of the loops after which the learning rate falls linearly to 0; 1 for never.
    """

    average: Average[TranslationGenerator]

    def __init__(
        self,
        settings: DomainSettings,
        networks: tuple[TranslationGenerator, DomainCritic],
        domains: Domains,
        place: Placement,
        decay_from: float = 1.0,
    ) -> None:
        self.settings, self.domains, self.place, self.decay_from = settings, domains, place, decay_from
        self.generator, self.critic = place.put(networks[0]), place.put(networks[1])
        self.networks = {"generator": self.generator, "critic": self.critic}
        self.optimisers = {name: self._adam(network) for name, network in self.networks.items()}
        self.average = Average(self.generator, settings.ema)
        dtype = torch.bfloat16 if place.precision == "bf16" else self.critic.adversarial.weight.dtype
        self._make = place.compiled(self.generator.forward)
        # On the CPU the critic's parts are mostly matrix products, which compile for minutes and gain nothing.
        compiled = place.compiled if place.device.type == "cuda" else _as_it_is
        self._critic_gradients = compiled(partial(critic_gradients, settings=settings, dtype=dtype))
        self._signal = compiled(partial(generator_signal, settings=settings, dtype=dtype))

    def _adam(self, network: torch.nn.Module) -> torch.optim.Adam:
        s = self.settings
        return torch.optim.Adam(network.parameters(), lr=s.lr, betas=(s.beta1, s.beta2), fused=True)

    def step(self) -> dict[str, Tensor]:
        """One loop, on n_critic batches; the generator learns from the last of them."""
        self._set_rate()
        losses = self._warm_up() if self.average.steps < self.settings.warmup else self._compete()
        self.average.step()
        return {name: value.detach().clone() for name, value in losses.items()}

    def _warm_up(self) -> dict[str, Tensor]:
        """Teach the generator to give images back; there are no other losses yet."""
        batch = self.domains.draw(self.settings.batch)
        reconstruction = nnf.l1_loss(self._translate(batch.images, batch.origin), batch.images)
        self.place.update(reconstruction, self.optimisers["generator"])
        return {**dict.fromkeys(LOSSES, torch.zeros_like(reconstruction)), "reconstruction": reconstruction}

    def _compete(self) -> dict[str, Tensor]:
        for _ in range(self.settings.n_critic - 1):
            batch = self.domains.draw(self.settings.batch)
            with torch.no_grad():
                fake = self._translate(batch.images, batch.target)
            self._teach_critic(batch, fake)
        batch = self.domains.draw(self.settings.batch)
        fake = self._translate(batch.images, batch.target)
        judged = self._teach_critic(batch, fake.detach())
        return judged | self._teach_generator(batch, fake)

    def _set_rate(self) -> None:
        rate = falling(self.settings.lr, self.average.steps / self.settings.loops, self.decay_from)
        for optimiser in self.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate

    def _translate(self, images: Tensor, domain: Tensor) -> Tensor:
        with self.place.autocast():
            return self._make(images, domain).to(images.dtype)

    def _teach_critic(self, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        mix = torch.rand(len(fake), 1, 1, 1, device=fake.device, dtype=fake.dtype)
        with torch.no_grad():
            gradients, parts = self._critic_gradients(self.critic, batch.images, fake, batch.origin, mix)
        for parameter, gradient in zip(self.critic.parameters(), gradients, strict=True):
            parameter.grad = gradient.to(parameter.dtype)
        self.optimisers["critic"].step()
        return parts

    def _teach_generator(self, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            signal, parts = self._signal(self.critic, fake.detach(), batch.target)
        again = self._translate(fake, batch.origin)
        reconstruction = nnf.l1_loss(again, batch.images)
        scaler, optimiser = self.place.scaler, self.optimisers["generator"]
        loss = scaler.scale(self.settings.lambda_rec * reconstruction)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward([fake, loss], [signal * scaler.get_scale(), None])
        scaler.step(optimiser)
        scaler.update()
        return {**parts, "reconstruction": reconstruction}


def _as_it_is(function: _F) -> _F:
    return function
