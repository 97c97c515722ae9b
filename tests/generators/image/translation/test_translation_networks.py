import pytest
import torch
from torch import nn

from rarefault.generators.image.cyclegan_fit import PLAN as CYCLEGAN
from rarefault.generators.image.translation_fit import KINDS
from rarefault.generators.image.translation_networks import (
    DomainCritic,
    PatchCritic,
    Plan,
    TranslationGenerator,
)

PEGAN, STARGAN = KINDS["pegan"].plan, KINDS["stargan"].plan


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_pegans_generator_has_table_1s_layers() -> None:
    with torch.device("meta"):
        network = TranslationGenerator(channels=1, domains=4, plan=PEGAN)
    norms = 2 * (32 + 64 + 128 + 64 + 32)
    down = 49 * 5 * 32 + 25 * 32 * 64 + 25 * 64 * 128
    residual = 6 * 2 * (9 * 128 * 128 + 2 * 128)
    up = 16 * 128 * 64 + 16 * 64 * 32 + 49 * 32 * 1
    assert parameters(network) == down + norms + residual + up == 2_202_432
    shapes = [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0])
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    ]
    blocks = [(128, 128, 3, 1)] * 12
    ends = [(128, 64, 4, 2), (64, 32, 4, 2), (32, 1, 7, 1)]
    assert shapes == [(5, 32, 7, 1), (32, 64, 5, 2), (64, 128, 5, 2), *blocks, *ends]


def test_pegans_critic_ends_at_a_32nd_of_the_input() -> None:
    with torch.device("meta"):
        critic = DomainCritic(channels=1, domains=4, size=64, width=64, layers=5)
    trunk = [16 * a * b + b for a, b in ((1, 64), (64, 128), (128, 256), (256, 512), (512, 1024))]
    assert parameters(critic) == sum(trunk) + 9 * 1024 + 4 * 4 * 1024 == 11_169_728
    assert critic.slope == 0.01


@pytest.mark.parametrize(("size", "side"), [(32, 1), (64, 2), (96, 3), (128, 4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes(size: int, side: int, channels: int) -> None:
    images, domain = torch.zeros(2, channels, size, size), torch.tensor([0, 3])
    assert TranslationGenerator(channels, 4, PEGAN.scaled(0.125, 1))(images, domain).shape == images.shape
    assert TranslationGenerator(channels, 0, CYCLEGAN.scaled(0.1, 1))(images).shape == images.shape
    score, scores = DomainCritic(channels, 4, size, 4, 5)(images)
    assert score.shape == (2, 1, side, side)
    assert scores.shape == (2, 4)


def test_stargan_has_the_published_sizes() -> None:
    # CelebA at 128 pixels with five attributes
    with torch.device("meta"):
        assert parameters(TranslationGenerator(3, 5, STARGAN)) == 8_430_528
        critic = DomainCritic(channels=3, domains=5, size=128, width=64, layers=6)
    trunk = [16 * a * b + b for a, b in ((3, 64), (64, 128), (128, 256), (256, 512), (512, 1024), (1024, 2048))]
    assert parameters(critic) == sum(trunk) + 9 * 2048 + 4 * 5 * 2048


def test_cyclegan_has_the_published_sizes_but_for_biases_before_a_norm() -> None:
    norm_biases = 64 + 128 + 256 + 12 * 256 + 128 + 64
    with torch.device("meta"):
        assert parameters(TranslationGenerator(3, 0, CYCLEGAN)) == 7_837_699 - norm_biases
        assert parameters(PatchCritic(3, 64)) == 2_764_737 - (128 + 256 + 512)
    assert PatchCritic(1, 4)(torch.zeros(2, 1, 64, 64)).shape == (2, 1, 6, 6)


def test_the_wanted_domain_changes_the_image() -> None:
    network = TranslationGenerator(1, 3, Plan(8, 5, 4, blocks=1))
    one = torch.randn(1, 1, 32, 32)
    made = network(one.expand(3, -1, -1, -1), torch.arange(3))
    assert (made[0] - made[1]).abs().max() > 1e-3
    assert (made[1] - made[2]).abs().max() > 1e-3
    assert made.abs().max() <= 1


def test_too_small_images_are_refused() -> None:
    with pytest.raises(ValueError, match="images of 32 pixels are too small for 6 layers"):
        DomainCritic(1, 2, size=32, width=4, layers=6)
