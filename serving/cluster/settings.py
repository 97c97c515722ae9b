"""How a model gets onto a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from rarefault.errors import InputError
from rarefault.settings import from_params
from serving.kubernetes import DeploymentSettings

NAMESPACE = "rarefault"
"""Where models are served unless set otherwise."""
_KNATIVE_STEPS = (10, 50)


@dataclass(frozen=True)
class RolloutSettings:
    """What the deploy step does on a cluster.

    apply: bring the model onto the cluster; if false, only the manifest is written.
    context: the context of the kubeconfig; empty takes the pod's service account, else the current context.
    ready_seconds: how long a version may take to be ready and to answer, > 0 and at most 3600.
    canary_steps: the shares of the requests, in percent, that a new version gets one after the other before it gets
        all; empty replaces at once. None is 10 and 50 in Knative mode, and empty in Standard mode, where a canary
        needs KServe 0.20 with the Gateway API.
    canary_seconds: how long each share is watched before the next, from 0 to 3600.
    gateway: where requests to the models enter, such as http://10.0.0.5, for a step outside of the cluster; empty
        asks the service itself.
    """

    apply: bool = False
    context: str = ""
    ready_seconds: float = 600.0
    canary_steps: tuple[int, ...] | None = None
    canary_seconds: float = 30.0
    gateway: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.ready_seconds <= 3600:  # the step itself may take twelve hours
            raise ValueError(f"ready_seconds must be > 0 and at most 3600, got {self.ready_seconds:g}")
        if not 0 <= self.canary_seconds <= 3600:
            raise ValueError(f"canary_seconds must be from 0 to 3600, got {self.canary_seconds:g}")
        steps = self.canary_steps or ()
        if list(steps) != sorted(set(steps)) or any(not 1 <= step <= 99 for step in steps):
            raise ValueError(f"canary_steps must grow and be from 1 to 99, got {list(steps)}")
        address = urlsplit(self.gateway)
        if self.gateway and (address.scheme not in ("http", "https") or not address.hostname or address.username):
            shown = "one with a user in it" if address.username else repr(self.gateway)
            raise ValueError(f"gateway must be http://HOST or https://HOST, got {shown}")

    def steps(self, mode: str) -> tuple[int, ...]:
        """The shares of a canary in a deployment mode."""
        if self.canary_steps is not None:
            return self.canary_steps
        return _KNATIVE_STEPS if mode == "Knative" else ()


def split(params: Mapping[str, Any], image: str) -> tuple[DeploymentSettings, RolloutSettings]:
    """Both kinds of settings from one set of plain values; raises InputError naming what is accepted."""
    rollout = {field.name for field in fields(RolloutSettings)}
    known = [field.name for field in fields(DeploymentSettings)] + sorted(rollout)
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise InputError(f"a deployment has no setting {', '.join(map(repr, unknown))}; known settings: {known}")
    objects = {name: value for name, value in params.items() if name not in rollout}
    return (
        from_params(DeploymentSettings, {"image": image, **objects}),
        from_params(RolloutSettings, {name: value for name, value in params.items() if name in rollout}),
    )
