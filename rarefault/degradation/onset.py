"""When damage began: several snapshots beyond the threshold close to each other, and how many that takes."""

from dataclasses import dataclass
from math import comb, prod

import numpy as np

from rarefault.errors import InputError


@dataclass(frozen=True)
class Onset:
    """first: index of the first snapshot of the run that gave the alarm; alarm: index of the one that completed it."""

    first: int
    alarm: int


@dataclass(frozen=True)
class Run:
    """An alarm wants `length` snapshots beyond the threshold among the last `span`."""

    length: int
    span: int


def false_onset_bound(run: Run, healthy: int, beyond: int, life: int) -> float:
    """What a false onset in `life` healthy snapshots is at most as likely as.

    `beyond` of the `healthy` indicators that gave the threshold pass it. With snapshots that come in no order, r new
    ones all pass it with probability (b+1)...(b+r) / ((n+1)...(n+r)), whatever the indicator's distribution, and not
    knowing it counted in (the order statistics' Polya urn). Boole's inequality sums over where a run may begin and
    how its other snapshots may lie in the span.
    """
    together = prod((beyond + i) / (healthy + i) for i in range(1, run.length + 1))
    return life * comb(run.span - 1, run.length - 1) * together


def shortest_run(healthy: int, beyond: int, *, promise: float, life: int, gaps: int) -> Run:
    """The shortest run, up to `gaps` snapshots below the threshold within it, whose bound keeps the promise.

    Raises InputError when healthy indicators beyond the threshold are so many that no run up to their number does.
    """
    for length in range(1, healthy + 1):
        run = Run(length, length + gaps if length > 1 else 1)
        if false_onset_bound(run, healthy, beyond, life) <= promise:
            return run
    raise InputError(
        f"{beyond} of {healthy} healthy snapshots lie beyond the threshold; no run of snapshots keeps the promise of "
        f"{promise:g} false onsets in {life} snapshots; declare more snapshots healthy, or in assessment_params raise "
        "false_onsets or lower life"
    )


def find_run(beyond: np.ndarray, run: Run) -> Onset | None:
    """The first run among the snapshots (n,) bool, or None."""
    passed = np.concatenate([[0], np.cumsum(beyond)])
    ends = np.arange(1, len(passed))
    starts = np.maximum(ends - run.span, 0)
    alarms = np.flatnonzero(passed[ends] - passed[starts] >= run.length)
    if not len(alarms):
        return None
    alarm = int(alarms[0])
    first = int(starts[alarm]) + int(np.argmax(beyond[starts[alarm] : alarm + 1]))
    return Onset(first, alarm)
