"""Tables of the simulated gearbox line, and batches of it that may have shifted."""

import numpy as np
import pandas as pd

from rarefault.datasets.simulators.gearbox_line import (
    FEATURES,
    LABEL,
    NEGATIVE,
    POSITIVE,
    GearboxLineSettings,
    simulate,
)
from rarefault.datasets.table import Column, Schema, Table

SCHEMA = Schema(
    tuple(Column(name, "continuous", unit) for name, unit in FEATURES.items()),
    LABEL,
    POSITIVE,
    NEGATIVE,
    "gearbox-line",
)


def table(n: int, seed: int) -> Table:
    """n parts of the line."""
    frame = simulate(GearboxLineSettings(n_rows=n, seed=seed))
    y = (frame.pop(LABEL) == POSITIVE).to_numpy(np.int8)
    return Table(frame.astype(np.float64), y, SCHEMA)


def training_part(n: int, seed: int) -> Table:
    """Three quarters of n parts, drawn as `split` draws them, in their order."""
    kept = np.sort(np.random.default_rng(seed).permutation(n)[: 3 * n // 4])
    return table(n, seed).rows(kept)


def shifted(X: pd.DataFrame, columns: list[str], spread: pd.Series, by: float = 0.5) -> pd.DataFrame:
    """The rows with some columns moved by a part of their standard deviation."""
    moved = X.copy()
    moved[columns] += by * spread[columns]
    return moved
