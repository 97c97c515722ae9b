"""What KServe says of a service, and where it can be asked."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from serving.cluster.api import Object

_FAILED = ("BlockedByFailedLoad", "InvalidSpec")


def waiting_for(service: Object, canary: str = "") -> str:
    """Why a service is not ready, in a few words; empty where it is.

    canary: the name of the canary that has to be ready too (Standard mode). A service that was just changed may still
    report what it was before: only its answers tell for sure.
    """
    status = _mapping(service.get("status"))
    states = {found.get("type"): found for found in status.get("conditions") or []}
    ready = states.get("Ready")
    if ready is None:
        return "KServe has not taken notice of it yet"
    if ready.get("status") != "True":
        return _why(states)
    predictor = _mapping(_mapping(status.get("components")).get("predictor"))
    if predictor.get("latestCreatedRevision") != predictor.get("latestReadyRevision"):
        return f"revision {predictor.get('latestCreatedRevision')} is not ready"
    if canary and not any(one.get("name") == canary and one.get("ready") for one in status.get("canaryStatuses") or []):
        return f"canary {canary} is not ready (a canary in Standard mode needs KServe 0.20 with the Gateway API)"
    return ""


def failure(service: Object) -> str:
    """Why KServe gave the newest version up, in a few words; empty where it did not."""
    status = _mapping(_mapping(service.get("status")).get("modelStatus"))
    if status.get("transitionStatus") not in _FAILED:
        return ""
    info = _mapping(status.get("lastFailureInfo"))
    said = " ".join(str(info.get("message") or "").split())[:200]
    return f"{info.get('reason') or status['transitionStatus']}{': ' if said else ''}{said}"


def address(service: Object) -> str:
    """Where the service answers inside the cluster; empty as long as KServe does not tell."""
    status = _mapping(service.get("status"))
    return str(_mapping(status.get("address")).get("url") or status.get("url") or "").rstrip("/")


def host(service: Object) -> str:
    """The name by which a gateway knows the service; empty as long as KServe does not tell."""
    return urlsplit(str(_mapping(service.get("status")).get("url") or "")).netloc


def canary_address(service: Object, canary: str) -> str:
    """Where the canary alone answers (Standard mode): NAME-CANARY-predictor in place of NAME-predictor."""
    name = service["metadata"]["name"]
    parts = urlsplit(address(service))
    first, dot, rest = parts.netloc.partition(".")
    if first != f"{name}-predictor":
        return ""
    return urlunsplit((parts.scheme, f"{name}-{canary}-predictor{dot}{rest}", parts.path, "", ""))


def _why(states: Mapping[Any, Mapping[str, Any]]) -> str:
    found = [one for kind, one in states.items() if kind != "Ready" and one.get("status") != "True"]
    worst = next((one for one in found if one.get("message")), found[0] if found else states["Ready"])
    said = " ".join(f"{worst.get('reason') or ''} {worst.get('message') or ''}".split())[:200]
    return f"{worst.get('type')} is {worst.get('status')}{': ' if said else ''}{said}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
