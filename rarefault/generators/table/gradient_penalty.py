"""The gradient penalty of WGAN-GP (Gulrajani et al., 2017, equation 3), without double backpropagation.

A LeakyReLU network is piecewise linear: the critic's slope at a row is a product of its weight matrices with the
signs of its activations fixed. So the slope's own gradient is one more pass through those matrices.
"""

import torch
from torch import Tensor

from rarefault.generators.table.mlp import MLP, Pass

_leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input


class GradientPenalty:
    """weight * mean((norm of the critic's slope - 1)^2) at m random points between real and fake rows.

    d: how many of the critic's input features are data; the slope is taken with respect to those.
    """

    def __init__(self, critic: MLP, d: int, m: int, weight: float) -> None:
        self.critic, self.d, self.scale = critic, d, 2.0 * weight / m
        self.layers = critic.room(m)
        self.between = Pass(critic, self.layers)
        self.one = critic.flat.new_ones((1, m))
        self.mix = critic.flat.new_empty((1, m))

    def add_gradients(self, fake: Tensor, real: Tensor, rng: torch.Generator) -> None:
        """Add the penalty's gradients to the critic's; fake and real: (critic inputs, m), condition included."""
        torch.lerp(real, fake, self.mix.uniform_(generator=rng), out=self.layers[0][:-1])
        self.between.hidden()
        first = self.critic.weights[0][: self.d]
        slope = first @ self.between.slopes(self.one)  # (d, m)
        norm = slope.norm(dim=0).clamp_min_(1e-12)
        self._spread(slope.mul_(self.scale * (norm - 1.0) / norm))

    def _spread(self, r: Tensor) -> None:
        """Add the gradients that `r` (d, m), the penalty's gradient with respect to the slope, implies."""
        for i, S in enumerate(self.between.sums):
            inputs = self.d if i == 0 else -1
            self.critic.grads[i][:inputs].addmm_(r, self.between.deltas[i].t())
            r = self.critic.weights[i][:inputs].t() @ r
            _leaky_relu_backward(r, S, self.between.slope, True, grad_input=r)
        self.critic.grads[-1][:-1].addmm_(r, self.one.t())
