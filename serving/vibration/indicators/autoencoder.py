"""What a variational autoencoder of healthy signals cannot reconstruct."""

from typing import TYPE_CHECKING, Self

import numpy as np

from serving.vibration.indicators.arrays import Arrays

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields

Layer = tuple[np.ndarray, np.ndarray]


class Network:
    """tanh(x W1 + b1) W2 + b2, of which the first `latent` units are the code z, and then tanh(z W3 + b3) W4 + b4."""

    def __init__(self, window: int, layers: tuple[Layer, ...]) -> None:
        self._window, self._layers = window, layers

    @classmethod
    def read(cls, prefix: str, window: int, hidden: int, latent: int, arrays: Arrays, channels: int) -> Self:
        """Check the weights whose names begin with `prefix`; raises BrokenModel."""
        width = channels * window
        into, (code, code_bias), *decoder = (
            (arrays.take(f"{prefix}{name}.weight", shape), arrays.take(f"{prefix}{name}.bias", shape[1:]))
            for name, shape in (
                ("encoder", (width, hidden)),
                ("code", (hidden, 2 * latent)),
                ("decoder", (latent, hidden)),
                ("output", (hidden, width)),
            )
        )
        means = np.ascontiguousarray(code[:, :latent]), code_bias[:latent]  # the other half are the codes' variances
        return cls(window, (into, means, *decoder))

    def error(self, scaled: np.ndarray) -> float:
        """Mean squared error of the reconstruction of a snapshot (c, t)."""
        x = self._windows(scaled)
        first, code, second, last = self._layers
        z = _linear(np.tanh(_linear(x, first)), code)
        difference = _linear(np.tanh(_linear(z, second)), last)
        difference -= x
        return float(np.square(difference).mean(dtype=np.float64))

    def _windows(self, scaled: np.ndarray) -> np.ndarray:
        """(windows, c x window) of a snapshot (c, t); the samples that fill no window are left out."""
        c, t = scaled.shape
        n = t // self._window
        parts = scaled[:, : n * self._window].reshape(c, n, self._window)
        return parts.transpose(1, 0, 2).reshape(n, c * self._window)


class Autoencoder:
    """Mean over one or two networks of the reconstruction's squared error over the healthy one.

    Each channel is in healthy standard deviations.
    """

    def __init__(self, networks: tuple[Network, ...], mean: np.ndarray, scale: np.ndarray, level: np.ndarray) -> None:
        self._networks, self._level = networks, level
        self._mean, self._scale = mean[:, None], scale[:, None]

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the weights; raises BrokenModel."""
        sizes = {name: settings.values.get(name) for name in ("window", "wide", "hidden", "latent")}
        for name, size in sizes.items():
            least, most = int(name != "wide"), samples if name in ("window", "wide") else 1 << 14
            if type(size) is not int or not least <= size <= most:
                raise settings.refuse(name, f"from {least} to {most}")
        window, wide, hidden, latent = (int(size or 0) for size in sizes.values())
        named = (("", window), ("wide.", wide)) if wide else (("", window),)
        networks = tuple(Network.read(prefix, width, hidden, latent, arrays, channels) for prefix, width in named)
        mean, scale = arrays.take("mean", (channels,)), arrays.above_zero("scale", (channels,))
        return cls(networks, mean, scale, arrays.above_zero("level", (len(networks),)))

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        return np.array([self._indicator(one) for one in snapshots])  # one at a time stays in the processor's cache

    def _indicator(self, snapshot: np.ndarray) -> float:
        scaled = (snapshot - self._mean) / self._scale
        errors = np.array([network.error(scaled) for network in self._networks])
        return float((errors / self._level).mean())


def _linear(x: np.ndarray, layer: Layer) -> np.ndarray:
    found: np.ndarray = x @ layer[0]
    found += layer[1]
    return found
