"""The networks are those of their papers: layers counted, parameters counted, shapes on the way."""

import pytest
import torch
from torch import nn

from rarefault.classifiers.image import IMAGE_CLASSIFIERS
from rarefault.classifiers.image.network import count_parameters

TABLE5 = (
    (25 * 1 * 16 + 2 * 16) + (25 * 16 * 32 + 2 * 32) + (9 * 32 * 64 + 2 * 64)  # convolutions and their batch norms
    + (64 * 12 * 12 * 64 + 64) + (64 * 3 + 3)  # dense layers after 96 / 8 = 12 pixels a side
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "channels", "classes", "size", "parameters"),
    [
        ("table5-cnn", 1, 3, 96, TABLE5),
        ("resnet18", 3, 1000, 224, 11_689_512),
        ("mobilenet-v2", 3, 1000, 224, 3_504_872),
    ],
)
def test_parameters_are_those_of_the_papers(name, channels, classes, size, parameters):
    assert count_parameters(IMAGE_CLASSIFIERS[name](channels, classes, size)) == parameters


def sides(network, size):
    """The side of each feature map that a convolution leaves."""
    found = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda layer, taken, given: found.append(given.shape[-1]))
    network.eval()(torch.zeros(1, network.channels, size, size))
    return found


def test_table5_halves_three_times():
    network = IMAGE_CLASSIFIERS["table5-cnn"](1, 3, 96)
    assert sides(network, 96) == [96, 48, 24]
    kernels = [(c.out_channels, c.kernel_size[0]) for c in network.modules() if isinstance(c, nn.Conv2d)]
    assert kernels == [(16, 5), (32, 5), (64, 3)]


def test_resnet_has_eighteen_layers_and_a_small_stem_keeps_small_images_large():
    network = IMAGE_CLASSIFIERS["resnet18"](3, 1000, 224)
    main = [
        m for m in network.modules() if isinstance(m, nn.Linear) or (isinstance(m, nn.Conv2d) and m.kernel_size[0] > 1)
    ]
    assert len(main) == 18
    assert sides(network, 224)[0] == 112
    assert sides(network, 224)[-1] == 7
    small = IMAGE_CLASSIFIERS["resnet18"](1, 3, 64, small_stem=True)
    assert (sides(small, 64)[0], sides(small, 64)[-1]) == (64, 8)


def test_mobilenet_reduces_32_times_or_16_with_a_small_stem():
    assert sides(IMAGE_CLASSIFIERS["mobilenet-v2"](3, 10, 96), 96)[-1] == 3
    assert sides(IMAGE_CLASSIFIERS["mobilenet-v2"](3, 10, 96, small_stem=True), 96)[-1] == 6


@pytest.mark.parametrize("name", sorted(IMAGE_CLASSIFIERS))
def test_width_narrows(name):
    whole, half = (count_parameters(IMAGE_CLASSIFIERS[name](1, 3, 64, width)) for width in (1.0, 0.5))
    assert half < 0.6 * whole
