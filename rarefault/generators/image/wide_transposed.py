"""A 4x4 transposed convolution with stride 2 for many channels and few pixels, as one matrix product.

For such layers oneDNN spends much of its time on rearranging the weights. Here every pixel gives its 4 x 4 patch in one
product, and the patches, which overlap, are added up.
"""

from typing import Any

from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as nnf

from rarefault.generators.image.eager import eager_on_cpu

_MANY, _FEW = 256, 36
_PATCH = [(row, column) for row in range(4) for column in range(4)]


class WideTransposed(nn.ConvTranspose2d):
    """ConvTranspose2d(n_in, n_out, 4, 2, 1, bias=False): on the CPU by a matrix product where that is faster."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in, n_out, 4, 2, 1, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(n, c, h, w) -> (n, k, 2h, 2w)."""
        wide = self.in_channels >= _MANY and x.shape[2] * x.shape[3] <= _FEW
        if not (wide and eager_on_cpu(x)):
            return super().forward(x, output_size)
        made: Tensor = _ByProduct.apply(x, self.weight)  # type: ignore[no-untyped-call]  # torch's
        return made


class _ByProduct(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        (n, c, h, w), k = x.shape, weight.shape[1]
        rows, matrix = x.permute(0, 2, 3, 1).reshape(-1, c), weight.permute(0, 2, 3, 1).reshape(c, -1)
        ctx.save_for_backward(rows, matrix)
        patches = (rows @ matrix).view(n, h, w, 4, 4, k)
        padded = x.new_zeros(n, 2 * h + 2, 2 * w + 2, k)
        for row, column in _PATCH:
            padded[:, row : row + 2 * h : 2, column : column + 2 * w : 2] += patches[:, :, :, row, column]
        return padded[:, 1:-1, 1:-1].contiguous().permute(0, 3, 1, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        rows, matrix = ctx.saved_tensors
        n, k, height, width = gradients[0].shape
        h, w, c = height // 2, width // 2, rows.shape[1]
        padded = nnf.pad(gradients[0].permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        patches = rows.new_empty(n, h, w, 4, 4, k)
        for row, column in _PATCH:
            patches[:, :, :, row, column] = padded[:, row : row + 2 * h : 2, column : column + 2 * w : 2]
        flat = patches.view(n * h * w, 16 * k)
        to_x = (flat @ matrix.t()).view(n, h, w, c).permute(0, 3, 1, 2) if ctx.needs_input_grad[0] else None
        to_weight = (rows.t() @ flat).view(c, 4, 4, k).permute(0, 3, 1, 2) if ctx.needs_input_grad[1] else None
        return to_x, to_weight
