"""The Knative Pod Autoscaler (KPA): how many pods it asks for.

Source: the Knative documentation, "Additional autoscaling configuration for Knative Pod Autoscaler",
"Configuring the requests per second (RPS) target", "Configuring concurrency" and "Configuring scale bounds"
(knative.dev/docs/serving/autoscaling), and the defaults of its ConfigMap config-autoscaler.
"""

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Literal

Metric = Literal["concurrency", "rps"]
DEFAULT_TARGETS: dict[Metric, float] = {"concurrency": 100.0, "rps": 200.0}
SMALLEST_TARGET = 0.01


@dataclass(frozen=True)
class KnativeSettings:
    """Knative's settings, with Knative's defaults; replicas between 1 and 10 as the paper and `deploy` set them.

    metric: "concurrency" (requests in flight) or "rps"; target: of one pod, None for the metric's default (100 or 200);
    utilisation: the share of the target to aim for, in (0, 1]; windows and tick in seconds; panic_window: share of the
    stable window; panic_threshold: desired over ready pods at which panic begins; the rates bound one evaluation;
    scale_down_delay: seconds for which the highest wish is kept.
    """

    metric: Metric = "concurrency"
    target: float | None = None
    utilisation: float = 0.7
    stable_window: int = 60
    panic_window: float = 0.1
    panic_threshold: float = 2.0
    max_scale_up_rate: float = 1000.0
    max_scale_down_rate: float = 2.0
    scale_down_delay: float = 0.0
    tick: int = 2
    min_replicas: int = 1
    max_replicas: int = 10

    def __post_init__(self) -> None:
        if self.metric not in DEFAULT_TARGETS:
            raise ValueError(f"metric must be one of {sorted(DEFAULT_TARGETS)}, got {self.metric!r}")
        if self.target is not None and self.target <= 0:
            raise ValueError(f"target must be > 0, got {self.target}")
        if not 0 < self.utilisation <= 1:
            raise ValueError(f"utilisation must be in (0, 1], got {self.utilisation}")
        if not 6 <= self.stable_window <= 3600:
            raise ValueError(f"stable_window must be 6 to 3600 seconds, got {self.stable_window}")
        if not 0.01 <= self.panic_window <= 1:
            raise ValueError(f"panic_window must be in [0.01, 1], got {self.panic_window}")
        if self.panic_threshold <= 1:
            raise ValueError(f"panic_threshold must be > 1, got {self.panic_threshold}")
        if min(self.max_scale_up_rate, self.max_scale_down_rate) <= 1:
            raise ValueError("max_scale_up_rate and max_scale_down_rate must be > 1")
        if not 1 <= self.min_replicas <= self.max_replicas:
            raise ValueError(
                f"1 <= min_replicas <= max_replicas is needed, got {self.min_replicas}, {self.max_replicas}"
            )

    @property
    def aim(self) -> float:
        """What one pod should carry: target x utilisation."""
        target = DEFAULT_TARGETS[self.metric] if self.target is None else self.target
        return max(SMALLEST_TARGET, target * self.utilisation)

    @property
    def panic_seconds(self) -> int:
        """The panic window, in whole seconds."""
        return max(1, round(self.stable_window * self.panic_window))

    def steady(self, load: float) -> int:
        """Replicas under a constant load (of the metric, over all pods): ceil(load / aim), within the bounds."""
        return self.bounded(ceil(load / self.aim))

    def bounded(self, replicas: int) -> int:
        """The nearest number of replicas that is allowed."""
        return min(max(replicas, self.min_replicas), self.max_replicas)


class Knative:
    """The decision, one evaluation after the other; it remembers whether it panics and what it asked for lately."""

    def __init__(self, settings: KnativeSettings) -> None:
        self.settings = settings
        self.panicked_at = -inf
        self.panic_pods = 0
        self.wishes: list[tuple[float, int]] = []

    @property
    def panicking(self) -> bool:
        """Whether it is in panic mode."""
        return self.panicked_at > -inf

    def desired(self, now: float, stable: float, panic: float, ready: int) -> int:
        """Pods wanted at `now`, given the metric's means over both windows (summed over pods) and the ready pods."""
        settings = self.settings
        wanted = ceil(panic / settings.aim) / max(1, ready)
        pods = self._within_rates(ceil(stable / settings.aim), ready)
        self._enter_or_leave_panic(now, wanted >= settings.panic_threshold)
        if self.panicking:  # never down in a panic
            urgent = self._within_rates(ceil(panic / settings.aim), ready)
            pods = self.panic_pods = max(self.panic_pods, pods, urgent)
        return settings.bounded(self._delayed(now, pods))

    def _within_rates(self, pods: int, ready: int) -> int:
        most = ceil(self.settings.max_scale_up_rate * max(1, ready))
        fewest = floor(max(1, ready) / self.settings.max_scale_down_rate)
        return min(max(pods, fewest), most)

    def _enter_or_leave_panic(self, now: float, over: bool) -> None:
        if over:
            self.panicked_at = now
        elif self.panicking and now - self.panicked_at > self.settings.stable_window:
            self.panicked_at, self.panic_pods = -inf, 0

    def _delayed(self, now: float, pods: int) -> int:
        earliest = now - self.settings.scale_down_delay
        self.wishes = [(when, wish) for when, wish in self.wishes if when > earliest] + [(now, pods)]
        return max(wish for _, wish in self.wishes)
