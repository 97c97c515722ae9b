"""What is seen of the scored rows: classes, values outside the training range, filled gaps, drift.

The rows of small requests are written into a block, scored in place, and looked at when the block is full, so that a
row pays its share of one look at the whole block.
"""

from collections.abc import Sequence

import numpy as np

from serving.server.drift import Drift

BLOCK = 256
FEW = 64
"""A request of at most so many rows is a small one."""
_LEAST, _EVERY = 32, 32
"""Of larger requests, at least 32 rows and otherwise every 32nd are looked at for the drift."""


class Glance:
    """What is seen of one large request of n rows, until it is known that all of them can be scored."""

    def __init__(self, n: int) -> None:
        self.n, self._step = n, min(-(-n // _LEAST), _EVERY)
        self.filled = np.zeros(1, dtype=np.int64)
        self.outside: list[np.ndarray] = []
        self._sample: list[np.ndarray] = []
        self._rows = 0

    def add(self, block: np.ndarray, outside: np.ndarray | None, filled: np.ndarray | None) -> None:
        """The next rows; outside: places of values in it, filled: number of values of each feature; or None."""
        if outside is not None:
            self.outside.append(outside)
        if filled is not None:
            self.filled = self.filled + filled
        self._sample.append(block[-self._rows % self._step :: self._step])
        self._rows += len(block)

    def sample(self) -> np.ndarray:
        """Rows at equal distances, (k, width)."""
        return np.concatenate(self._sample)


class Observation:
    """low and high: the training range of each feature, (width,); infinite where there is none.

    used: how many rows of the block were scored and wait to be looked at; places: its rows, each (1, width).
    """

    def __init__(self, low: Sequence[float], high: Sequence[float], drift: Drift) -> None:
        self.drift, self._width = drift, len(low)
        # whole blocks of limits are compared with whole blocks of rows in half the time that single rows take
        self._lows, self._highs = (np.tile(np.array(ends, dtype=np.float64), (BLOCK, 1)) for ends in (low, high))
        self._above, self._below = np.zeros((2, BLOCK, self._width), dtype=bool)
        self.block = np.zeros((BLOCK, self._width))
        self.memory = self.block.data.cast("B")
        self.places = [self.block[at : at + 1] for at in range(BLOCK)]
        self.used = 0
        self.faults = self.passes = 0
        self.out_of_range = np.zeros(self._width, dtype=np.int64)
        self.filled = np.zeros(self._width, dtype=np.int64)

    def room(self, n: int) -> np.ndarray:
        """The next n places of the block, n <= FEW."""
        if self.used + n > BLOCK:
            self.look()
        return self.block[self.used : self.used + n]

    def took_one(self, fault: bool) -> None:
        """The row at place `used` was scored."""
        if fault:
            self.faults += 1
        else:
            self.passes += 1
        self.used += 1
        if self.used == BLOCK:
            self.look()

    def took_few(self, n: int, faults: int, filled: np.ndarray | None) -> None:
        """The n rows from place `used` on were scored."""
        self.faults += faults
        self.passes += n - faults
        if filled is not None:
            self.filled += filled
        self.used += n
        if self.used == BLOCK:
            self.look()

    def took(self, glance: Glance, faults: int) -> None:
        """A large request was scored."""
        self.faults += faults
        self.passes += glance.n - faults
        self.filled += glance.filled
        if glance.outside:
            self._count_outside(np.concatenate(glance.outside))
        self.drift.hold(glance.sample())

    def all_inside(self, block: np.ndarray) -> bool:
        """Whether every value is inside the training range, which no NaN is, nor infinity unless there is no range."""
        n = len(block)
        inside = np.greater_equal(block, self._lows[:n], out=self._above[:n])
        inside &= np.less_equal(block, self._highs[:n], out=self._below[:n])
        return bool(inside.all())

    def outside(self, n: int) -> np.ndarray:
        """Which values of the n rows that were last compared are not inside: their places, counted row by row."""
        return np.flatnonzero(~self._above[:n])

    def _count_outside(self, places: np.ndarray) -> None:
        self.out_of_range += np.bincount(places % self._width, minlength=self._width)

    def look(self) -> None:
        """Look at the rows that wait in the block."""
        if self.used:
            waiting = self.block[: self.used]
            self.used = 0
            if not self.all_inside(waiting):
                self._count_outside(self.outside(len(waiting)))
            self.drift.add(waiting)
