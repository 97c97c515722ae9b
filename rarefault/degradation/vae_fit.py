"""The training of the VAE on windows drawn anywhere in the healthy signals."""

from collections.abc import Callable

import numpy as np

from rarefault.degradation.vae_network import Network, Shape
from rarefault.generators.base import Progress

_NOTED = 100  # times that progress is told


class Adam:
    """Kingma and Ba's optimiser (2015) on one flat vector, in place."""

    def __init__(self, flat: np.ndarray, first: float = 0.9, second: float = 0.999, small: float = 1e-8) -> None:
        self.flat, self.first, self.second, self.small = flat, first, second, small
        self.mean, self.square, self.steps = np.zeros_like(flat), np.zeros_like(flat), 0

    def step(self, gradient: np.ndarray, rate: float) -> None:
        """Move the vector against the gradient by about `rate`."""
        self.steps += 1
        self.mean *= self.first
        self.mean += (1 - self.first) * gradient
        self.square *= self.second
        self.square += (1 - self.second) * gradient * gradient
        scale = np.sqrt(self.square / (1 - self.second**self.steps)) + self.small
        self.flat -= rate / (1 - self.first**self.steps) * self.mean / scale


def train(
    signals: np.ndarray,
    shape: Shape,
    *,
    window: int,
    steps: int,
    batch: int,
    learning_rate: float,
    beta: float,
    seed: int,
    part: int = 0,
    progress: Progress | None = None,
) -> tuple[Network, list[tuple[float, float]]]:
    """A network that learned from scaled signals (n, c, t); it, and (squared error, divergence) of each step.

    part: of several networks with the same seed, each has draws of its own. The learning rate falls to 0 along half a
    cosine (Loshchilov and Hutter, 2017).
    """
    rng = np.random.default_rng([seed, part])
    network, gradient = Network.drawn(shape, rng), Network(shape)
    draw, optimiser, history = _drawer(signals, window, batch, rng), Adam(network.flat), []
    for done in range(steps):
        noise = rng.standard_normal((batch, shape.latent), dtype=np.float32)
        history.append(network.step(draw(), noise, gradient, beta))
        optimiser.step(gradient.flat, learning_rate * 0.5 * (1 + np.cos(np.pi * done / steps)))
        if progress is not None and (done + 1) % max(1, steps // _NOTED) == 0:
            progress(done + 1, steps)
    return network, history


def _drawer(signals: np.ndarray, window: int, batch: int, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    """Draws windows (batch, c x window), all channels of one place after each other."""
    n, c, t = signals.shape
    flat = np.ascontiguousarray(signals).reshape(-1)
    inside = (np.arange(c)[:, None] * t + np.arange(window)).reshape(-1)  # (c x window,)

    def draw() -> np.ndarray:
        place = rng.integers(n, size=batch) * (c * t) + rng.integers(t - window + 1, size=batch)
        return np.asarray(flat[place[:, None] + inside])

    return draw
