"""What the search of a health indicator minimises: there is no damage to learn from, so only healthy snapshots judge.

No such objective can tell whether damage would be seen; it tells how well a setting knows health. Settings with which
an indicator copies whatever it is shown look good to "healthy-error". Where an indicator is told in multiples of its
healthy level, as that of the VAE is, "healthy-error" is by how much new snapshots exceed those learned from.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation import INDICATORS
from rarefault.errors import InputError

FOLDS = 3

Report = Callable[[float, int], None]
"""Called as report(value, look) on the way to the value; raising in it stops the trial."""


def held_out_indicators(
    signals: SignalSet, indicator: str, params: Mapping[str, Any], seed: int, report: Report
) -> np.ndarray:
    """The indicator of each healthy snapshot, by a model that learned from the other blocks of time; (n,) in order.

    Each machine's healthy snapshots are cut into blocks of time, so that neighbours are not on both sides. Raises
    InputError for fewer healthy snapshots than twice the number of blocks.
    """
    healthy = signals.rows(signals.healthy)
    if len(healthy) < 2 * FOLDS:
        raise InputError(f"the search needs {2 * FOLDS} healthy snapshots or more, got {len(healthy)}")
    blocks, values = blocks_of_time(healthy, FOLDS), np.empty(len(healthy))
    for fold in range(FOLDS):
        held = blocks == fold
        model = INDICATORS[indicator].from_params({**params, "seed": seed})
        model.fit(healthy.snapshots[~held], healthy.facts.rate)
        values[held] = model.indicate(healthy.snapshots[held])
        report(float(np.mean(values[blocks <= fold])), fold + 1)
    return values


def blocks_of_time(signals: SignalSet, n: int) -> np.ndarray:
    """The block, 0 to n - 1, of each snapshot: consecutive ones of a machine, blocks of a machine alike in size."""
    blocks = np.empty(len(signals), dtype=np.int64)
    for machine in signals.names:
        rows = np.flatnonzero(signals.machines == machine)
        blocks[rows] = np.arange(len(rows)) * n // len(rows)
    return blocks


def healthy_error(signals: SignalSet, indicator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """Mean indicator of healthy snapshots that the model did not learn from; reported block by block."""
    return float(np.mean(held_out_indicators(signals, indicator, params, seed, report)))


def healthy_spread(signals: SignalSet, indicator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """Standard deviation over mean of the indicator on healthy snapshots that the model did not learn from.

    The steadier the indicator is in health, the smaller a relative rise the threshold lets through.
    """
    values = held_out_indicators(signals, indicator, params, seed, lambda value, look: None)
    return float(np.std(values) / max(float(np.mean(np.abs(values))), 1e-300))


OBJECTIVES: dict[str, Callable[[SignalSet, str, Mapping[str, Any], int, Report], float]] = {
    "healthy-spread": healthy_spread,
    "healthy-error": healthy_error,
}
