"""What the spectrum of a snapshot has that healthy ones have not."""

from typing import TYPE_CHECKING, Self

import numpy as np

from serving.vibration.indicators.arrays import Arrays

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields

_SILENCE = 1e-20


class PcaResidual:
    """Mean squared residual of the log energies of frequency bands, in healthy standard deviations, behind the healthy
    patterns (p, d).
    """

    def __init__(self, bands: int, mean: np.ndarray, scale: np.ndarray, patterns: np.ndarray, lines: int) -> None:
        self._mean, self._scale, self._patterns = mean, scale, patterns
        parts = np.array_split(np.arange(lines), bands)
        self._starts, self._widths = [part[0] for part in parts], np.array([len(part) for part in parts])

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the patterns; raises BrokenModel."""
        bands, lines = settings.values.get("bands"), samples // 2
        if type(bands) is not int or bands < 2:
            raise settings.refuse("bands", "at least 2")
        bands = min(bands, lines)
        width = channels * bands
        mean, scale = (
            arrays.take("mean", (width,), np.float64),
            arrays.above_zero("scale", (width,), np.float64),
        )
        return cls(bands, mean, scale, arrays.take("patterns", (None, width), np.float64), lines)

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        power = np.square(np.abs(np.fft.rfft(snapshots, axis=2)[..., 1:])) / snapshots.shape[2]
        energy = np.add.reduceat(power, self._starts, axis=2, dtype=np.float64) / self._widths
        rows = (np.log(np.maximum(energy, _SILENCE)).reshape(len(snapshots), -1) - self._mean) / self._scale
        residual = rows - (rows @ self._patterns.T) @ self._patterns
        return np.asarray(np.square(residual).mean(axis=1))


class RelatedSimilarity:
    """One minus the correlation with the healthy reference (c, m), of amplitude spectra, or of raw samples at the best
    circular shift.
    """

    def __init__(self, spectrum: bool, reference: np.ndarray) -> None:
        self._similarity = self._of_spectra if spectrum else self._of_samples
        self._reference = reference
        self._turned = np.fft.rfft(reference, axis=1).conj()

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """Check the reference; raises BrokenModel."""
        sequence = settings.text("sequence")
        if sequence not in ("spectrum", "signal"):
            raise settings.refuse("sequence", "spectrum or signal")
        spectrum = sequence == "spectrum"
        length = samples // 2 if spectrum else samples
        return cls(spectrum, arrays.take("reference", (channels, length), np.float64))

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """See Indicator."""
        return np.asarray(1 - np.abs(self._similarity(snapshots)).mean(axis=1))

    def _of_spectra(self, snapshots: np.ndarray) -> np.ndarray:
        amplitudes = np.abs(np.fft.rfft(snapshots, axis=2))[..., 1:].astype(np.float64)
        return np.asarray((_standard(amplitudes) * self._reference).sum(axis=2))

    def _of_samples(self, snapshots: np.ndarray) -> np.ndarray:
        spectra = np.fft.rfft(_standard(snapshots.astype(np.float64)), axis=2)
        return np.asarray(np.abs(np.fft.irfft(spectra * self._turned, n=snapshots.shape[2], axis=2)).max(axis=2))


def _standard(sequences: np.ndarray) -> np.ndarray:
    """Sequences (..., m) about their mean, of length 1 (0 where constant)."""
    centred = sequences - sequences.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.square(centred).sum(axis=-1, keepdims=True))
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0))
