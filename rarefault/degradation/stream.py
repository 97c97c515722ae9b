"""Degradation as the snapshots come in: a bounded state for each machine, O(k) work a snapshot."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rarefault.degradation.assessment import HEALTHY, Assessment
from rarefault.degradation.onset import Onset


@dataclass(frozen=True)
class Verdict:
    """What one snapshot says about its machine.

    degree: in [0, 1]; state: "healthy", "slight" or "severe"; onset: where damage began, by the machine's count of
    snapshots from 0, and None up to the alarm; filled: snapshots in the window, k when it is full.
    """

    indicator: float
    degree: float
    state: str
    onset: Onset | None
    filled: int


class Stream:
    """Takes the indicators of one machine one by one and says what `Assessment.assess` says of all of them.

    state: what an earlier stream's `state()` gave, to go on from there. An onset that was found stays.
    """

    def __init__(self, assessment: Assessment, state: Mapping[str, Any] | None = None) -> None:
        self.assessment = assessment
        state = state or {"count": 0, "window": [], "beyond": [], "degree": 0.0, "onset": None}
        self._count = int(state["count"])
        self._window = [float(value) for value in state["window"]]
        self._beyond = [int(at) for at in state["beyond"]]
        self._degree = float(state["degree"])
        self._onset = None if state["onset"] is None else Onset(**state["onset"])

    def push(self, indicator: float) -> Verdict:
        """Take the next snapshot's indicator; raises ValueError for one that is no finite number."""
        indicator = float(indicator)
        if not math.isfinite(indicator):
            raise ValueError(f"indicator must be a finite number, got {indicator}")
        k, s = self.assessment.settings.k, self.assessment.settings.s
        at = self._count
        self._count += 1
        self._window = [*self._window[-(k - 1) :], indicator]
        if at == 0 or (self._count - k) % s == 0:
            self._degree = self.assessment.window_degree(self.assessment.scaled(np.array(self._window)))
        if self._onset is None:
            self._onset = self._find(at, indicator)
        state = HEALTHY if self._onset is None else self.assessment.state(self._degree)
        return Verdict(indicator, self._degree, state, self._onset, len(self._window))

    def _find(self, at: int, indicator: float) -> Onset | None:
        if self.assessment.settings.rule == "plain":
            return Onset(at, at) if self._degree > self.assessment.settings.limit else None
        run = self.assessment.run
        self._beyond = [past for past in self._beyond if past > at - run.span]
        if indicator > self.assessment.threshold:
            self._beyond.append(at)
        return Onset(self._beyond[0], at) if len(self._beyond) >= run.length else None

    def state(self) -> dict[str, Any]:
        """Plain values, O(k) of them, from which another stream goes on."""
        return {
            "count": self._count,
            "window": list(self._window),
            "beyond": list(self._beyond),
            "degree": self._degree,
            "onset": None if self._onset is None else {"first": self._onset.first, "alarm": self._onset.alarm},
        }
