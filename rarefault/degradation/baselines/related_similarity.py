"""Related similarity (RS): how unlike the healthy vibration a snapshot is, whatever its level."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from rarefault.degradation.indicator import HealthIndicator
from rarefault.generators.base import Progress


@dataclass(frozen=True)
class RelatedSimilaritySettings:
    """sequence: what is correlated, "spectrum" (amplitudes) or "signal" (raw samples); seed: unused."""

    sequence: Literal["spectrum", "signal"] = "spectrum"
    seed: int = 0


class RelatedSimilarity(HealthIndicator):
    """One minus the correlation of a snapshot's sequence with the healthy one (Guo et al., 2017); channels' mean.

    The sequence is the amplitude spectrum, against the healthy mean: snapshots begin at any angle of the shaft, and
    raw samples of two healthy snapshots do not correlate. With sequence "signal" the raw samples are compared, with
    the first healthy snapshot at the best circular shift, as the paper's figure 12 may have done.
    """

    name: ClassVar[str] = "related-similarity"
    title: ClassVar[str] = "related similarity (1 - RS)"
    unit: ClassVar[str] = "1 - correlation"
    Settings: ClassVar[type] = RelatedSimilaritySettings

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        if self.settings.sequence == "spectrum":
            self.reference_ = _standard(_amplitudes(healthy).mean(axis=0))
        else:
            self.reference_ = _standard(healthy[0].astype(np.float64))

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        if self.settings.sequence == "spectrum":
            similarity = (_standard(_amplitudes(snapshots)) * self.reference_).sum(axis=2)
        else:
            similarity = self._best_shift(snapshots)
        return np.asarray(1 - np.abs(similarity).mean(axis=1))

    def _best_shift(self, snapshots: np.ndarray) -> np.ndarray:
        reference = np.fft.rfft(self.reference_, axis=1).conj()
        spectra = np.fft.rfft(_standard(snapshots.astype(np.float64)), axis=2)
        return np.asarray(np.abs(np.fft.irfft(spectra * reference, n=snapshots.shape[2], axis=2)).max(axis=2))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"reference": self.reference_}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.reference_ = arrays["reference"]


def _amplitudes(snapshots: np.ndarray) -> np.ndarray:
    """Amplitude spectra without the mean, (n, c, t // 2)."""
    return np.asarray(np.abs(np.fft.rfft(snapshots, axis=2))[..., 1:], dtype=np.float64)


def _standard(sequences: np.ndarray) -> np.ndarray:
    """Sequences (..., m) about their mean, of length 1 (0 where constant): their dot products are correlations."""
    centred = sequences - sequences.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.square(centred).sum(axis=-1, keepdims=True))
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0))
