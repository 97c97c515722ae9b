"""What the Kubernetes API refused, in one line."""

import json
from typing import Any

from serving.cluster.errors import ClusterError, ConflictError, ForbiddenError, UnknownKindError

_INSTALL = {
    "ServingRuntime": "install KServe",
    "InferenceService": "install KServe",
    "PodMonitor": "install the Prometheus operator",
}


def refusal(problem: Any, verb: str, kind: str, name: str, namespace: str) -> ClusterError:
    """The error for an ApiException."""
    status = _status(problem.body)
    said = " ".join(str(status.get("message") or problem.body or problem.reason or "").split())[:400]
    what = f"{kind} {name} in namespace {namespace}"
    if problem.status == 401:
        return ForbiddenError(f"the cluster does not know these credentials ({said or 'Unauthorized'})")
    if problem.status == 403:
        hint = "; accepted: an account with the Role rarefault-deployer there" if " cannot " in said else ""
        return ForbiddenError(f"the cluster forbids to {verb} {what}: {said}{hint}")
    if problem.status == 404:
        return _missing(status, said, kind, namespace)
    if problem.status == 409:
        return ConflictError(f"{what} changed meanwhile: {said}", _owners(status))
    return ClusterError(f"the cluster refused to {verb} {what} (HTTP {problem.status}): {said}")


def _missing(status: dict[str, Any], said: str, kind: str, namespace: str) -> ClusterError:
    details = status.get("details") or {}
    if details.get("kind") == "namespaces" or f'namespaces "{namespace}" not found' in said:
        return ClusterError(f"the cluster has no namespace {namespace!r}; accepted: one that is there")
    return UnknownKindError(f"the cluster knows no {kind}; {_INSTALL.get(kind, 'accepted: a newer Kubernetes')}")


def _owners(status: dict[str, Any]) -> tuple[str, ...]:
    """Who owns which fields, such as `.spec.predictor.minReplicas, set by "kubectl"`."""
    causes = (status.get("details") or {}).get("causes") or []
    found = [cause for cause in causes if cause.get("reason") == "FieldManagerConflict"]
    return tuple(
        f"{cause.get('field', '?')}, set by {str(cause.get('message', '')).removeprefix('conflict with ')}"
        for cause in found
    )


def _status(body: Any) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
