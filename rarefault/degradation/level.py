"""The vibration's level (RMS) of one machine: how long it stays as it was, when it has doubled."""

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.metrics.prognostics import smoothed

_K, _SIGMAS = 25, 3.0
_BLOCK = 256  # snapshots at a time, to bound the memory


def level_twice(life: SignalSet) -> int | None:
    """The first snapshot of a machine whose RMS, in any channel, is over twice the mean of its declared healthy ones.

    None where there is no such snapshot, or no healthy one.
    """
    if not life.healthy.any():
        return None
    level = _levels(life)[:, : life.snapshots.shape[1]]
    over = np.flatnonzero((level > 2 * level[life.healthy].mean(axis=0)).any(axis=1))
    return int(over[0]) if len(over) else None


def quiet(life: SignalSet) -> np.ndarray:
    """Which snapshots (n,) bool of a machine are healthy as far as its levels tell, with time to spare.

    Damage comes before a level shows it. So from the last declared healthy snapshot on, half of the time counts until
    a level passes its healthy mean by three standard deviations (the limit of Li et al., 2015), as a mean of 25
    snapshots: the RMS of the signal or of its differences (jerk), which tells of the high frequencies, in any channel.
    Before the last declared one, all are.
    """
    healthy = np.zeros(len(life), dtype=bool)
    if life.healthy.any():
        levels = _levels(life)
        limits = levels[life.healthy].mean(axis=0) + _SIGMAS * levels[life.healthy].std(axis=0)
        start = int(np.flatnonzero(life.healthy)[-1]) + 1
        over = np.stack([smoothed(level, _K) for level in levels.T], axis=1) > limits
        late = np.flatnonzero(over[start:].any(axis=1))
        end = start + int(late[0]) if len(late) else len(life)
        healthy[: (start + end) // 2] = True
    return healthy


def _levels(life: SignalSet) -> np.ndarray:
    """RMS about the mean of each channel, then of each channel's differences; (n, 2 x c)."""
    blocks = [life.snapshots[start : start + _BLOCK].astype(np.float64) for start in range(0, len(life), _BLOCK)]
    return np.concatenate([np.concatenate([x.std(axis=2), np.diff(x, axis=2).std(axis=2)], axis=1) for x in blocks])
