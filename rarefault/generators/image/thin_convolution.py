"""A convolution to one or few channels, by a convolution to many.

A processor works on sixteen channels at once, so that a layer with one channel of output leaves most of it idle. Here
one pixel of a coarser grid has a channel for each pixel of a block of the output: the filter, shifted to each place in
the block, is sixteen filters, and the wider steps make up for them.
"""

import torch
from torch import Tensor
from torch.nn import functional as nnf

_WIDTH = 16


def block_of(n_out: int, shape: torch.Size) -> int:
    """The side of the block that makes about sixteen channels of `n_out`; 1 where images (n, c, h, w) do not divide."""
    for side in (4, 2):
        if n_out * side * side <= _WIDTH and shape[2] % side == 0 and shape[3] % side == 0:
            return side
    return 1


def thin_convolution(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, side: int) -> Tensor:
    """conv2d with stride 1 of images (n, c, h, w) and an odd filter (k, c, f, f); (n, k, h', w'), channels-last.

    h' and w' must be multiples of `side`.
    """
    places = [(row, column) for row in range(side) for column in range(side)]
    last = side - 1
    shifted = [nnf.pad(weight, (column, last - column, row, last - row)) for row, column in places]
    wide = torch.stack(shifted, dim=1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    repeated = None if bias is None else bias.repeat_interleave(len(places))
    return nnf.pixel_shuffle(nnf.conv2d(x, wide, repeated, stride=side, padding=padding), side)
