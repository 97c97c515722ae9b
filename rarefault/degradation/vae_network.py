"""A variational autoencoder of one hidden layer each way, in NumPy, with its gradient written out.

Source: Kingma and Welling (2014), Auto-Encoding Variational Bayes: the bound of their equation 3, estimated with one
draw of the code for each window (the ball-screw paper's equations 2 to 4). The decoder's variance is the batch's mean
squared error, which is where the bound is greatest (Rybkin, Daniilidis and Levine, 2021), so that no weight between
the two terms has to be found by hand. The networks are small: what a step costs is calls, and NumPy's are cheap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_SMALLEST = 1e-6
"""The decoder's variance is never below this share of the healthy power."""


@dataclass(frozen=True)
class Shape:
    """inputs: numbers in a window, all channels; hidden: units of the layer each way; latent: numbers in the code."""

    inputs: int
    hidden: int
    latent: int

    def layers(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Every array by name, in the order in which they lie in one flat vector."""
        for name, into, out in (
            ("encoder", self.inputs, self.hidden),
            ("code", self.hidden, 2 * self.latent),
            ("decoder", self.latent, self.hidden),
            ("output", self.hidden, self.inputs),
        ):
            yield f"{name}.weight", (into, out)
            yield f"{name}.bias", (out,)


class Network:
    """The network's weights: views by name into one flat float32 vector, so that an optimiser sees one array."""

    def __init__(self, shape: Shape, flat: np.ndarray | None = None) -> None:
        self.shape = shape
        sizes = {name: int(np.prod(dims)) for name, dims in shape.layers()}
        self.flat = np.zeros(sum(sizes.values()), dtype=np.float32) if flat is None else flat
        ends = np.cumsum(list(sizes.values()))
        self.arrays = {
            name: self.flat[end - sizes[name] : end].reshape(dims)
            for (name, dims), end in zip(shape.layers(), ends, strict=True)
        }

    @classmethod
    def drawn(cls, shape: Shape, rng: np.random.Generator) -> "Network":
        """Glorot's uniform weights (2010), biases 0."""
        network = cls(shape)
        for array in network.arrays.values():
            if array.ndim == 2:
                bound = np.sqrt(6 / sum(array.shape))
                array[...] = rng.uniform(-bound, bound, array.shape)
        return network

    def encode(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hidden layer (m, hidden), and mean and log variance (m, latent) of the code of windows x (m, inputs)."""
        hidden = self._tanh("encoder", x)
        mean, log_variance = np.split(self._linear("code", hidden), 2, axis=1)
        return hidden, mean, log_variance

    def decode(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hidden layer (m, hidden) and windows (m, inputs) of codes z (m, latent)."""
        hidden = self._tanh("decoder", z)
        return hidden, self._linear("output", hidden)

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """The windows x (m, inputs) from the means of their codes."""
        return self.decode(self.encode(x)[1])[1]

    def step(self, x: np.ndarray, noise: np.ndarray, gradient: "Network", beta: float = 1.0) -> tuple[float, float]:
        """Put the gradient of the negative bound, a mean over windows x (m, inputs), into `gradient`.

        noise: (m, latent) standard normal; beta: weight of the divergence, 1 for the bound itself (Higgins et al.,
        2017). Returns the mean squared error and the mean divergence.
        """
        up, mean, log_variance = self.encode(x)
        deviation = np.exp(0.5 * log_variance)
        z = mean + deviation * noise
        down, out = self.decode(z)
        error, apart = squared_error(x, out), divergence(mean, log_variance)
        variance = max(float(error.mean()), _SMALLEST)
        g_out = (out - x) / np.float32(variance * len(x))
        g_z = gradient._back("decoder", z, gradient._back("output", down, g_out, self) * (1 - down * down), self)
        weight = np.float32(beta / len(x))
        g_mean = g_z + weight * mean
        g_log = 0.5 * (g_z * noise * deviation + weight * (deviation * deviation - 1))
        g_up = gradient._back("code", up, np.concatenate([g_mean, g_log], axis=1), self)
        gradient._back("encoder", x, g_up * (1 - up * up), self)
        return float(error.mean()), float(apart.mean())

    def _linear(self, layer: str, x: np.ndarray) -> np.ndarray:
        out: np.ndarray = x @ self.arrays[f"{layer}.weight"]
        out += self.arrays[f"{layer}.bias"]
        return out

    def _tanh(self, layer: str, x: np.ndarray) -> np.ndarray:
        out = self._linear(layer, x)
        return np.asarray(np.tanh(out, out=out))

    def _back(self, layer: str, into: np.ndarray, g_out: np.ndarray, network: "Network") -> np.ndarray:
        """Take a layer's gradient from that of its output; returns that of its input."""
        np.matmul(into.T, g_out, out=self.arrays[f"{layer}.weight"])
        g_out.sum(axis=0, out=self.arrays[f"{layer}.bias"])
        return np.asarray(g_out @ network.arrays[f"{layer}.weight"].T)


def squared_error(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """The mean squared error of each window (m,), between x and out (m, t): the paper's VAERE of one window."""
    difference = out - x
    return np.asarray(np.einsum("ij,ij->i", difference, difference) / np.float32(x.shape[1]))


def divergence(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
    """Kullback-Leibler divergence of N(mean, diag(exp(log_variance))), both (m, d), from N(0, I); (m,), in nats."""
    return np.asarray(0.5 * (mean * mean + np.exp(log_variance) - 1 - log_variance).sum(axis=1))


def negative_bound(
    x: np.ndarray, out: np.ndarray, mean: np.ndarray, log_variance: np.ndarray, variance: float, beta: float = 1.0
) -> float:
    """What training lowers, but for a constant: the mean over windows of Gaussian reconstruction and divergence."""
    reconstruction = 0.5 * x.shape[1] * squared_error(x, out) / variance
    return float((reconstruction + beta * divergence(mean, log_variance)).mean())
