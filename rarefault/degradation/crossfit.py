"""Healthy indicators as new snapshots would get them: from indicators that did not learn from these snapshots."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rarefault.degradation import INDICATORS
from rarefault.degradation.indicator import HealthIndicator
from rarefault.errors import InputError
from rarefault.generators.base import Progress

FOLDS = 5
BLOCKS = 5
"""Blocks of time that make up a fold."""


def crossfit(
    name: str,
    params: Mapping[str, Any],
    healthy: np.ndarray,
    rate: float,
    *,
    machines: np.ndarray | None = None,
    folds: int = FOLDS,
    progress: Progress | None = None,
) -> tuple[HealthIndicator, np.ndarray]:
    """Fit indicator `name` to healthy snapshots (n, c, t) in the order of time; it, and out-of-sample indicators (n,).

    machines: (n,) names, where the snapshots are of several machines.

    An indicator that learns knows its own snapshots better than any new ones, and a threshold from those would give
    false alarms. So each machine's snapshots fall into short blocks of time that are dealt out to the folds in turn,
    and each fold is judged by an indicator that learned from the others. Most neighbours in time, which are near
    copies, stay together; and each fold sees all of the healthy time: of whole fifths, the running-in would be judged
    by indicators that know nothing like it, and the threshold would hide early damage.

    The indicator returned learned from all. It knows healthy snapshots a little better than those of the folds, so the
    threshold errs on the side of fewer false alarms. Raises InputError for fewer snapshots than 2 x folds.
    """
    if len(healthy) < 2 * folds:
        raise InputError(f"{len(healthy)} healthy snapshots are too few to learn from; at least {2 * folds} are needed")
    kind, dealt, found = INDICATORS[name], deal(len(healthy), folds, machines), np.empty(len(healthy))
    for fold in range(folds):
        own = dealt == fold
        indicator = kind.from_params(params).fit(healthy[~own], rate, _part(progress, fold, folds + 1))
        found[own] = indicator.indicate(healthy[own])
    return kind.from_params(params).fit(healthy, rate, _part(progress, folds, folds + 1)), found


def deal(n: int, folds: int, machines: np.ndarray | None = None) -> np.ndarray:
    """The fold of each of n snapshots (n,): blocks of each machine's time, dealt out in turn."""
    dealt = np.empty(n, dtype=np.int64)
    names = np.zeros(n) if machines is None else machines
    for name in dict.fromkeys(names.tolist()):
        own = np.flatnonzero(names == name)
        blocks = max(folds, min(BLOCKS * folds, len(own) // 2))
        dealt[own] = np.arange(len(own)) * blocks // len(own) % folds
    return dealt


def _part(progress: Progress | None, part: int, parts: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(part * total + done, parts * total)
