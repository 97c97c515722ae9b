"""LeakyReLU and dropout in one layer.

Drawing a float for every pixel takes longer than the convolutions of a small network. On the CPU a byte is drawn
instead, eight from each random number, and both layers become one factor for every value.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as nnf

_slopes = torch.ops.aten.leaky_relu_backward


class LeakyDropout(nn.Module):
    """LeakyReLU with `slope` below zero, then dropout with probability p (on the CPU rounded to a 256th)."""

    def __init__(self, slope: float, p: float) -> None:
        super().__init__()
        self.slope, self.p = slope, p

    def forward(self, x: Tensor) -> Tensor:
        """The same shape; x is overwritten."""
        if not self.training or self.p == 0:
            return nnf.leaky_relu(x, self.slope, inplace=True)
        if x.device.type == "cpu" and not torch.compiler.is_compiling():
            made: Tensor = _LeakyDropout.apply(x, self.slope, self.p)  # type: ignore[no-untyped-call]  # torch's
            return made
        return nnf.dropout(nnf.leaky_relu(x, self.slope), self.p)


class _LeakyDropout(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float, p: float) -> Tensor:
        factor = _slopes(kept(x, p), x, slope, False)
        ctx.mark_dirty(x)
        ctx.save_for_backward(factor)
        return x.mul_(factor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (factor,) = ctx.saved_tensors
        return gradients[0] * factor, None, None


def kept(like: Tensor, p: float) -> Tensor:
    """1 / (1 - p) with probability 1 - p, else 0, in the shape and layout of `like`; p is rounded to a 256th."""
    dropped = round(256 * p)
    n = like.numel()
    bytes_ = torch.empty(-(-n // 8), dtype=torch.int64).random_(-(2**63), None).view(torch.uint8)[:n]
    factor = torch.empty_like(like)
    flat = factor.as_strided((n,), (1,))
    flat.copy_(bytes_.ge_(dropped)).mul_(256 / (256 - dropped))
    return factor
