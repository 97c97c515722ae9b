"""The HorizontalPodAutoscaler (HPA) on CPU: how many pods it asks for.

Source: the Kubernetes documentation, "Horizontal Pod Autoscaling": algorithm details, default behaviour, stabilization
window. KServe's Standard mode makes such an object with a CPU target of 80 % unless told otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class HorizontalSettings:
    """Kubernetes' settings, with its defaults; replicas between 1 and 10 as the paper and `deploy` set them.

    utilisation: CPU used over CPU requested to aim for, in (0, 1]; tolerance: the deviation that is let be, >= 0;
    sync, metrics_window and policy_period in seconds; up_pods, up_share: the most that may be added in a policy_period,
    the larger of the two counts; down_window: seconds over which the highest recommendation counts.
    """

    utilisation: float = 0.8
    tolerance: float = 0.1
    sync: int = 15
    metrics_window: int = 15
    policy_period: int = 15
    up_pods: int = 4
    up_share: float = 1.0
    down_window: float = 300.0
    min_replicas: int = 1
    max_replicas: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.utilisation <= 1:
            raise ValueError(f"utilisation must be in (0, 1], got {self.utilisation}")
        if self.tolerance < 0:
            raise ValueError(f"tolerance must be >= 0, got {self.tolerance}")
        if min(self.sync, self.metrics_window, self.policy_period) < 1:
            raise ValueError("sync, metrics_window and policy_period must be whole seconds, >= 1")
        if not 1 <= self.min_replicas <= self.max_replicas:
            raise ValueError(
                f"1 <= min_replicas <= max_replicas is needed, got {self.min_replicas}, {self.max_replicas}"
            )

    def steady(self, cores: float, requested: float) -> int:
        """Replicas when the load uses `cores` altogether and a pod requests `requested`; the tolerance left aside."""
        return min(max(ceil(cores / (requested * self.utilisation)), self.min_replicas), self.max_replicas)


class Horizontal:
    """The decision, one sync after the other; it remembers its recommendations and how much it added lately."""

    def __init__(self, settings: HorizontalSettings) -> None:
        self.settings = settings
        self.recommended: list[tuple[float, int]] = []
        self.added: list[tuple[float, int]] = []

    def desired(self, now: float, current: int, use: Sequence[float | None]) -> int:
        """Pods wanted at `now`; `use` holds CPU used over CPU requested of each pod, None of one that is not ready."""
        settings = self.settings
        pods = self._recommendation(current, use)
        pods = min(max(pods, settings.min_replicas), settings.max_replicas)
        pods = self._stabilised(now, current, pods)
        pods = min(pods, self._most(now, current))
        if pods > current:
            self.added.append((now, pods - current))
        return pods

    def _recommendation(self, current: int, use: Sequence[float | None]) -> int:
        known = [share for share in use if share is not None]
        if not known:
            return current
        ratio = sum(known) / len(known) / self.settings.utilisation
        counted = len(known)
        if ratio > 1 and counted < len(use):  # pods that are not ready yet count as idle, and may not turn up into down
            counted = len(use)
            ratio = sum(known) / counted / self.settings.utilisation
            if ratio < 1:
                return current
        if abs(ratio - 1) <= self.settings.tolerance:
            return current
        pods = ceil(ratio * counted - 1e-9)
        return current if (ratio > 1) != (pods > current) else pods

    def _stabilised(self, now: float, current: int, pods: int) -> int:
        since = now - self.settings.down_window
        self.recommended = [(when, wish) for when, wish in self.recommended if when > since] + [(now, pods)]
        highest = max(wish for _, wish in self.recommended)
        return pods if pods >= current else min(current, highest)

    def _most(self, now: float, current: int) -> int:
        since = now - self.settings.policy_period
        self.added = [(when, pods) for when, pods in self.added if when > since]
        before = current - sum(pods for _, pods in self.added)
        return max(before + self.settings.up_pods, ceil(before * (1 + self.settings.up_share)), current)
