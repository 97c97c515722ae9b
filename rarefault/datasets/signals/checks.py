"""Faults of single snapshots, and what a set must have before anything is learned from it."""

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.wording import counted
from rarefault.errors import InputError

MIN_SAMPLES = 64
_STUCK = 0.5
_FLAT = 3


def unusable(samples: np.ndarray) -> str:
    """Why a snapshot (c, t) can serve for nothing, in words that follow "left out 3 files", or '' when it can."""
    if samples.shape[-1] < MIN_SAMPLES:
        return f"fewer than {MIN_SAMPLES} samples"
    if not np.isfinite(samples).all():
        return "NaN or infinite samples"
    low, high = samples.min(axis=-1), samples.max(axis=-1)
    if (low == high).any():
        return "silent: a channel of one value"
    if (longest_standstill(samples) >= _STUCK * samples.shape[-1]).any():
        return "stuck: one value for half of the time or longer"
    return ""


def clipped(samples: np.ndarray) -> bool:
    """Whether a channel of a snapshot (c, t) has flat tops: it stays at its largest or smallest value repeatedly.

    A top is flat where three samples or more in a row have that value; one alone may be chance, two are not.
    """
    return any(
        _flat_tops(channel == channel.max()) > 1 or _flat_tops(channel == channel.min()) > 1 for channel in samples
    )


def longest_standstill(samples: np.ndarray) -> np.ndarray:
    """The longest run of equal samples in each channel of a snapshot (c, t); (c,)."""
    return np.array([_runs(np.diff(channel) == 0).max(initial=0) + 1 for channel in samples])


def _flat_tops(at_extreme: np.ndarray) -> int:
    return int((_runs(at_extreme) >= _FLAT).sum())


def _runs(mask: np.ndarray) -> np.ndarray:
    """Lengths of the runs of true values in a mask (t,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges[1::2] - edges[::2]


def require_healthy(signals: SignalSet, window: int) -> None:
    """Raise InputError unless at least `window` snapshots are declared healthy, as many as the sliding window holds."""
    healthy = int(signals.healthy.sum())
    if healthy < window:
        raise InputError(
            f"{signals.facts.name}: {counted(healthy, 'snapshot')} declared healthy, fewer than the window of "
            f"{window}; accepted: at least {window} (healthy=N: the first N of each machine), or a smaller window"
        )
