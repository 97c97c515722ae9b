"""Twelve hand-made features of each channel of a snapshot, as the library computes them, without scipy."""

import numpy as np

FEATURES = 12
FEWEST_SAMPLES = 256
_SEGMENT, _HOP = 64, 32
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SEGMENT) / _SEGMENT)


def features(snapshots: np.ndarray) -> np.ndarray:
    """The features of snapshots (n, c, t), t >= FEWEST_SAMPLES, channel by channel; (n, 12 x c) float64."""
    x = snapshots.astype(np.float64)
    centred = x - x.mean(axis=2, keepdims=True)
    found = np.stack([*_statistics(x, centred), *_of_time_and_frequency(centred)], axis=2)
    return found.reshape(len(x), -1)


def _statistics(x: np.ndarray, centred: np.ndarray) -> list[np.ndarray]:
    size, spread = np.abs(x), x.std(axis=2)
    rms, mean, peak = np.sqrt(np.square(x).mean(axis=2)), size.mean(axis=2), size.max(axis=2)
    return [
        rms,
        mean,
        spread,
        peak,
        _over((centred**3).mean(axis=2), spread**3),
        _over((centred**4).mean(axis=2), spread**4),
        _over(peak, rms),
        _over(rms, mean),
        _over(peak, mean),
        _over(peak, np.square(np.sqrt(size).mean(axis=2))),
    ]


def _of_time_and_frequency(centred: np.ndarray) -> list[np.ndarray]:
    power = _power(centred)
    shares = _over(power, power.sum(axis=(2, 3), keepdims=True))
    entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=(2, 3))
    kurtosis = _over(np.square(power).mean(axis=2), np.square(power.mean(axis=2))) - 2
    return [entropy, kurtosis.max(axis=2)]


def _power(centred: np.ndarray) -> np.ndarray:
    """Of half-overlapping Hann segments without their mean, (n, c, segments, lines); the last is filled up with zeros.

    A segment of which the window's first weight, 0, alone would lie on the signal does not count.
    """
    samples = centred.shape[2]
    whole = -(-(samples - 1) // _HOP) * _HOP
    filled = np.pad(centred[..., :whole], ((0, 0), (0, 0), (0, max(0, whole - samples))))
    segments = np.lib.stride_tricks.sliding_window_view(filled, _SEGMENT, axis=2)[:, :, ::_HOP]
    return np.asarray(np.square(np.abs(np.fft.rfft(segments * _HANN, axis=3)[..., 1:])))


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """The quotient, 0 where the denominator is."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    result: np.ndarray = np.divide(above, below, out=np.zeros(shape), where=below > 0)
    return result
