"""One training step of a Wasserstein GAN (Arjovsky et al., 2017, algorithm 1), written without autograd.

The generator stands still while the critic learns, so one forward pass draws the fake rows of all critic updates;
the critic's loss is linear in its output, so its gradient there is a constant and the output is never computed;
all memory is allocated once.
"""

import torch
from torch import Tensor

from rarefault.generators.table.gradient_penalty import GradientPenalty
from rarefault.generators.table.mlp import MLP, Pass, RMSProp
from rarefault.generators.table.wgan import WGANSettings

_tanh_backward = torch.ops.aten.tanh_backward.grad_input


class WGANStep:
    """n_critic updates of the critic, then one of the generator.

    The generator maps latent + k features to d, the critic d + k to 1, where k features (perhaps none) are the
    condition: what is known about a row beside its data.
    """

    def __init__(self, generator: MLP, critic: MLP, settings: WGANSettings) -> None:
        self.d = generator.sizes[-1]
        self.k = critic.sizes[0] - self.d
        self.batch, self.n_critic = settings.batch, settings.n_critic
        self.generator, self.critic = generator, critic
        weight = settings.gradient_penalty
        self.penalty = GradientPenalty(critic, self.d, self.batch, weight) if weight > 0 else None
        self.critic_optimiser = RMSProp(critic, settings.lr, None if self.penalty else settings.clip)
        self.generator_optimiser = RMSProp(generator, settings.lr)
        self._make_generator_room()
        self._make_critic_room()

    def _make_generator_room(self) -> None:
        n = self.n_critic * self.batch
        layers = self.generator.room(n + self.batch)
        latent = self.generator.sizes[0] - self.k
        self.noise = layers[0][:latent]
        self.wanted = layers[0][latent:-1, :n]  # the condition (k, n)
        self.wanted_last = layers[0][latent:-1, n:]
        self.all_fakes = Pass(self.generator, layers)
        # The generator learns from the last batch of fakes, which no critic update has seen.
        self.last_fakes = Pass(self.generator, [H[:, n:] for H in layers])
        fakes = self.all_fakes.out[:, :n]
        self.fakes = fakes.view(self.d, self.n_critic, self.batch).transpose(0, 1)
        self.last_fake = self.all_fakes.out[:, n:]

    def _make_critic_room(self) -> None:
        B, flat = self.batch, self.critic.flat
        rows = flat.new_ones((self.n_critic, self.critic.sizes[0] + 1, 2 * B))  # fake rows beside real ones
        hidden = self.critic.room(2 * B)[1:]
        self.judged = [Pass(self.critic, [X, *hidden]) for X in rows]
        self.fake_inputs, self.real_inputs = rows[:, :-1, :B], rows[:, :-1, B:]
        self.fake_data, self.fake_condition = self.fake_inputs[:, : self.d], self.fake_inputs[:, self.d :]
        # d/d(output) of mean(critic(fake)) - mean(critic(real))
        self.critic_delta = torch.cat([flat.new_full((1, B), 1.0 / B), flat.new_full((1, B), -1.0 / B)], dim=1)
        layers = self.critic.room(B)
        self.last_input = layers[0][:-1]
        self.last_judged = Pass(self.critic, layers)
        # d/d(output) of -mean(critic(fake))
        self.generator_delta = flat.new_full((1, B), -1.0 / B)
        self.first_weights = self.critic.weights[0][: self.d]
        self.data_delta = flat.new_empty((self.d, B))

    def __call__(self, real: Tensor, rng: torch.Generator) -> None:
        """Learn from real rows (n_critic * batch, d + k), each with its condition in the last k features."""
        self.draw_fakes(real, rng)
        for i, judged in enumerate(self.judged):
            self.critic_gradients(i, judged, rng)
            self.critic_optimiser.step()
        self.generator_gradients()
        self.generator_optimiser.step()

    def draw_fakes(self, real: Tensor, rng: torch.Generator) -> None:
        """Place the real rows and as many fakes of the same conditions before the critic."""
        batches = real.view(self.n_critic, self.batch, -1).transpose(1, 2)  # (n_critic, d + k, batch)
        self.real_inputs.copy_(batches)
        self.noise.normal_(generator=rng)
        if self.k:
            self.wanted.copy_(real[:, self.d :].t())
            self.wanted_last.copy_(batches[-1, self.d :])
            self.fake_condition.copy_(batches[:, self.d :])
        self.all_fakes.forward().tanh_()
        self.fake_data.copy_(self.fakes)

    def critic_gradients(self, i: int, judged: Pass, rng: torch.Generator) -> None:
        """Fill the critic's gradients from its i-th batch."""
        judged.hidden()
        judged.backward(self.critic_delta)
        if self.penalty:
            self.penalty.add_gradients(self.fake_inputs[i], self.real_inputs[i], rng)

    def generator_gradients(self) -> None:
        """Fill the generator's gradients from the last batch of fakes."""
        self.last_input[: self.d].copy_(self.last_fake)
        if self.k:
            self.last_input[self.d :].copy_(self.wanted_last)
        self.last_judged.hidden()
        delta = self.last_judged.slopes(self.generator_delta)
        torch.mm(self.first_weights, delta, out=self.data_delta)
        _tanh_backward(self.data_delta, self.last_fake, grad_input=self.data_delta)
        self.last_fakes.backward(self.data_delta)

    def distance(self) -> float:
        """The critic's estimate of the Wasserstein distance on its last batch, up to its Lipschitz constant."""
        scores = self.judged[-1].forward()
        return float(scores[:, self.batch :].mean() - scores[:, : self.batch].mean())
