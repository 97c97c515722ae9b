"""Hand-made features of a snapshot: ten statistical ones and two of time and frequency."""

import numpy as np
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from rarefault.errors import InputError

FEATURES = (
    "rms",
    "mean_absolute",
    "standard_deviation",
    "peak",
    "skewness",
    "kurtosis",
    "crest_factor",
    "shape_factor",
    "impulse_factor",
    "clearance_factor",
    "energy_entropy",
    "spectral_kurtosis",
)
_SEGMENT = 64
_BLOCK = 256  # snapshots at a time, to bound the memory


def features(snapshots: np.ndarray) -> np.ndarray:
    """The 12 FEATURES of each channel of snapshots (n, c, t); (n, 12 x c) float64, channel by channel.

    The ten statistical ones are those common in the condition monitoring of bearings (Lei et al., 2008). The two of
    time and frequency, on a short-time Fourier transform of 64 samples: the entropy of the shares of energy in its
    cells, and the largest spectral kurtosis (Antoni, 2006). A silent snapshot has 0 where a quotient is undefined.
    Raises InputError for t < 256.
    """
    if snapshots.shape[2] < 4 * _SEGMENT:
        raise InputError(
            f"hand-made features take snapshots of at least {4 * _SEGMENT} samples, got {snapshots.shape[2]}"
        )
    blocks = [_features(snapshots[start : start + _BLOCK]) for start in range(0, len(snapshots), _BLOCK)]
    return np.concatenate(blocks)


def _features(snapshots: np.ndarray) -> np.ndarray:
    x = snapshots.astype(np.float64)  # (n, c, t)
    found = np.stack([*_statistics(x), *_of_time_and_frequency(x)], axis=2)  # (n, c, 12)
    return found.reshape(len(x), -1)


def _statistics(x: np.ndarray) -> list[np.ndarray]:
    size, deviation = np.abs(x), x - x.mean(axis=2, keepdims=True)
    spread = x.std(axis=2)
    rms, mean, peak = np.sqrt(np.square(x).mean(axis=2)), size.mean(axis=2), size.max(axis=2)
    root = np.square(np.sqrt(size).mean(axis=2))
    return [
        rms,
        mean,
        spread,
        peak,
        _over((deviation**3).mean(axis=2), spread**3),
        _over((deviation**4).mean(axis=2), spread**4),
        _over(peak, rms),
        _over(rms, mean),
        _over(peak, mean),
        _over(peak, root),
    ]


def _of_time_and_frequency(x: np.ndarray) -> list[np.ndarray]:
    transform = ShortTimeFFT(hann(_SEGMENT, sym=False), _SEGMENT // 2, fs=1.0)
    inside = slice(1, -1)  # segments that hang over the ends are padded with zeros
    power = np.square(np.abs(transform.stft(x - x.mean(axis=2, keepdims=True))))[..., 1:, inside]  # (n, c, f, s)
    shares = _over(power, power.sum(axis=(2, 3), keepdims=True))
    entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=(2, 3))
    kurtosis = _over(np.square(power).mean(axis=3), np.square(power.mean(axis=3))) - 2
    return [entropy, kurtosis.max(axis=2)]


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The quotient, 0 where the denominator is."""
    result: np.ndarray = np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below > 0)
    return result
