"""The transposed convolution as a matrix product equals torch's, forwards and backwards."""

import pytest
import torch
from torch.nn import functional as nnf

from rarefault.generators.image import wide_transposed
from rarefault.generators.image.wide_transposed import WideTransposed


@pytest.mark.parametrize(("h", "w"), [(2, 2), (3, 5)])
def test_equals_torchs_with_both_gradients(h, w, monkeypatch):
    torch.manual_seed(0)
    layer = WideTransposed(256, 3).double()
    x = torch.randn(2, 256, h, w, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()
    plain = nnf.conv_transpose2d(x, layer.weight, None, 2, 1)
    monkeypatch.setattr(nnf, "conv_transpose2d", None)  # so that the product is what is tested
    made = layer(x)
    torch.testing.assert_close(made, plain)
    slope = torch.randn_like(made)
    for mine, theirs in zip(*(torch.autograd.grad(y, (x, layer.weight), slope) for y in (made, plain)), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_few_channels_many_pixels_and_half_precision_are_left_to_torch(monkeypatch):
    monkeypatch.setattr(wide_transposed, "_ByProduct", None)
    assert WideTransposed(8, 2)(torch.zeros(1, 8, 4, 4)).shape == (1, 2, 8, 8)
    assert WideTransposed(256, 2)(torch.zeros(1, 256, 16, 16)).shape == (1, 2, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        assert WideTransposed(256, 2)(torch.zeros(1, 256, 2, 2)).dtype == torch.bfloat16
