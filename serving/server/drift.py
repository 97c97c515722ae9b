"""How far the rows of today are from the training rows: a population stability index for each feature.

PSI = sum over bins of (a - e) * ln(a / e), where e is the training share and a the recent share of a bin (Siddiqi,
Credit Risk Scorecards, 2006). Rule of thumb: below 0.1 no change, above 0.25 a real one. Recent means exponentially
forgotten counts.
"""

from collections.abc import Sequence

import numpy as np

HALF_LIFE = 10_000
"""After so many rows, a row counts half."""
FEWEST = 200
"""With fewer rows the index is mostly noise (its mean without any drift is about bins / rows), so it is not shown."""
_SMALLEST_SHARE = 1e-4
_AT_ONCE = 256
_FEW_EDGES = 16


class Drift:
    """edges and shares of each feature: bin k holds the values for which k of the edges are <= the value.

    Features of few edges are compared with one edge after the other, all features at once; others, categories of many
    levels, are looked up one by one.
    """

    def __init__(self, edges: Sequence[Sequence[float]], shares: Sequence[Sequence[float]]) -> None:
        few = [own if len(own) <= _FEW_EDGES else () for own in edges]
        self._many = {at: np.array(own) for at, own in enumerate(edges) if len(own) > _FEW_EDGES}
        self._edges = np.full((max(map(len, few), default=0), len(edges)), np.inf)  # a missing one is above every value
        for at, own in enumerate(few):
            self._edges[: len(own), at] = own
        self._first = np.cumsum([0, *map(len, shares)])[:-1]  # each feature's first bin
        self._expected = np.maximum(np.concatenate([np.array(own) for own in shares]), _SMALLEST_SHARE)
        self._counts = np.zeros(len(self._expected))
        self._rows = 0.0
        self._held: list[np.ndarray] = []

    def hold(self, matrix: np.ndarray) -> None:
        """Count the rows of matrix (n, width), which never changes, together with others."""
        self._held.append(matrix)
        if sum(map(len, self._held)) >= _AT_ONCE:
            self._settle()

    def add(self, matrix: np.ndarray) -> None:
        """Count the rows of matrix (n, width); older ones fade."""
        bins = np.zeros(matrix.shape, dtype=np.uint8)
        for edge in self._edges:
            bins += (matrix >= edge).view(np.uint8)
        places = bins + self._first
        for at, edges in self._many.items():
            places[:, at] += np.searchsorted(edges, matrix[:, at], side="right")
        fade = 0.5 ** (len(matrix) / HALF_LIFE)
        self._counts *= fade
        self._counts += np.bincount(places.ravel(), minlength=len(self._counts))
        self._rows = self._rows * fade + len(matrix)

    def rows(self) -> float:
        """How many recent rows were counted, old ones faded."""
        self._settle()
        return self._rows

    def index(self) -> np.ndarray | None:
        """PSI of each feature, (width,); None with too few rows."""
        if self.rows() < FEWEST:
            return None
        recent = np.maximum(self._counts / self._rows, _SMALLEST_SHARE)
        terms = (recent - self._expected) * np.log(recent / self._expected)
        return np.asarray(np.add.reduceat(terms, self._first))

    def _settle(self) -> None:
        held, self._held = self._held, []
        if held:
            self.add(np.concatenate(held))
