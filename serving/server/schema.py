"""What a model's rows are made of, in the form that checks them fastest."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from struct import Struct
from typing import Any

import numpy as np

from serving.server.refusals import Refusal, bad, listed, shown


class Schema:
    """names: the features in order; levels: each category's, by position; fills: what stands for a null, or None."""

    def __init__(
        self, names: Sequence[str], levels: Mapping[int, Sequence[str]], fills: Sequence[float] | None = None
    ) -> None:
        self.names = tuple(names)
        self.width = len(self.names)
        self.positions = {name: at for at, name in enumerate(self.names)}
        self.levels = {at: {level: float(code) for code, level in enumerate(of)} for at, of in levels.items()}
        self.fills = None if fills is None else tuple(fills)
        row = Struct(f"{self.width}d")
        self.stride, self.pack_into = row.size, row.pack_into
        self.by_name = _getter(self.names)

    def number(self, at: int, value: object, where: str) -> float:
        """The number of one cell; NaN for a null that may be filled; a 400 for what the feature does not take."""
        if value is None:
            if self.fills is None:
                raise self._refused(at, value, where)
            return math.nan
        if at in self.levels:
            code = self.levels[at].get(value) if isinstance(value, str) else None
            if code is None:
                raise self._refused(at, value, where)
            return code
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refused(at, value, where)
        return float(value)

    def complete(self, block: np.ndarray, first: int) -> np.ndarray | None:
        """Fill the NaN cells of block (n, width), whose first row is row `first` of the request, in place.

        Returns how many cells of each feature were filled, or None; a 400 for infinities, and for NaN where it is
        refused.
        """
        if np.isfinite(block).all():
            return None
        gaps = np.isnan(block)
        wrong = ~np.isfinite(block) if self.fills is None else np.isinf(block)
        if wrong.any():
            row, at = (int(index) for index in np.argwhere(wrong)[0])
            found = "NaN" if gaps[row, at] else "Infinity"
            raise bad(f"row {first + row}, feature {shown(self.names[at])}: a finite number is needed, got {found}")
        block[gaps] = np.broadcast_to(np.array(self.fills), block.shape)[gaps]
        return np.asarray(gaps.sum(axis=0))

    def order(self) -> str:
        """The features, for a message."""
        return f"{self.width} in this order: {listed(self.names)}"

    def _refused(self, at: int, value: object, where: str) -> Refusal:
        taken = f"one of its levels, {listed(self.levels[at], 20)}" if at in self.levels else "a number"
        return bad(f"{where}, feature {shown(self.names[at])}: {taken} is needed, got {shown(value)}")


def _getter(names: Sequence[str]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: (row[names[0]],)
