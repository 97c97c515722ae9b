from itertools import islice

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import leaky_relu

from rarefault.generators.table.gradient_penalty import GradientPenalty
from rarefault.generators.table.mlp import MLP, Pass, RMSProp, RunningAverage
from rarefault.generators.table.wgan import WGANSettings
from rarefault.generators.table.wgan_step import WGANStep
from rarefault.generators.table.wgan_training import balanced, shuffled, steps_for

CPU = torch.device("cpu")
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def network(sizes: list[int], seed: int = 0, dtype: torch.dtype = torch.float64) -> MLP:
    made = MLP(sizes, 0.2, CPU, dtype)
    made.initialise(torch.Generator().manual_seed(seed))
    return made


def weights_of(made: MLP) -> list[Tensor]:
    return [W.clone().requires_grad_() for W in made.weights]


def plain(weights: list[Tensor], x: Tensor) -> Tensor:
    """The network on rows (m, inputs), for autograd."""
    for W in weights[:-1]:
        x = leaky_relu(x @ W[:-1] + W[-1], 0.2)
    return x @ weights[-1][:-1] + weights[-1][-1]


def flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([t.reshape(-1) for t in tensors])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("hidden", [[], [7], [7, 6], [5, 5, 5, 5, 5]])
def test_gradients_equal_autograds(hidden: list[int], dtype: torch.dtype) -> None:
    made = network([4, *hidden, 3], dtype=dtype)
    x, delta = torch.randn(9, 4, dtype=dtype), torch.randn(9, 3, dtype=dtype)
    layers = made.room(9)
    layers[0][:-1] = x.t()
    way = Pass(made, layers)
    out = way.forward()
    way.backward(delta.t())
    weights = weights_of(made)
    expected = plain(weights, x)
    torch.testing.assert_close(out.t(), expected, rtol=0, atol=TOLERANCE[dtype])
    gradients = torch.autograd.grad(expected, weights, delta)
    torch.testing.assert_close(made.flat_grad, flat(gradients), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("k", [0, 2])
@pytest.mark.parametrize("penalty", [0.0, 10.0])
def test_a_step_equals_the_textbook_loop(layers: int, k: int, penalty: float) -> None:
    d, latent, B, n = 5, 3, 4, 3
    settings = WGANSettings(batch=B, n_critic=n, lr=0.01, clip=0.05, gradient_penalty=penalty)
    generator, critic = network([latent + k, *[8] * layers, d]), network([d + k, *[8] * layers, 1], seed=1)
    G, C = weights_of(generator), weights_of(critic)
    step = WGANStep(generator, critic, settings)
    rng = torch.Generator().manual_seed(3)
    real = torch.randn(n * B, d + k, generator=rng, dtype=torch.float64)
    mixes = []
    if step.penalty:
        add = step.penalty.add_gradients
        step.penalty.add_gradients = lambda *args: (add(*args), mixes.append(step.penalty.mix.t().clone()))

    step(real, rng)

    wanted = torch.cat([real[:, d:], real[-B:, d:]])
    noise = torch.cat([step.noise.t(), wanted], dim=1)

    def fakes() -> Tensor:
        return torch.cat([torch.tanh(plain(G, noise)), wanted], dim=1)

    drawn = fakes().detach()
    optimiser = torch.optim.RMSprop(C, lr=settings.lr)
    for i in range(n):
        rows, fake = real[i * B : (i + 1) * B], drawn[i * B : (i + 1) * B]
        loss = plain(C, fake).mean() - plain(C, rows).mean()
        if penalty:
            loss = loss + penalty * penalty_of(C, rows.lerp(fake, mixes[i]), d)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if not penalty:
            for W in C:
                W.data.clamp_(-settings.clip, settings.clip)
    optimiser = torch.optim.RMSprop(G, lr=settings.lr)
    (-plain(C, fakes()[-B:]).mean()).backward()
    optimiser.step()
    torch.testing.assert_close(critic.flat, flat(C).detach(), rtol=0, atol=1e-7)
    torch.testing.assert_close(generator.flat, flat(G).detach(), rtol=0, atol=1e-7)
    torch.testing.assert_close(generator.flat_grad, flat([W.grad for W in G]), rtol=0, atol=1e-10)


def penalty_of(critic: list[Tensor], rows: Tensor, d: int) -> Tensor:
    """Equation 3 of Gulrajani et al. (2017), with respect to the first d features."""
    rows = rows.clone().requires_grad_()
    (slope,) = torch.autograd.grad(plain(critic, rows).sum(), rows, create_graph=True)
    return ((slope[:, :d].norm(dim=1) - 1.0) ** 2).mean()


@pytest.mark.parametrize("hidden", [[7], [7, 6, 5]])
def test_the_penaltys_gradients_equal_double_backpropagations(hidden: list[int]) -> None:
    critic = network([6, *hidden, 1])
    fake, real = torch.randn(6, 9, dtype=torch.float64), torch.randn(6, 9, dtype=torch.float64)
    penalty = GradientPenalty(critic, d=4, m=9, weight=2.5)
    penalty.add_gradients(fake, real, torch.Generator().manual_seed(0))
    weights = weights_of(critic)
    between = torch.lerp(real, fake, penalty.mix).t()
    expected = torch.autograd.grad(2.5 * penalty_of(weights, between, 4), weights, allow_unused=True)
    filled = [torch.zeros_like(W) if g is None else g for W, g in zip(weights, expected, strict=True)]
    torch.testing.assert_close(critic.flat_grad, flat(filled), rtol=0, atol=1e-10)


def test_rmsprop_equals_torchs() -> None:
    made = network([4, 5, 2])
    theirs = made.flat.clone().requires_grad_()
    ours, optimiser = RMSProp(made, lr=0.01), torch.optim.RMSprop([theirs], lr=0.01)
    for i in range(20):
        gradient = torch.randn(len(made.flat), dtype=torch.float64, generator=torch.Generator().manual_seed(i))
        gradient[:3] = 0.0
        made.flat_grad.copy_(gradient)
        theirs.grad = gradient
        ours.step()
        optimiser.step()
    torch.testing.assert_close(made.flat, theirs.detach(), rtol=0, atol=1e-10)


def test_clipping_keeps_every_weight_inside() -> None:
    made = network([4, 5, 2])
    made.flat_grad.normal_(generator=torch.Generator().manual_seed(0))
    RMSProp(made, lr=0.5, clip=0.02).step()
    assert made.flat.abs().max() == 0.02


def test_the_average_follows_and_forgets_the_start() -> None:
    made = network([3, 2])
    average = RunningAverage(made, decay=0.9)
    made.flat.fill_(1.0)
    for _ in range(200):
        average.step()
    torch.testing.assert_close(average.network.flat, made.flat, rtol=0, atol=1e-6)
    made.flat.fill_(2.0)
    average.step()
    torch.testing.assert_close(average.network.flat, torch.full_like(made.flat, 1.1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("n", [1, 3, 10, 25])
def test_shuffled_passes_over_every_row_once(n: int) -> None:
    drawn = torch.cat(list(islice(shuffled(n, 10, torch.Generator().manual_seed(0)), n)))
    passes = drawn.view(10, n).sort(dim=1).values
    assert (passes == torch.arange(n)).all()


def test_balanced_gives_every_group_its_turn() -> None:
    groups = np.array([0, 1, 0, 0, 2, 0, 1])
    drawn = torch.cat(list(islice(balanced(groups, 6, torch.Generator().manual_seed(0)), 200))).numpy()
    np.testing.assert_array_equal(groups[drawn].reshape(-1, 3), np.tile([0, 1, 2], (400, 1)))
    assert set(drawn) == set(range(7))


@pytest.mark.parametrize(
    ("n", "epochs", "max_steps", "expected"), [(1000, 300, None, 938), (1, 1, None, 1), (1000, 300, 7, 7)]
)
def test_an_epoch_shows_the_critic_each_row_once(n: int, epochs: int, max_steps: int | None, expected: int) -> None:
    assert steps_for(WGANSettings(epochs=epochs, max_steps=max_steps), n) == expected
