"""What the main patterns of healthy spectra leave unexplained in a snapshot's spectrum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.baselines.scaling import Scaling
from rarefault.degradation.indicator import HealthIndicator
from rarefault.generators.base import Progress, Range


@dataclass(frozen=True)
class PCASettings:
    """bands: of equal width, >= 2, as many as the spectrum has lines at most; kept: share of variance in (0, 1)."""

    bands: int = 64
    kept: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        if self.bands < 2 or not 0 < self.kept < 1:
            raise ValueError(f"bands must be >= 2 and kept in (0, 1), got {self.bands} and {self.kept}")


class PCAResidual(HealthIndicator):
    """Squared prediction error (Q statistic; Jackson and Mudholkar, 1979) of log band energies, a mean over bands.

    The log makes a gain of any channel a shift, and a band's scatter the same at any level; bands are in healthy
    standard deviations.
    """

    name: ClassVar[str] = "pca-residual"
    title: ClassVar[str] = "PCA residual of log spectra"
    unit: ClassVar[str] = "healthy variances"
    Settings: ClassVar[type] = PCASettings
    searched: ClassVar[Mapping[str, Range]] = {"bands": (16, 256, "log-int"), "kept": (0.5, 0.99, "log")}

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        raw = _log_energies(healthy, self.settings.bands)
        self.scaling_ = Scaling.of(raw)
        rows = self.scaling_(raw)
        _, sizes, patterns = np.linalg.svd(rows, full_matrices=False)
        share = np.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-300)
        self.patterns_ = patterns[: int(np.searchsorted(share, self.settings.kept)) + 1]

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        rows = self.scaling_(_log_energies(snapshots, self.settings.bands))
        residual = rows - (rows @ self.patterns_.T) @ self.patterns_
        return np.asarray(np.square(residual).mean(axis=1))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"mean": self.scaling_.mean, "scale": self.scaling_.scale, "patterns": self.patterns_}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.scaling_, self.patterns_ = Scaling(arrays["mean"], arrays["scale"]), arrays["patterns"]


def _log_energies(snapshots: np.ndarray, bands: int) -> np.ndarray:
    """Log of the mean power in each band of each channel (n, c x bands); silence counts as 1e-20 of a unit squared."""
    power = np.square(np.abs(np.fft.rfft(snapshots, axis=2)[..., 1:])) / snapshots.shape[2]
    parts = np.array_split(np.arange(power.shape[2]), min(bands, power.shape[2]))
    starts = [part[0] for part in parts]
    widths = np.array([len(part) for part in parts])
    energy = np.add.reduceat(power, starts, axis=2, dtype=np.float64) / widths
    return np.asarray(np.log(np.maximum(energy, 1e-20)).reshape(len(snapshots), -1))
