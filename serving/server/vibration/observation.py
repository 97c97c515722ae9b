"""What is seen of the snapshots that were judged, and of the machines whose states are kept."""

from collections.abc import Mapping, Sequence

from orjson import loads

from serving.vibration.machine import TRIAL, Verdict
from serving.vibration.rule import STATES
from serving.vibration.snapshots import CLIPPED

MOST_NAMED = 100
"""Machines with metrics of their own; the others are told together."""
OTHERS = "(other)"
"""No id of a machine."""


class Seen:
    """Counts of this process; machines: of the store, as it was read last, when each was seen and its last answer."""

    def __init__(self) -> None:
        self.states = dict.fromkeys(STATES, 0)
        self.snapshots = dict.fromkeys(("counted", "repeated", CLIPPED), 0)
        self.forgotten = 0
        self.machines: Mapping[str, tuple[float, bytes]] = {}

    def took(self, verdicts: Sequence[Verdict], new: Sequence[bool], forgotten: int) -> None:
        """A request was answered."""
        self.forgotten += forgotten
        for verdict, counted in zip(verdicts, new, strict=True):
            self.snapshots["counted" if counted else "repeated"] += 1
            if counted:
                self.states[verdict.state] += 1
                self.snapshots[CLIPPED] += CLIPPED in verdict.warnings


def gauges(machines: Mapping[str, tuple[float, bytes]], most: int = MOST_NAMED) -> dict[str, dict[str, float]]:
    """Values by metric and machine, of at most `most` machines: those with an onset first, then by name.

    Of the others together: the largest indicator, degree and state, the number of onsets, and when one was seen last.
    """
    rows = [(name, seen, *loads(told)) for name, (seen, told) in machines.items() if name != TRIAL]
    rows.sort(key=lambda row: (not row[5], row[0]))
    found: dict[str, dict[str, float]] = {metric: {} for metric in GAUGES}
    for name, seen, indicator, degree, state, onset in rows[:most]:
        values = (indicator, degree, STATES.index(state), int(onset), seen)
        for metric, value in zip(GAUGES, values, strict=True):
            found[metric][name] = value
    if rest := rows[most:]:
        _, seens, indicators, degrees, states, onsets = zip(*rest, strict=True)
        together = (max(indicators), max(degrees), max(map(STATES.index, states)), sum(onsets), max(seens))
        for metric, value in zip(GAUGES, together, strict=True):
            found[metric][OTHERS] = value
    return found


GAUGES = {
    "rarefault_machine_indicator": "Health indicator of a machine's last snapshot",
    "rarefault_machine_degree": "Degree of degradation of a machine, from 0 to 1",
    "rarefault_machine_state": "State of a machine: 0 healthy, 1 slight, 2 severe",
    "rarefault_machine_onset": "Whether damage of a machine has begun",
    "rarefault_machine_seen_seconds": "When a machine's last snapshot came, in Unix time",
}
"""Metrics of each machine and what they are about."""
