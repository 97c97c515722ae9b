"""The paper's Tables 2, 3 and 4 for data whose true states are known: what the snapshots of each were taken for."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation.assessment import HEALTHY, SEVERE, SLIGHT
from rarefault.degradation.baselines.liu import recognise
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError

STATES = (HEALTHY, SLIGHT, SEVERE)
Values = dict[str, Any]


def known_states(lives: SignalSet) -> np.ndarray:
    """Which snapshots (n,) bool have a known state and were not learned from."""
    if lives.states is None:
        return np.zeros(len(lives), dtype=bool)
    return np.asarray(np.isin(lives.states.astype(str), STATES) & ~lives.healthy)


def taus(lives: SignalSet, model: DegradationModel) -> dict[str, float]:
    """The paper's tau 1 and tau 2 by name: mean plus two standard deviations of healthy and of slight indicators.

    Healthy ones are those that gave the threshold; without labelled slight snapshots there is no tau 2, and without
    any labels none at all.
    """
    known = known_states(lives)
    if not known.any():
        return {}
    healthy = model.assessment.healthy
    found = {"τ1": float(healthy.mean() + 2 * healthy.std())}
    rows = known & (lives.states == SLIGHT)
    if rows.any():
        slight = model.indicator.indicate(lives.snapshots[rows])
        found["τ2"] = float(slight.mean() + 2 * slight.std())
    return found


def severity_tables(lives: SignalSet, model: DegradationModel) -> list[Values]:
    """Table 2 (tau 1 and tau 2), Table 3 (Liu's method) and Table 4 (the degree); none where no states are known."""
    known, limits = known_states(lives), taus(lives, model)
    if lives.states is None or not known.any():
        return []
    truth = lives.states[known]
    ways: list[tuple[int, str, Callable[[], np.ndarray]]] = [
        (4, "By the degree of degradation, as each snapshot came in", lambda: _by_degree(lives, model)),
    ]
    if "τ2" in limits:
        ways.append(
            (2, "By the indicator of each snapshot alone, with τ1 and τ2", lambda: _by_taus(lives, model, limits))
        )
    tables = [_table(number, title, truth, told()[known]) for number, title, told in ways]
    return sorted([*tables, *_by_liu(lives)], key=lambda table: table["table"])


def _by_liu(lives: SignalSet) -> list[Values]:
    """Table 3: its truth are the stages that Liu's method itself finds; none where a life is too short for it."""
    try:
        found = [recognise(lives.of(machine)) for machine in lives.names]
    except InputError:
        return []
    truth, told = (np.concatenate([getattr(one, name) for one in found]) for name in ("stages", "told"))
    tested = told != ""
    title = "By Liu's method, which knows the whole life: its own stages told by a classifier that learned half of them"
    return [_table(3, title, truth[tested], told[tested])]


def _by_taus(lives: SignalSet, model: DegradationModel, limits: dict[str, float]) -> np.ndarray:
    values = model.indicator.indicate(lives.snapshots)
    low, high = limits["τ1"], max(limits["τ1"], limits["τ2"])
    return np.asarray(np.array(STATES, dtype=object)[(values > low).astype(int) + (values > high)])


def _by_degree(lives: SignalSet, model: DegradationModel) -> np.ndarray:
    told = np.empty(len(lives), dtype=object)
    for name, found in model.assess(lives).items():
        told[lives.machines == name] = found.states
    return told


def _table(number: int, title: str, truth: np.ndarray, told: np.ndarray) -> Values:
    rows = []
    for state in STATES:
        own = truth == state
        if own.any():
            counts = {other: int((told[own] == other).sum()) for other in STATES}
            rows.append(
                {"state": state, "snapshots": int(own.sum()), "as": counts, "right": counts[state] / int(own.sum())}
            )
    return {"table": number, "title": title, "rows": rows, "right": float((truth == told).mean())}
