"""Images in blocks of 2 x 2 pixels: the same convolutions with four times the channels and half the side.

A processor works on many channels at once, so a convolution of one or three channels at full size wastes most of it.
Here (n, c, h, w) is held as (n, 4c, h/2, w/2), the block's position before the channel, and a kernel is rearranged to
give the same sums (the sub-pixel form of Shi et al., 2016). Kernels keep their own shape as parameters.
"""

import torch
from torch import Tensor
from torch.nn import functional as nnf


def to_blocks(images: Tensor) -> Tensor:
    """Images (n, c, h, w) -> (n, 4c, h/2, w/2), channels-last."""
    n, c, h, w = images.shape
    parts = images.permute(0, 2, 3, 1).reshape(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def from_blocks(blocks: Tensor) -> Tensor:
    """What `to_blocks` made, back to (n, c, h, w), channels-last."""
    n, c, h, w = blocks.shape
    parts = blocks.permute(0, 2, 3, 1).reshape(n, h, w, 2, 2, c // 4).permute(0, 1, 3, 2, 4, 5)
    return parts.reshape(n, 2 * h, 2 * w, c // 4).permute(0, 3, 1, 2)


def conv5(blocks: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A 5x5 convolution, padding 2: weight (k, c, 5, 5), blocks of c channels -> blocks of k."""
    padded = [nnf.pad(weight, (q, 1 - q, p, 1 - p)) for p in (0, 1) for q in (0, 1)]
    return nnf.conv2d(blocks, _gathered(torch.cat(padded)), bias.repeat(4), padding=1)


def conv5_halving(blocks: Tensor, weight: Tensor) -> Tensor:
    """A 5x5 convolution with stride 2, padding 2: weight (k, c, 5, 5), blocks of c channels -> (n, k, h/2, w/2)."""
    return nnf.conv2d(blocks, _gathered(nnf.pad(weight, (0, 1, 0, 1))), padding=1)


def transposed4(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A 4x4 transposed convolution with stride 2, padding 1: weight (c, k, 4, 4), x (n, c, h, w) -> blocks of k."""
    turned = weight.flip(2, 3).transpose(0, 1)  # (k, c, 4, 4)
    phases = [nnf.pad(turned[:, :, p::2, q::2], (q, 1 - q, p, 1 - p)) for p in (0, 1) for q in (0, 1)]
    kernel = torch.cat(phases).contiguous(memory_format=torch.channels_last)
    return nnf.conv2d(x, kernel, bias.repeat(4), padding=1)


def _gathered(weight: Tensor) -> Tensor:
    """Kernels (k, c, 6, 6) on pixels -> (k, 4c, 3, 3) on blocks."""
    k, c = weight.shape[:2]
    parts = weight.view(k, c, 3, 2, 3, 2).permute(0, 3, 5, 1, 2, 4)
    return parts.reshape(k, 4 * c, 3, 3).contiguous(memory_format=torch.channels_last)
