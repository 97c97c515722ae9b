"""Where a deployed version answers, as soon as KServe says that it is ready."""

import time
from collections.abc import Callable

from serving.cluster import readiness
from serving.cluster.api import Cluster
from serving.cluster.errors import RolloutError
from serving.cluster.journal import Release
from serving.cluster.settings import RolloutSettings
from serving.cluster.smoke import Place
from serving.kubernetes import dns_label

Look = Callable[[], Place | str]
"""Gives the place, or why there is none yet; raises RolloutError when there will be none."""
_GIVEN_UP_SECONDS = 20.0
"""How long KServe has to report a failure without a break: after a change it may still tell of the version before."""


class Places:
    """Looks at one InferenceService; a new look begins with every change of it."""

    def __init__(self, cluster: Cluster, service: str, settings: RolloutSettings) -> None:
        self._cluster, self._service, self._settings = cluster, service, settings
        self._failing_since: float | None = None

    def whole(self) -> Look:
        """Where the service answers."""
        return self._looking("", shared=False)

    def canary(self, target: Release) -> Look:
        """Where a canary answers: alone in Standard mode, among the others in Knative mode and behind a gateway."""
        if target.settings.mode == "Knative":
            return self._looking("", shared=True)
        return self._looking(dns_label(f"v{target.version}", longest=12), shared=bool(self._settings.gateway))

    def _looking(self, canary: str, shared: bool) -> Look:
        self._failing_since = None
        return lambda: self._look(canary, shared)

    def _look(self, canary: str, shared: bool) -> Place | str:
        service = self._cluster.get("InferenceService", self._service)
        if service is None:
            raise RolloutError(f"InferenceService {self._service} was deleted meanwhile")
        self._give_up_early(readiness.failure(service))
        waiting = readiness.waiting_for(service, canary)
        if waiting:
            return waiting
        if self._settings.gateway:
            return Place(self._settings.gateway, readiness.host(service), shared)
        url = readiness.canary_address(service, canary) if canary else readiness.address(service)
        return Place(url, shared=shared) if url else "KServe does not tell its address yet"

    def _give_up_early(self, failure: str) -> None:
        """Raise RolloutError when KServe reports a failure for a while."""
        now = time.monotonic()
        self._failing_since = (self._failing_since or now) if failure else None
        patience = min(_GIVEN_UP_SECONDS, self._settings.ready_seconds / 2)
        if self._failing_since is not None and now - self._failing_since > patience:
            raise RolloutError(f"KServe gave the version up: {failure}")
