"""The paper's health indicator: what a variational autoencoder of healthy raw signals cannot reconstruct (VAERE).

The snapshot is cut into windows, and the squared errors of all of them are averaged (the paper's equation for VAERE,
over all T points). The windows are short on purpose. Snapshots begin at any phase of the rotation, so that a code of
three numbers says nothing about a window as long as a snapshot: its error is then the signal's power, no more than RMS
tells, and small only for snapshots learned by heart. Of a few samples, three numbers hold how the healthy machine
moves, and what is left over is what impacts and worn surfaces add.

How few is a matter of the damage. Measured at onsets of simulated ball-screw lives, on three FEMTO lives and on CWRU,
the distance of worn snapshots from healthy ones falls from 4 samples over 8 and 16 to 512: windows of 4 leave over the
fastest motions, where wear shows first. But where the simulated damage rings at an eighth of the sampling rate, they
find it no sooner than RMS, and windows of 16 do. So there are two networks, and the indicator is the mean of their
errors, each over its healthy mean: within a snapshot or two as early as the better one everywhere.

`beta` below 1 lets codes carry more of the window: at 0.1 the worn snapshots stand a fifth further from the healthy
ones than at 1, and below that nothing is gained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.indicator import HealthIndicator
from rarefault.degradation.vae_fit import train
from rarefault.degradation.vae_network import Network, Shape, squared_error
from rarefault.errors import InputError
from rarefault.generators.base import Progress, Range

_BLOCK = 4096
"""Windows reconstructed at once: their hidden layers stay in the processor's cache."""
_SAMPLES = 1 << 19
"""Samples scaled and cut at once."""

PREFIXES = ("", "wide.")
"""Of the names of each network's arrays."""


@dataclass(frozen=True)
class VAESettings:
    """latent: numbers in the code; window: samples of each channel that one code stands for; wide: those of the second
    network, 0 for none; hidden: units of the hidden layer each way; steps: updates of each network, each from `batch`
    windows; learning_rate: the first; beta: weight of the codes' divergence from a standard normal; seed: of all
    randomness.
    """

    latent: int = 3
    window: int = 4
    wide: int = 16
    hidden: int = 32
    steps: int = 1000
    batch: int = 512
    learning_rate: float = 3e-3
    beta: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, lowest in (("latent", 1), ("window", 2), ("hidden", 1), ("steps", 1), ("batch", 1), ("seed", 0)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} must be >= {lowest}, got {getattr(self, name)}")
        if self.wide and self.wide < 2:
            raise ValueError(f"wide must be >= 2, or 0 for no second network, got {self.wide}")
        for name in ("learning_rate", "beta"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")


class VAE(HealthIndicator):
    """Mean squared error of a VAE's reconstruction of the raw signal, over that of the healthy snapshots learned from.

    `fit` raises InputError for a window longer than the snapshots and for a channel that is constant.
    `history_` holds (squared error, divergence) of each update of each network.
    """

    name: ClassVar[str] = "vae"
    title: ClassVar[str] = "VAE reconstruction error"
    unit: ClassVar[str] = "times the healthy error"
    Settings: ClassVar[type] = VAESettings
    searched: ClassVar[Mapping[str, Range]] = {"window": (4, 64, "log-int"), "hidden": (8, 64, "log-int")}

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        longest = max(self._windows())
        if longest > healthy.shape[2]:
            raise InputError(
                f"window and wide must be at most the snapshots' {healthy.shape[2]} samples, got {longest}"
            )
        self.mean_ = healthy.mean(axis=(0, 2), dtype=np.float64).astype(np.float32)
        self.scale_ = healthy.std(axis=(0, 2), dtype=np.float64).astype(np.float32)
        silent = np.flatnonzero(~(self.scale_ > 0))
        if len(silent):
            raise InputError(
                f"channel {silent[0]} of the healthy snapshots is constant; nothing can be learned from it"
            )
        scaled = self._scaled(healthy)
        parts = [self._trained(scaled, part, progress) for part in range(len(self._windows()))]
        self.networks_, self.history_ = [network for network, _ in parts], [history for _, history in parts]
        self.level_ = self._errors(healthy).mean(axis=0).astype(np.float32)  # (networks,)

    def _trained(
        self, scaled: np.ndarray, part: int, progress: Progress | None
    ) -> tuple[Network, list[tuple[float, float]]]:
        s, windows = self.settings, self._windows()
        return train(
            scaled,
            self._shape(windows[part]),
            window=windows[part],
            steps=s.steps,
            batch=s.batch,
            learning_rate=s.learning_rate,
            beta=s.beta,
            seed=s.seed,
            part=part,
            progress=progress and (lambda done, total: progress(part * total + done, len(windows) * total)),
        )

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        return np.asarray((self._errors(snapshots) / self.level_).mean(axis=1))

    def _errors(self, snapshots: np.ndarray) -> np.ndarray:
        """Mean squared error of each snapshot by each network (n, networks)."""
        found = np.empty((len(snapshots), len(self.networks_)))
        step = max(1, _SAMPLES // (self.channels_ * self.samples_))
        for start in range(0, len(snapshots), step):
            scaled = self._scaled(snapshots[start : start + step])
            for part, (network, window) in enumerate(zip(self.networks_, self._windows(), strict=True)):
                errors = _reconstruction(network, cut(scaled, window)).reshape(len(scaled), -1)
                found[start : start + step, part] = errors.mean(axis=1, dtype=np.float64)
        return found

    def _windows(self) -> tuple[int, ...]:
        s = self.settings
        return (s.window, s.wide) if s.wide else (s.window,)

    def _shape(self, window: int) -> Shape:
        return Shape(self.channels_ * window, self.settings.hidden, self.settings.latent)

    def _scaled(self, snapshots: np.ndarray) -> np.ndarray:
        return np.asarray((snapshots - self.mean_[:, None]) / self.scale_[:, None])

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays = {"mean": self.mean_, "scale": self.scale_, "level": self.level_}
        for prefix, network in zip(PREFIXES, self.networks_, strict=False):
            arrays |= {f"{prefix}{name}": array for name, array in network.arrays.items()}
        return arrays, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.mean_, self.scale_, self.level_ = arrays["mean"], arrays["scale"], arrays["level"]
        self.networks_ = [Network(self._shape(window)) for window in self._windows()]
        for prefix, network in zip(PREFIXES, self.networks_, strict=False):
            for name, array in network.arrays.items():
                array[...] = arrays[f"{prefix}{name}"]


def _reconstruction(network: Network, x: np.ndarray) -> np.ndarray:
    """The squared error of each window x (m, c x window); (m,)."""
    blocks = (x[start : start + _BLOCK] for start in range(0, len(x), _BLOCK))
    return np.concatenate([squared_error(block, network.reconstruct(block)) for block in blocks])


def cut(snapshots: np.ndarray, window: int) -> np.ndarray:
    """Snapshots (n, c, t) as windows (n x windows, c x window); last samples that fill no window are left out."""
    n, c, t = snapshots.shape
    count = t // window
    parts = snapshots[:, :, : count * window].reshape(n, c, count, window)
    return np.ascontiguousarray(parts.transpose(0, 2, 1, 3)).reshape(n * count, c * window)
