"""Snapshots as they are sent: what a model takes, and what is refused or told of one."""

import hashlib
from dataclasses import dataclass

import numpy as np

_FLAT, _TOPS, _STUCK = 3, 2, 0.5
"""Equal samples in a row that make a flat top; flat tops that are no chance; the share of time that makes it stuck."""
CLIPPED = "clipped"


class BadSnapshot(ValueError):  # noqa: N818  # it names what the snapshot is
    """A snapshot is refused; the message goes on from where the snapshot stands, and names what is accepted."""


@dataclass(frozen=True)
class Form:
    """What a model takes: the names of the channels, samples in each, samples a second (Hz), the samples' unit."""

    channels: tuple[str, ...]
    samples: int
    rate: float
    unit: str

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        return len(self.channels), self.samples

    def says(self) -> str:
        """In words, for messages."""
        of = "" if len(self.channels) == 1 else f" for each of the channels {', '.join(self.channels)[:200]}"
        return f"{self.samples} samples at {self.rate:g} Hz{of}"

    def check_rate(self, rate: float) -> None:
        """Raise BadSnapshot for another sampling rate."""
        if not abs(rate - self.rate) <= 1e-6 * self.rate:
            raise BadSnapshot(f"has the rate {rate:g} Hz; the model takes {self.rate:g} Hz, resample it before")


def check(snapshot: np.ndarray, form: Form) -> tuple[str, ...]:
    """The warnings of a snapshot (c, t) float32; raises BadSnapshot for values that no sensor at work gives.

    A silent or stuck channel comes from a sensor that is off or cut: it is refused, because its small indicator would
    pass for health. A clipped one is counted, because heavy damage clips, and told.
    """
    clipped = False
    for name, samples in zip(form.channels, snapshot, strict=True):
        low, high = float(samples.min()), float(samples.max())
        if not abs(low) + abs(high) < np.inf:  # NaN spreads
            raise BadSnapshot(f"has samples in channel {name!r} that are not finite or beyond single precision")
        if low == high:
            raise BadSnapshot(f"is silent: all samples of channel {name!r} are {low:g}; look at the sensor")
        if int(_runs(samples[1:] == samples[:-1]).max(initial=0)) + 1 >= _STUCK * len(samples):
            raise BadSnapshot(f"is stuck: channel {name!r} keeps one value for half of the time; look at the sensor")
        clipped = clipped or any(np.count_nonzero(_runs(samples == end) >= _FLAT) >= _TOPS for end in (low, high))
    return (CLIPPED,) if clipped else ()


def _runs(mask: np.ndarray) -> np.ndarray:
    """Lengths of the runs of true values in a mask (t,)."""
    places = np.flatnonzero(mask)
    if len(places) < 2:
        return np.ones(len(places), dtype=np.intp)
    ends = np.flatnonzero(np.diff(places) > 1)
    return np.diff(np.concatenate(([-1], ends, [len(places) - 1])))


def fingerprint(snapshot: np.ndarray) -> str:
    """Tells a snapshot (c, t) float32 from others."""
    return hashlib.blake2b(snapshot.tobytes(), digest_size=8).hexdigest()
