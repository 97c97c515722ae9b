"""The networks of the translators: a generator from image to image, a critic of domains, a critic of patches.

PE-GAN's and StarGAN's generator and critic have the form of Choi et al. (StarGAN, 2018, tables 4 and 5), CycleGAN's
that of Zhu et al. (2017, section 7.2). Domains are the classes, the background included.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from rarefault.generators.image.dcgan_networks import scaled
from rarefault.generators.image.eager import eager_on_cpu
from rarefault.generators.image.instance_norm import InstanceNorm
from rarefault.generators.image.thin_convolution import block_of, thin_convolution

_LARGE = 7  # the side of a filter from which a thin convolution is worth its detour


@dataclass(frozen=True)
class Plan:
    """What sets one generator apart from another.

    width: channels of the first layer, doubled by each of two strided convolutions; down, up: kernels of these and of
    the deconvolutions; blocks: residual blocks; affine: whether instance norm learns a scale and a shift; reflect:
    pad with mirrored pixels, not zeros.
    """

    width: int
    down: int
    up: int
    blocks: int = 6
    affine: bool = True
    reflect: bool = False

    def scaled(self, width: float, blocks: int) -> "Plan":
        """The same plan with `width` times as many channels, at least 4, and so many blocks."""
        return replace(self, width=scaled(self.width, width), blocks=blocks)


class Convolution(nn.Module):
    """A convolution that keeps the size (stride 1) or halves it (stride 2), without bias."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int = 1, reflect: bool = False, bias: bool = False):
        super().__init__()
        self.reflect = (kernel - 1) // 2 if reflect else 0
        padding = 0 if reflect else (kernel - 1) // 2
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, padding, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) -> (n, c', h / stride, w / stride)."""
        side = self._block(x)
        if self.reflect:
            x = nnf.pad(x, (self.reflect,) * 4, mode="reflect")
        if side > 1:
            return thin_convolution(x, self.conv.weight, self.conv.bias, int(self.conv.padding[0]), side)
        return cast(Tensor, self.conv(x))

    def _block(self, x: Tensor) -> int:
        """The side of the blocks that a thin convolution on the CPU works on, 1 for others."""
        large = self.conv.stride == (1, 1) and self.conv.kernel_size[0] >= _LARGE
        return block_of(self.conv.out_channels, x.shape) if large and eager_on_cpu(x) else 1


class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3 x 3 (He et al., 2016, without the last ReLU)."""

    def __init__(self, channels: int, plan: Plan) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Convolution(channels, channels, 3, reflect=plan.reflect),
            InstanceNorm(channels, plan.affine),
            nn.ReLU(),
            Convolution(channels, channels, 3, reflect=plan.reflect),
            InstanceNorm(channels, plan.affine),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) -> the same shape."""
        return x + cast(Tensor, self.layers(x))


class TranslationGenerator(nn.Module):
    """Images (n, c, h, w) in [-1, 1] and wanted domains (n,) -> images of the same shape; h, w multiples of 4.

    The domain comes in as one plane of ones among `domains` planes of zeros (Choi et al., 2018, section 3.1);
    without domains the network knows one translation.
    """

    def __init__(self, channels: int, domains: int, plan: Plan) -> None:
        super().__init__()
        self.domains = domains
        w = plan.width
        self.layers = nn.Sequential(
            *self._normed(Convolution(channels + domains, w, 7, reflect=plan.reflect), w, plan),
            *self._normed(Convolution(w, 2 * w, plan.down, 2), 2 * w, plan),
            *self._normed(Convolution(2 * w, 4 * w, plan.down, 2), 4 * w, plan),
            *(Residual(4 * w, plan) for _ in range(plan.blocks)),
            *self._normed(self._doubling(4 * w, 2 * w, plan), 2 * w, plan),
            *self._normed(self._doubling(2 * w, w, plan), w, plan),
            Convolution(w, channels, 7, reflect=plan.reflect, bias=plan.reflect),
            nn.Tanh(),
        )

    @staticmethod
    def _normed(layer: nn.Module, channels: int, plan: Plan) -> tuple[nn.Module, ...]:
        return layer, InstanceNorm(channels, plan.affine), nn.ReLU()

    @staticmethod
    def _doubling(n_in: int, n_out: int, plan: Plan) -> nn.Module:
        return nn.ConvTranspose2d(n_in, n_out, plan.up, 2, 1, output_padding=plan.up % 2, bias=False)

    def forward(self, x: Tensor, domain: Tensor | None = None) -> Tensor:
        """Images in [-1, 1]; without `domain` the network must know no domains."""
        if domain is not None:
            planes = nnf.one_hot(domain, self.domains).to(x.dtype)  # (n, domains)
            x = torch.cat([x, planes[:, :, None, None].expand(-1, -1, *x.shape[2:])], dim=1)
        return cast(Tensor, self.layers(x))


class DomainCritic(nn.Module):
    """Images -> how real each patch looks (n, 1, h', w') and the scores of the domains (n, domains).

    `layers` strided 4 x 4 convolutions, each twice as wide as the one before, LeakyReLU(0.01), no norm; h' is
    h / 2^layers, rounded down (Choi et al., 2018, table 5).
    """

    slope = 0.01

    def __init__(self, channels: int, domains: int, size: int, width: int, layers: int) -> None:
        super().__init__()
        if size >> layers < 1:
            raise ValueError(f"images of {size} pixels are too small for {layers} layers that halve them")
        widths = [channels, *(width << i for i in range(layers))]
        self.trunk = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(widths))
        self.adversarial = nn.Conv2d(widths[-1], 1, 3, 1, 1, bias=False)
        self.domain = nn.Conv2d(widths[-1], domains, size >> layers, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of patches, and of domains."""
        for conv in self.trunk:
            x = nnf.leaky_relu(conv(x), self.slope, inplace=True)
        return self.adversarial(x), self.domain(x).flatten(1)


class PatchCritic(nn.Module):
    """Images -> how real each 70 x 70 patch looks (n, 1, h', w') (Zhu et al., 2017, section 7.2: C64-...-C512)."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        made: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        for i, stride in enumerate((2, 2, 1)):
            n_out = width << (i + 1)
            made += [nn.Conv2d(width << i, n_out, 4, stride, 1, bias=False), InstanceNorm(n_out, affine=False)]
            made.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*made, nn.Conv2d(width << 3, 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Scores of patches."""
        return cast(Tensor, self.layers(x))
