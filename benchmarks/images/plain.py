"""The DCGAN loop as one writes it with torch.nn: the networks of Table 2, autograd for everything, Adam as it comes."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from rarefault.generators.image.dcgan import DCGANSettings
from rarefault.generators.image.dcgan_networks import BASE, CHANNELS, FILTERS, SLOPE, initialise, scaled


def generator(latent: int, shape: tuple[int, int, int], width: float) -> nn.Sequential:
    c, h, w = shape
    channels = [scaled(k, width) for k in (BASE, *CHANNELS)]
    layers: list[nn.Module] = [
        nn.Linear(latent, channels[0] * h * w // 256),
        nn.Unflatten(1, (channels[0], h // 16, w // 16)),
    ]
    for n_in, n_out in pairwise(channels):
        layers += [nn.ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels[-1], c, 4, 2, 1), nn.Tanh())


class Noise(nn.Module):
    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


def discriminator(shape: tuple[int, int, int], width: float, noise: float, dropout: float) -> nn.Sequential:
    n_in, h, w = shape
    layers: list[nn.Module] = [Noise(noise)] if noise else []
    for at, (filters, side, stride) in enumerate(zip(FILTERS, (5, 5, 3, 3), (1, 2, 2, 2), strict=True)):
        n_out = scaled(filters, width)
        layers.append(nn.Conv2d(n_in, n_out, side, stride, side // 2, bias=at == 0))
        layers += [nn.BatchNorm2d(n_out)] if at else []
        layers += [nn.LeakyReLU(SLOPE, True), nn.Dropout(dropout)]
        n_in = n_out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(n_in * h * w // 64, 1))


class PlainLoop:
    """k_d updates of the discriminator and k_g of the generator, each on a batch, as in PyTorch's DCGAN tutorial."""

    def __init__(self, settings: DCGANSettings, real: Tensor) -> None:
        s, shape = settings, (real.shape[1], real.shape[2], real.shape[3])
        self.settings, self.real = s, real
        self.generator = generator(s.latent, shape, s.width)
        self.discriminator = discriminator(shape, s.width, s.noise, s.dropout)
        initialise(self.generator)
        initialise(self.discriminator)
        self.loss = nn.BCEWithLogitsLoss()
        adam = {"lr": s.lr, "betas": (s.beta1, 0.999)}
        self.d_adam = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.g_adam = torch.optim.Adam(self.generator.parameters(), **adam)

    def to_cuda(self) -> None:
        self.generator.cuda()
        self.discriminator.cuda()
        self.real = self.real.cuda()

    def step(self) -> None:
        s, device = self.settings, self.real.device
        real = self.real[torch.randperm(len(self.real), device=device)[: s.batch]]
        for _ in range(s.k_d):
            self.discriminator_step(real, torch.randn(len(real), s.latent, device=device))
        for _ in range(s.k_g):
            self.generator_step(torch.randn(len(real), s.latent, device=device))

    def discriminator_step(self, real: Tensor, z: Tensor) -> Tensor:
        s = self.settings
        self.discriminator.zero_grad()
        of_real = self.discriminator(real)
        error_real = self.loss(of_real, torch.full_like(of_real, s.label_real))
        error_real.backward()
        made = self.generator(z)
        of_made = self.discriminator(made.detach())
        error_made = self.loss(of_made, torch.full_like(of_made, s.label_fake))
        error_made.backward()
        self.d_adam.step()
        return error_real + error_made

    def generator_step(self, z: Tensor) -> Tensor:
        self.generator.zero_grad()
        scores = self.discriminator(self.generator(z))
        error = self.loss(scores, torch.ones_like(scores))
        error.backward()
        self.g_adam.step()
        return error
