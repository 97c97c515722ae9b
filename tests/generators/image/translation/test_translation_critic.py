import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from rarefault.generators.image.pegan import PEGANSettings
from rarefault.generators.image.translation_critic import critic_gradients, generator_signal
from rarefault.generators.image.translation_layers import Layer
from rarefault.generators.image.translation_networks import DomainCritic

DOUBLE = torch.float64
SETTINGS = PEGANSettings()


def made_critic(size: int, layers: int = 5, width: int = 4, domains: int = 3, channels: int = 1) -> DomainCritic:
    torch.manual_seed(0)
    critic = DomainCritic(channels, domains, size, width, layers).to(DOUBLE).to(memory_format=torch.channels_last)
    for parameter in critic.parameters():
        parameter.data.mul_(3.0)  # so that the slope is not all but zero
    return critic


def plain_loss(critic: DomainCritic, real: Tensor, fake: Tensor, domain: Tensor, mix: Tensor) -> Tensor:
    """Equations 3 and 6, with the Wasserstein objective and the penalty as Gulrajani et al. (2017) write them."""
    score, scores = critic(real)
    between = (mix * real + (1 - mix) * fake).requires_grad_()
    out = critic(between)[0]
    (slope,) = torch.autograd.grad(out, between, torch.ones_like(out), create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    loss = critic(fake)[0].mean() - score.mean()
    return loss + SETTINGS.lambda_cls_r * nnf.cross_entropy(scores, domain) + SETTINGS.penalty * penalty


@pytest.mark.parametrize(("size", "layers"), [(32, 5), (64, 5), (96, 5), (64, 6)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_critics_gradients_equal_double_backpropagations(size: int, layers: int, channels: int) -> None:
    critic = made_critic(size, layers, channels=channels)
    real, fake = torch.randn(2, 4, channels, size, size, dtype=DOUBLE)
    domain, mix = torch.tensor([0, 1, 2, 1]), torch.rand(4, 1, 1, 1, dtype=DOUBLE)
    expected = torch.autograd.grad(plain_loss(critic, real, fake, domain, mix), list(critic.parameters()))
    with torch.no_grad():
        found, _ = critic_gradients(critic, real, fake, domain, mix, SETTINGS, DOUBLE)
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-10 * float(theirs.abs().max()) + 1e-14)


def test_the_parts_of_the_critics_loss() -> None:
    critic = made_critic(32)
    real, fake = torch.randn(2, 4, 1, 32, 32, dtype=DOUBLE)
    domain = torch.tensor([0, 1, 2, 1])
    with torch.no_grad():
        _, parts = critic_gradients(critic, real, fake, domain, torch.ones(4, 1, 1, 1, dtype=DOUBLE), SETTINGS, DOUBLE)
        score, scores = critic(real)
        distance = score.mean() - critic(fake)[0].mean()
    torch.testing.assert_close(parts["distance"], distance)
    by_hand = -(scores.softmax(1)[torch.arange(4), domain].log()).mean()
    torch.testing.assert_close(parts["real_domain"], by_hand)


class LinearCritic(DomainCritic):
    """One 4 x 4 convolution of stride 2 without a bend; its summed scores have a slope known beforehand."""

    slope = 1.0

    def __init__(self) -> None:
        super().__init__(channels=1, domains=2, size=2, width=1, layers=1)


def test_the_penalty_of_a_linear_critic() -> None:
    critic = LinearCritic().to(DOUBLE)
    with torch.no_grad():
        critic.trunk[0].weight.zero_()
        critic.trunk[0].weight[0, 0, 1:3, 1:3] = torch.tensor([[1.0, 2.0], [2.0, 4.0]])  # meets the four pixels
        critic.adversarial.weight.zero_()
        critic.adversarial.weight[0, 0, 1, 1] = 0.5
        real, fake = torch.zeros(2, 3, 1, 2, 2, dtype=DOUBLE)
        mix = torch.full((3, 1, 1, 1), 0.5, dtype=DOUBLE)
        settings = PEGANSettings(lambda_cls_r=0.0, penalty=10.0)
        gradients, parts = critic_gradients(
            critic, real, fake, torch.zeros(3, dtype=torch.int64), mix, settings, DOUBLE
        )
    # the slope is 0.5 * (1, 2, 2, 4), of norm 2.5: the penalty is 1.5^2, its derivative in the norm 10 * 2 * 1.5
    assert float(parts["penalty"]) == pytest.approx(2.25)
    expected = 30.0 * torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=DOUBLE) / 5.0 * 0.5
    torch.testing.assert_close(gradients[0][0, 0, 1:3, 1:3], expected)
    assert float(gradients[2][0, 0, 1, 1]) == pytest.approx(30.0 * 5.0)


def test_the_generators_signal_equals_autograds() -> None:
    critic = made_critic(64)
    fake, domain = torch.randn(4, 1, 64, 64, dtype=DOUBLE, requires_grad=True), torch.tensor([0, 1, 2, 2])
    score, scores = critic(fake)
    loss = -score.mean() + SETTINGS.lambda_cls_f * nnf.cross_entropy(scores, domain)
    (expected,) = torch.autograd.grad(loss, fake)
    with torch.no_grad():
        signal, parts = generator_signal(critic, fake, domain, SETTINGS, DOUBLE)
    torch.testing.assert_close(signal, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(parts["score"], score.mean().detach())


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"), [(4, 2, 1, 16), (4, 2, 1, 8), (3, 1, 1, 4), (2, 1, 0, 2)]
)
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_taken_apart_equals_autograds(kernel: int, stride: int, padding: int, size: int, bias: bool) -> None:
    conv = nn.Conv2d(5, 6, kernel, stride, padding, bias=bias).to(DOUBLE).to(memory_format=torch.channels_last)
    x = torch.randn(3, 5, size, size, dtype=DOUBLE, requires_grad=True)
    out = conv(x)
    delta = torch.randn_like(out)
    expected = torch.autograd.grad(out, [x, *conv.parameters()], delta)
    layer = Layer(conv.weight.detach(), conv.bias.detach() if bias else None, stride, padding)
    torch.testing.assert_close(layer.forward(x.detach()), out.detach())
    torch.testing.assert_close(layer.back(delta), expected[0])
    for mine, theirs in zip(layer.gradients(delta, biased=3), expected[1:], strict=True):
        torch.testing.assert_close(mine, theirs)
