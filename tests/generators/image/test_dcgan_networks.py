"""Layers of the DCGAN against Table 2 of the ball-screw paper, counted by hand."""

import pytest
import torch
from torch import nn

from rarefault.generators.image.dcgan_networks import Discriminator, Generator, initialise


def counts(network):
    """Parameters of each layer that has some, in order."""
    found = [sum(p.numel() for p in layer.parameters(recurse=False)) for layer in network.modules()]
    return [n for n in found if n]


def shapes(network, run, layers):
    found = []
    hooks = [layer.register_forward_hook(lambda *args: found.append(tuple(args[2].shape[1:]))) for layer in layers]
    run(network)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize(("channels", "last"), [(3, 128 * 3 * 16 + 3), (1, 128 * 16 + 1)])
def test_the_generator_of_table_2(channels, last):
    with torch.device("meta"):  # shapes without numbers
        generator, z = Generator(100, (channels, 96, 96)), torch.empty(2, 100)
    up = [1024 * 512 * 16, 2 * 512, 512 * 256 * 16, 2 * 256, 256 * 128 * 16, 2 * 128]
    assert counts(generator) == [100 * 6 * 6 * 1024 + 6 * 6 * 1024, *up, last]
    made = shapes(generator, lambda g: g(z), [m for m in generator.layers if not list(m.children())])
    assert made == [s for k, side in ((512, 12), (256, 24), (128, 48)) for s in [(k, side, side)] * 3]
    assert generator(z).shape == (2, channels, 96, 96)


@pytest.mark.parametrize(("channels", "first"), [(3, 32 * 3 * 25 + 32), (1, 32 * 25 + 32)])
def test_the_discriminator_of_table_2(channels, first):
    with torch.device("meta"):
        d, images = Discriminator((channels, 96, 96), noise=0.1), torch.empty(2, channels, 96, 96)
    convs = [first, 64 * 32 * 25, 128 * 64 * 9, 256 * 128 * 9]
    norms = [2 * 64, 2 * 128, 2 * 256]
    assert sorted(counts(d)) == sorted([*convs, *norms, 12 * 12 * 256 + 1])
    made = shapes(d, lambda d: d(images), [d.noise, d.active, *d.norms, d.third, d.fourth])
    assert made == [
        (4 * channels, 48, 48),  # the image in blocks of 2 x 2
        (32, 96, 96),
        *[(64, 48, 48)] * 2,
        *[(128, 24, 24)] * 3,
        *[(256, 12, 12)] * 3,
    ]
    assert d(images).shape == (2,)


@pytest.mark.parametrize("width", [1 / 8, 1 / 2])
def test_the_first_layers_give_the_same_in_blocks_and_in_pixels(width):
    torch.manual_seed(0)
    d = Discriminator((1, 32, 32), width, dropout=0.0).double()
    blocks = torch.randn(3, 4, 16, 16, dtype=torch.float64)
    torch.testing.assert_close(d.judge(blocks), d.judge(blocks.clone().requires_grad_()))


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 96), (1, 128, 128)])
def test_any_multiple_of_32_and_any_width(shape):
    generator, discriminator = Generator(7, shape, width=0.01), Discriminator(shape, width=0.01)
    assert generator.base == (10, shape[1] // 16, shape[2] // 16)
    images = generator(torch.randn(2, 7))
    assert images.shape == (2, *shape)
    assert discriminator(images).shape == (2,)
    assert images.abs().max() <= 1


def test_weights_start_as_radford_says():
    torch.manual_seed(0)
    network = Generator(50, (1, 32, 32), 0.25)
    initialise(network)
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert layer.bias is None or (layer.bias == 0).all()
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1.0, abs=0.02)
