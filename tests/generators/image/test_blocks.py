"""Convolutions on blocks of pixels equal those on pixels."""

import pytest
import torch
from torch.nn import functional as nnf

from rarefault.generators.image.blocks import conv5, conv5_halving, from_blocks, to_blocks, transposed4


def drawn(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("channels", [1, 3])
def test_blocks_hold_the_same_pixels(channels):
    images = drawn(2, channels, 6, 4)
    blocks = to_blocks(images)
    assert blocks.shape == (2, 4 * channels, 3, 2)
    assert blocks[1, 2 * channels, 1, 1] == images[1, 0, 3, 2]  # one row down in its block
    assert torch.equal(from_blocks(blocks), images)


@pytest.mark.parametrize("channels", [1, 3])
def test_convolutions_on_blocks_equal_those_on_pixels(channels):
    x, weight, bias = drawn(2, channels, 12, 8), drawn(5, channels, 5, 5), drawn(5)
    plain = nnf.conv2d(x, weight, bias, stride=1, padding=2)
    torch.testing.assert_close(from_blocks(conv5(to_blocks(x), weight, bias)), plain)
    halving = nnf.conv2d(x, weight, None, stride=2, padding=2)
    torch.testing.assert_close(conv5_halving(to_blocks(x), weight), halving)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_transposed_convolution_on_blocks_equals_that_on_pixels(outputs):
    x, weight, bias = drawn(2, 3, 6, 4), drawn(3, outputs, 4, 4), drawn(outputs)
    plain = nnf.conv_transpose2d(x, weight, bias, stride=2, padding=1)
    torch.testing.assert_close(from_blocks(transposed4(x, weight, bias)), plain)
