"""The critic's part of a step of PE-GAN and StarGAN, written without autograd.

The critic has LeakyReLUs and no norm, so it is piecewise linear: its slope at an image is a product of its weights
with the signs of its activations fixed, and the gradient of the penalty on that slope (Gulrajani et al., 2017,
equation 3) is one more pass forward. Double backpropagation would go back through the first pass as well, to find
zeros. Real, fake and mixed images share every other pass.
"""

import torch
from torch import Tensor
from torch.nn import functional as nnf

from rarefault.generators.image.translation_layers import Layer
from rarefault.generators.image.translation_networks import DomainCritic
from rarefault.generators.image.translation_settings import DomainSettings

_leaky_relu_backward = torch.ops.aten.leaky_relu_backward


def _full(x: Tensor) -> Tensor:
    """In at least single precision."""
    return x if x.dtype == torch.float64 else x.float()


class CriticPass:
    """One pass of images through the critic's weights as they are now; computes in `dtype`."""

    def __init__(self, critic: DomainCritic, dtype: torch.dtype = torch.float32) -> None:
        def layer(conv: torch.nn.Conv2d) -> Layer:
            bias = None if conv.bias is None else conv.bias.detach().to(dtype)
            stride, padding = conv.stride[0], int(conv.padding[0])
            return Layer(conv.weight.detach().to(dtype), bias, stride, padding)

        self.slope, self.dtype = critic.slope, dtype
        self.trunk = [layer(conv) for conv in critic.trunk]  # type: ignore[arg-type]
        self.adversarial, self.domain = layer(critic.adversarial), layer(critic.domain)

    def forward(self, x: Tensor, judged: int) -> tuple[Tensor, Tensor]:
        """Scores (m, 1, h', w') of images (m, c, h, w), and the domains' (judged, domains) of the first `judged`."""
        self.hidden: list[Tensor] = []
        x = x.to(self.dtype)
        for layer in self.trunk:
            x = nnf.leaky_relu_(layer.forward(x), self.slope)
            self.hidden.append(x)
        return _full(self.adversarial.forward(x)), _full(self.domain.forward(x[:judged]).flatten(1))

    def back(self, score: Tensor, domain: Tensor, first: int) -> Tensor:
        """Go back from the gradients of both outputs; the gradient (m - first, c, h, w) of the images from `first`.

        The gradient of each layer's output is kept in `deltas`.
        """
        self.score_delta = score.to(self.dtype)
        self.domain_delta = domain.to(self.dtype)[:, :, None, None]
        delta = self.adversarial.back(self.score_delta)
        delta[: len(domain)] += self.domain.back(self.domain_delta)
        self.deltas: list[Tensor] = []
        for at in reversed(range(len(self.trunk))):
            delta = _leaky_relu_backward(delta, self.hidden[at], self.slope, True)  # keeps its sign: is the input's
            self.deltas.insert(0, delta)
            delta = self.trunk[at].back(delta if at else delta[first:])
        return delta

    def push(self, r: Tensor) -> None:
        """Send directions r, the gradient of a loss on the slope at the last images, forward; those are replaced."""
        r = r.to(self.dtype)
        for layer, hidden in zip(self.trunk, self.hidden, strict=True):
            r = _leaky_relu_backward(layer.push(r), hidden[-len(r) :], self.slope, True)
        self.adversarial.push(r)

    def gradients(self, biased: int) -> list[Tensor]:
        """The gradients of the critic's parameters, in their order; biases count for the first `biased` images."""
        found = [
            g for layer, delta in zip(self.trunk, self.deltas, strict=True) for g in layer.gradients(delta, biased)
        ]
        return (
            found
            + self.adversarial.gradients(self.score_delta, biased)
            + self.domain.gradients(self.domain_delta, biased)
        )


def critic_gradients(
    critic: DomainCritic,
    real: Tensor,
    fake: Tensor,
    domain: Tensor,
    mix: Tensor,
    settings: DomainSettings,
    dtype: torch.dtype,
) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Gradients of the critic's loss in its parameters, and the loss's parts.

    The loss is mean(score(fake)) - mean(score(real)) + lambda_cls_r * cross entropy + penalty * mean((|slope| - 1)^2),
    the slope being that of the summed scores at real * mix + fake * (1 - mix). real, fake: (n, c, h, w); domain: (n,)
    those of the real ones; mix: (n, 1, 1, 1) in [0, 1].
    """
    n = len(real)
    way = CriticPass(critic, dtype)
    score, scores = way.forward(torch.cat([real, fake, torch.lerp(fake, real, mix)]), judged=n)
    each = 1.0 / score[:n].numel()
    delta = torch.ones_like(score)
    delta[:n], delta[n : 2 * n] = -each, each
    wanted = nnf.one_hot(domain, scores.shape[1])
    slope = way.back(delta, (scores.softmax(1) - wanted) * (settings.lambda_cls_r / n), first=2 * n)
    slope = _full(slope)
    norm = slope.flatten(1).norm(dim=1).clamp_min(1e-12)[:, None, None, None]
    way.push(slope * (2.0 * settings.penalty / n * (norm - 1.0) / norm))
    parts = {
        "distance": score[:n].mean() - score[n : 2 * n].mean(),
        "penalty": (norm - 1.0).square().mean(),
        "real_domain": nnf.cross_entropy(scores, domain),
    }
    return way.gradients(biased=2 * n), parts


def generator_signal(
    critic: DomainCritic, fake: Tensor, domain: Tensor, settings: DomainSettings, dtype: torch.dtype
) -> tuple[Tensor, dict[str, Tensor]]:
    """The gradient, in the fake images, of -mean(score(fake)) + lambda_cls_f * cross entropy; and the parts."""
    way = CriticPass(critic, dtype)
    score, scores = way.forward(fake, judged=len(fake))
    wanted = nnf.one_hot(domain, scores.shape[1])
    delta = torch.full_like(score, -1.0 / score.numel())
    signal = way.back(delta, (scores.softmax(1) - wanted) * (settings.lambda_cls_f / len(fake)), first=0)
    return signal.to(fake.dtype), {"score": score.mean(), "fake_domain": nnf.cross_entropy(scores, domain)}
