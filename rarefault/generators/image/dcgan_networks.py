"""The two networks of Table 2 of the ball-screw paper, for images whose sides are multiples of 32.

What the table leaves open is read so: every 4x4 transposed convolution doubles the side (stride 2, padding 1); the
5x5 and 3x3 convolutions are padded to keep it, and stride 2 halves it from the second on; the generator ends in tanh
(as in Radford et al., 2016), and after its dense layer there is neither batch norm nor ReLU, for the table names none;
layers before a batch norm have no bias; LeakyReLU's slope is 0.2 and weights start from N(0, 0.02), as in Radford et
al. The discriminator's last "Dense Layer: 3 (1 if gray)" is one number for every image: its label is one number, and
three outputs would be trained to the same one.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from rarefault.generators.image.blocks import conv5, conv5_halving, from_blocks, to_blocks, transposed4
from rarefault.generators.image.leaky_dropout import LeakyDropout
from rarefault.generators.image.wide_transposed import WideTransposed

BASE, CHANNELS = 1024, (512, 256, 128)  # the generator's
FILTERS = (32, 64, 128, 256)  # the discriminator's
SLOPE = 0.2
_WIDE = 16


def scaled(channels: int, width: float) -> int:
    """`width` times the paper's channels, at least 4."""
    return max(4, round(channels * width))


class Generator(nn.Module):
    """Latent vectors (n, latent) -> images (n, c, h, w) in [-1, 1]; width multiplies the paper's channels."""

    def __init__(self, latent: int, shape: tuple[int, ...], width: float = 1.0) -> None:
        super().__init__()
        c, h, w = shape
        channels = [scaled(k, width) for k in (BASE, *CHANNELS)]
        self.base = (channels[0], h // 16, w // 16)
        self.dense = nn.Linear(latent, channels[0] * (h // 16) * (w // 16))
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(channels):
            layers += [WideTransposed(n_in, n_out), nn.BatchNorm2d(n_out), nn.ReLU(True)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.ConvTranspose2d(channels[-1], c, 4, 2, 1)

    def forward(self, z: Tensor) -> Tensor:
        """Latent vectors (n, latent) -> images (n, c, h, w)."""
        return from_blocks(self.blocks(z))

    def blocks(self, z: Tensor) -> Tensor:
        """Latent vectors (n, latent) -> images in blocks (n, 4c, h/2, w/2)."""
        x = self.dense(z).view(-1, *self.base).contiguous(memory_format=torch.channels_last)
        assert self.last.bias is not None
        return transposed4(self.layers(x), self.last.weight, self.last.bias).tanh_()


class Noise(nn.Module):
    """Adds Gaussian noise of standard deviation `std` while training."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        if not self.training or self.std == 0:
            return x
        noise = torch.empty_like(x)
        noise.as_strided((x.numel(),), (1,)).normal_(std=self.std)  # many times faster than in channels-last order
        return noise.add_(x)


class Discriminator(nn.Module):
    """Images (n, c, h, w) in [-1, 1] -> how real they look, (n,) without a limit (a logit)."""

    def __init__(self, shape: tuple[int, ...], width: float = 1.0, noise: float = 0.0, dropout: float = 0.25) -> None:
        super().__init__()
        c, h, w = shape
        self.noise, self.active = Noise(noise), LeakyDropout(SLOPE, dropout)
        one, two, three, four = (scaled(filters, width) for filters in FILTERS)
        self.first = nn.Conv2d(c, one, 5, 1, 2)
        self.second = nn.Conv2d(one, two, 5, 2, 2, bias=False)
        self.third = nn.Conv2d(two, three, 3, 2, 1, bias=False)
        self.fourth = nn.Conv2d(three, four, 3, 2, 1, bias=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in (two, three, four))
        self.dense = nn.Linear(four * (h // 8) * (w // 8), 1)

    def forward(self, images: Tensor) -> Tensor:
        """Images (n, c, h, w) -> (n,)."""
        return self.judge(to_blocks(images))

    def judge(self, blocks: Tensor) -> Tensor:
        """Images in blocks (n, 4c, h/2, w/2) -> (n,)."""
        x = self.active(self.norms[0](self._halved(self.noise(blocks))))
        x = self.active(self.norms[1](self.third(x)))
        x = self.active(self.norms[2](self.fourth(x)))
        scores: Tensor = self.dense(x.flatten(1))
        return scores[:, 0].to(self.dense.weight.dtype)  # losses are never taken in half precision

    def _halved(self, blocks: Tensor) -> Tensor:
        """The first two convolutions; in blocks unless they are wide and no gradient of the image is wanted."""
        if self.first.out_channels >= _WIDE and not blocks.requires_grad:
            return cast(Tensor, self.second(self.active(self.first(from_blocks(blocks)))))
        assert self.first.bias is not None
        return conv5_halving(self.active(conv5(blocks, self.first.weight, self.first.bias)), self.second.weight)


def initialise(network: nn.Module) -> None:
    """Start weights from N(0, 0.02), biases from 0, and batch norms from N(1, 0.02) and 0 (Radford et al., 2016)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d)) and layer.bias is not None:
            nn.init.zeros_(layer.bias)
