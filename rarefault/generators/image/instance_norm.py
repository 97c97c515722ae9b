"""Instance norm for images that lie channels-last, as the convolutions around it want them.

Torch's own wants the channels first on a CPU, and rearranging the images there and back takes longer than the norm.
Here sums over pixels are matrix products, which read the images as they lie.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional as nnf

from rarefault.generators.image.eager import eager_on_cpu

_LEAST = 1e-5  # added to the variance, as torch's norms do


class InstanceNorm(nn.Module):
    """Each channel of each image at mean 0 and variance 1 (Ulyanov et al., 2016), then scaled and shifted if affine.

    What comes out must not be changed in place: the way back needs it. Elsewhere than on a CPU it is group norm with
    one channel a group, which is the same function.
    """

    def __init__(self, channels: int, affine: bool) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) -> the same shape, channels-last."""
        if eager_on_cpu(x):
            return cast(Tensor, _Normed.apply(x, self.weight, self.bias))  # type: ignore[no-untyped-call]  # torch's
        x = nnf.group_norm(x, self.channels, self.weight, self.bias)
        return x.contiguous(memory_format=torch.channels_last)


class _Normed(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
        pixels = _pixels(x)
        normed = pixels - _mean(pixels)
        factor = (_mean(normed * normed) + _LEAST).rsqrt_()  # (n, 1, c)
        normed *= factor
        ctx.save_for_backward(normed, factor, weight)
        if weight is None or bias is None:
            return _images(normed, x.shape)
        return _images(torch.addcmul(bias, normed, weight), x.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        normed, factor, weight = ctx.saved_tensors
        given = _pixels(gradients[0])
        mean, along = _mean(given), _mean(given * normed)  # (n, 1, c)
        found = torch.addcmul(given, normed, along, value=-1)
        found -= mean
        found *= factor if weight is None else factor * weight
        images = _images(found, gradients[0].shape)
        if weight is None:
            return images, None, None
        area = given.shape[1]
        return images, along.sum((0, 1)) * area, mean.sum((0, 1)) * area


def _pixels(images: Tensor) -> Tensor:
    """(n, c, h, w) -> (n, h x w, c); a view where images lie channels-last."""
    n, c = images.shape[:2]
    return images.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).reshape(n, -1, c)


def _images(pixels: Tensor, shape: torch.Size) -> Tensor:
    n, c, h, w = shape
    return pixels.view(n, h, w, c).permute(0, 3, 1, 2)


def _mean(pixels: Tensor) -> Tensor:
    """The mean over pixels (n, p, c); (n, 1, c)."""
    n, p, _ = pixels.shape
    return torch.bmm(pixels.new_full((1, 1, p), 1 / p).expand(n, 1, p), pixels)
