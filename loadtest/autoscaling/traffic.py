"""Requests in flight and requests a second, second by second: what Knative's queue-proxy reports."""

from typing import Literal

import numpy as np


class Traffic:
    """Counts arrivals and departures in whole seconds; what came before the start counts as none."""

    def __init__(self, seconds: float) -> None:
        n = int(seconds) + 2
        self.arrived, self.left = np.zeros(n), np.zeros(n)
        # (requests x seconds) that arrivals and departures of a second add to, and take off, that same second
        self.arrived_rest, self.left_rest = np.zeros(n), np.zeros(n)

    def add(self, arrival: float, departure: float) -> None:
        """Count a request; times in seconds since the start."""
        second = int(arrival)
        self.arrived[second] += 1
        self.arrived_rest[second] += second + 1 - arrival
        if departure < len(self.left):
            second = int(departure)
            self.left[second] += 1
            self.left_rest[second] += second + 1 - departure

    def mean(self, metric: Literal["concurrency", "rps"], now: int, window: int) -> float:
        """Mean over the last `window` whole seconds before `now`, summed over all pods."""
        since = max(0, now - window)
        if metric == "rps":
            return float(self.arrived[since:now].sum() / window)
        change = self.arrived - self.left
        at_start = np.concatenate([[0.0], np.cumsum(change)[:-1]])  # requests in flight as each second begins
        held = at_start + self.arrived_rest - self.left_rest
        return float(held[since:now].sum() / window)
