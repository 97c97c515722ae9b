"""One snapshot as its file gives it."""

from dataclasses import dataclass

import numpy as np


class UnusableError(ValueError):
    """A file that gives no snapshot; the message says why in a few words that follow "left out 3 files ..."."""


@dataclass(frozen=True)
class Recording:
    """A snapshot.

    samples: (c, t) float32; rate: samples a second, 0 where the file does not say; channels: their names, empty where
    the file does not say; read_as: how the file was understood where that is not plain, sentences in which {} stands
    for the snapshots.
    """

    samples: np.ndarray
    rate: float = 0.0
    channels: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, values: np.ndarray, rate: float = 0.0, channels: tuple[str, ...] = (), read_as: tuple[str, ...] = ()
    ) -> "Recording":
        """A recording of values (t,) or (t, c); where there are more columns than rows it is (c, t).

        Raises UnusableError for values that are no real numbers, and for another number of dimensions.
        """
        if values.dtype.kind not in "iuf":
            raise UnusableError("values that are no real numbers")
        if values.ndim not in (1, 2) or not values.size:
            raise UnusableError("no samples" if not values.size else f"an array of {values.ndim} dimensions")
        samples = values[None] if values.ndim == 1 else values.T
        if samples.shape[0] > samples.shape[1]:
            samples = samples.T
        if not 0 <= rate < float("inf"):
            raise UnusableError(f"a rate of {rate}")
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is left out as such
            kept = np.ascontiguousarray(samples, dtype=np.float32)
        names = tuple(dict.fromkeys(name for name in channels if name))  # some are empty or twice: none can be used
        return cls(kept, float(rate), names if len(names) == len(channels) == len(samples) else (), read_as)
