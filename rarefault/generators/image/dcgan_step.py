"""One loop of the ball-screw paper's training: k_d updates of the discriminator, then k_g of the generator.

The images are the plain loop's (fresh noise for every update, real and made images in batches of their own, so that
batch norm sees one kind at a time), but nothing is computed that is thrown away: the generator keeps no graph while
the discriminator learns, and the discriminator's weights get no gradients while the generator does.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as nnf

from rarefault.generators.image.averaging import Average
from rarefault.generators.image.blocks import to_blocks
from rarefault.generators.image.dcgan import DCGANSettings
from rarefault.generators.image.dcgan_networks import Discriminator, Generator, initialise
from rarefault.generators.image.placement import Placement
from rarefault.generators.image.training import Learner

Loss = Callable[[Tensor, float], Tensor]
"""Scores (n,) and the label they should have -> the mean loss."""


def cross_entropy(scores: Tensor, label: float) -> Tensor:
    """-y log D - (1 - y) log(1 - D), D = sigmoid(scores) (Goodfellow et al., 2014; smooth y: Salimans et al., 2016)."""
    return nnf.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))


def least_squares(scores: Tensor, label: float) -> Tensor:
    """(D - y)^2 / 2, D = scores (Mao et al., 2017, equation 9)."""
    return (scores - label).square().mean() / 2


class DCGANLearner(Learner):
    """A generator and a discriminator for the real images (n, c, h, w) in [-1, 1] of one class."""

    def __init__(self, settings: DCGANSettings, real: Tensor, loss: Loss, place: Placement) -> None:
        self.settings, self.loss, self.place = settings, loss, place
        self.real = place.images(to_blocks(real))
        self.generator = Generator(settings.latent, tuple(real.shape[1:]), settings.width)
        self.discriminator = Discriminator(tuple(real.shape[1:]), settings.width, settings.noise, settings.dropout)
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        for network in self.networks.values():
            initialise(network)
            place.put(network)
        self.optimisers = {name: self._adam(network) for name, network in self.networks.items()}
        self.average = Average(self.generator, settings.ema) if settings.ema > 0 else None
        self._judge_both, self._judge_made = place.compiled(self._both), place.compiled(self._made)
        self._make = place.compiled(self.generator.blocks)

    def _adam(self, network: torch.nn.Module) -> torch.optim.Adam:
        s = self.settings
        return torch.optim.Adam(network.parameters(), lr=s.lr, betas=(s.beta1, 0.999), fused=True)

    def latents(self, n: int) -> Tensor:
        """Fresh noise (n, latent) from N(0, 1)."""
        return torch.randn(n, self.settings.latent, device=self.place.device)

    def batch(self) -> Tensor:
        """Real images, each once in a batch as long as there are enough."""
        n, size = len(self.real), self.settings.batch
        device = self.place.device
        picked = [torch.randperm(n, device=device) for _ in range(-(-size // n))]
        return self.real[torch.cat(picked)[:size]]

    def step(self) -> dict[str, Tensor]:
        """One batch of real images in k_d updates of the discriminator, then k_g updates of the generator."""
        real = self.batch()
        for _ in range(self.settings.k_d):
            d_loss, right = self.discriminator_step(real, self.latents(len(real)))
        self.discriminator.requires_grad_(False)
        for _ in range(self.settings.k_g):
            g_loss = self.generator_step(self.latents(len(real)))
            if self.average is not None:
                self.average.step()
        self.discriminator.requires_grad_(True)
        return {"d_loss": d_loss, "g_loss": g_loss, "d_accuracy": right}

    def discriminator_step(self, real: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """One update; returns the loss and the share of images told right."""
        with torch.no_grad(), self.place.autocast():
            made = self._make(z)
        with self.place.autocast():
            loss, right = self._judge_both(real, made)
        self.place.update(loss, self.optimisers["discriminator"])
        return loss.detach().clone(), right.clone()  # the next run of a CUDA graph overwrites what this one gave

    def generator_step(self, z: Tensor) -> Tensor:
        """One update, towards images that the discriminator takes for real; returns the loss."""
        with self.place.autocast():
            loss = self._judge_made(z)
        self.place.update(loss, self.optimisers["generator"])
        return loss.detach().clone()

    def _both(self, real: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
        s = self.settings
        of_real, of_made = self.discriminator.judge(real), self.discriminator.judge(made)
        loss = self.loss(of_real, s.label_real) + self.loss(of_made, s.label_fake)
        middle = 0.5 if self.loss is least_squares else 0.0
        right = ((of_real > middle).float().mean() + (of_made < middle).float().mean()) / 2
        return loss, right.detach()

    def _made(self, z: Tensor) -> Tensor:
        return self.loss(self.discriminator.judge(self.generator.blocks(z)), 1.0)
