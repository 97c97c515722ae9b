"""Convolutions taken apart: forward, back to the input, and the weights' gradient, each only where it is needed."""

import torch
from torch import Tensor
from torch.nn import functional as nnf

_SMALL = 4  # pixels of output up to which oneDNN, which reorders all weights each time, loses to a matrix product
_THIN = 3  # input channels up to which the way back is faster as a matrix product


class Layer:
    """One convolution of images (m, c, h, w) in one pass; remembers what it saw for the weights' gradient.

    weight: (c', c, k, k), channels-last; bias: (c',) or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, stride: int, padding: int) -> None:
        self.weight, self.bias, self.stride, self.padding = weight, bias, stride, padding
        self.kernel = weight.shape[-1]
        self.on_cpu = weight.device.type == "cpu"

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output, before any activation."""
        self.shape = x.shape
        self.out = (x.shape[2] + 2 * self.padding - self.kernel) // self.stride + 1
        self.by_matrix = self.on_cpu and self.out <= _SMALL
        self.seen = self._patches(x) if self.by_matrix else x
        return self._apply(self.seen, self.bias)

    def push(self, r: Tensor) -> Tensor:
        """The layer on directions r, without bias; they take the place of the last images seen."""
        seen = self._patches(r) if self.by_matrix else r
        self.seen = torch.cat([self.seen[: -len(seen)], seen])
        return self._apply(seen, None)

    def back(self, delta: Tensor) -> Tensor:
        """The gradient with respect to the input, `delta` (m', c', h', w') being that with respect to the output."""
        if self.by_matrix or (self.on_cpu and self.shape[1] <= _THIN):
            return self._gather(_rows(delta) @ self._matrix())
        return self._backward(delta, self.seen[-len(delta) :], [True, False, False])[0]

    def gradients(self, delta: Tensor, biased: int) -> list[Tensor]:
        """The gradients of weight and bias over all images seen; the bias counts for the first `biased` alone."""
        if self.by_matrix:
            patches = _rows(delta).t() @ self.seen  # (c', k * k * c)
            weight = patches.view(len(self.weight), self.kernel, self.kernel, -1).permute(0, 3, 1, 2)
        else:
            weight = self._backward(delta, self.seen, [False, True, False])[1]
        return [weight] if self.bias is None else [weight, delta[:biased].sum((0, 2, 3))]

    def _backward(self, delta: Tensor, x: Tensor, wanted: list[bool]) -> tuple[Tensor, Tensor, Tensor]:
        twice = [[value, value] for value in (self.stride, self.padding, 1)]
        found: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
            delta, x, self.weight, None, *twice, False, [0, 0], 1, wanted
        )
        return found

    def _apply(self, seen: Tensor, bias: Tensor | None) -> Tensor:
        if not self.by_matrix:
            return nnf.conv2d(seen, self.weight, bias, self.stride, self.padding)
        flat = seen @ self._matrix().t() if bias is None else torch.addmm(bias, seen, self._matrix().t())
        return flat.view(-1, self.out, self.out, len(self.weight)).permute(0, 3, 1, 2)

    def _matrix(self) -> Tensor:
        """The weights (c', k * k * c); a view, for they lie channels-last."""
        return self.weight.permute(0, 2, 3, 1).reshape(len(self.weight), -1)

    def _patches(self, x: Tensor) -> Tensor:
        """What each output pixel sees, (m * h' * w', k * k * c)."""
        p, k, s = self.padding, self.kernel, self.stride
        padded = nnf.pad(x.permute(0, 2, 3, 1), (0, 0, p, p, p, p))
        return padded.unfold(1, k, s).unfold(2, k, s).permute(0, 1, 2, 4, 5, 3).reshape(-1, k * k * x.shape[1])

    def _gather(self, patches: Tensor) -> Tensor:
        """Add up patches (m * h' * w', k * k * c) to images (m, c, h, w)."""
        (c, h, w), p, k, s, out = self.shape[1:], self.padding, self.kernel, self.stride, self.out
        parts = patches.view(-1, out, out, k, k, c)
        images = parts.new_zeros(len(parts), h + 2 * p, w + 2 * p, c)
        for i in range(k):
            for j in range(k):
                images[:, i : i + s * out : s, j : j + s * out : s] += parts[:, :, :, i, j]
        return images[:, p : p + h, p : p + w].permute(0, 3, 1, 2)


def _rows(delta: Tensor) -> Tensor:
    """Images (m, c, h, w) -> pixels (m * h * w, c)."""
    return delta.permute(0, 2, 3, 1).reshape(-1, delta.shape[1])
