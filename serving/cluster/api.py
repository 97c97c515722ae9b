"""The Kubernetes API: get, apply on the server's side, delete; every refusal is one line."""

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client as kubernetes
from kubernetes import config

from serving.cluster.errors import ClusterError, ConflictError
from serving.cluster.refusals import refusal

Object = dict[str, Any]
Say = Callable[[str], None]

MANAGER = "rarefault"
"""The name under which the API server remembers which fields are ours."""
KINDS = {
    "ConfigMap": ("/api/v1", "configmaps"),
    "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies"),
    "PodMonitor": ("/apis/monitoring.coreos.com/v1", "podmonitors"),
    "ServingRuntime": ("/apis/serving.kserve.io/v1alpha1", "servingruntimes"),
    "InferenceService": ("/apis/serving.kserve.io/v1beta1", "inferenceservices"),
}
_SECONDS = 30
_TRIES = 6
_FIRST_PAUSE = 0.2
_PASSING = (429, 500, 502, 503, 504)
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Cluster:
    """One namespace of a cluster; raises ClusterError where there is none to be found."""

    def __init__(self, namespace: str, context: str = "", say: Say = lambda line: None) -> None:
        self.namespace, self._say = namespace, say
        settings = _configuration(context)
        settings.retries = urllib3.Retry(0)
        self.address = str(settings.host)
        self._client = kubernetes.ApiClient(settings)

    def get(self, kind: str, name: str) -> Object | None:
        """An object, or None where there is none of that name."""
        try:
            return self._call("GET", kind, name)
        except kubernetes.ApiException as problem:
            if problem.status == 404 and _says_not_found(problem):
                return None
            raise refusal(problem, "get", kind, name, self.namespace) from problem

    def apply(self, thing: Object, *, dry_run: bool = False, guard: Callable[[], None] | None = None) -> Object:
        """Let the object be as `thing` says, in the fields that it names (server-side apply).

        Fields that another manager set are taken over and named in the log; a conflict is tried again. guard raises
        when the object must not be changed any more; nobody can change it between that and this change.
        """
        force = False
        for attempt in range(_TRIES):
            try:
                return self._patch(self._guarded(thing, guard), force=force, dry_run=dry_run)
            except ConflictError as problem:
                if attempt + 1 == _TRIES:
                    raise
                if problem.owners and not force:
                    force = True
                    if not dry_run:
                        self._say(f"taking over {_title(thing)}: {'; '.join(problem.owners)}")
                else:
                    time.sleep(_FIRST_PAUSE * 2**attempt)
        raise AssertionError("unreachable: the last try returns or raises")

    def _guarded(self, thing: Object, guard: Callable[[], None] | None) -> Object:
        """`thing`, to be applied only if the object is then what it is now."""
        if guard is None:
            return thing
        now = self.get(thing["kind"], thing["metadata"]["name"])
        guard()
        if now is None:
            return thing
        return {**thing, "metadata": {**thing["metadata"], "resourceVersion": now["metadata"]["resourceVersion"]}}

    def apply_unchanged(self, thing: Object) -> Object:
        """Apply, but only if the object is still at the resourceVersion that `thing` names; raises ConflictError."""
        return self._patch(thing, force=True, dry_run=False)

    def clear(self, kind: str, name: str, change: Object) -> Object:
        """Remove the fields that are None in `change` (a JSON merge patch), whoever set them."""
        try:
            return self._call("PATCH", kind, name, change, "application/merge-patch+json", [("fieldManager", MANAGER)])
        except kubernetes.ApiException as problem:
            raise refusal(problem, "patch", kind, name, self.namespace) from problem

    def delete(self, kind: str, name: str) -> None:
        """Delete an object, if it is there."""
        try:
            self._call("DELETE", kind, name)
        except kubernetes.ApiException as problem:
            if problem.status != 404:
                raise refusal(problem, "delete", kind, name, self.namespace) from problem

    def _patch(self, thing: Object, force: bool, dry_run: bool) -> Object:
        kind, name = thing["kind"], thing["metadata"]["name"]
        body = {**thing, "metadata": {**thing["metadata"], "namespace": self.namespace}}
        query = [("fieldManager", MANAGER), ("force", "true" if force else "false")]
        query += [("fieldValidation", "Strict")] + ([("dryRun", "All")] if dry_run else [])
        try:
            return self._call("PATCH", kind, name, body, "application/apply-patch+yaml", query)
        except kubernetes.ApiException as problem:
            raise refusal(problem, "patch", kind, name, self.namespace) from problem

    def _call(
        self,
        method: str,
        kind: str,
        name: str,
        body: Object | None = None,
        content_type: str = "application/json",
        query: list[tuple[str, str]] | None = None,
    ) -> Object:
        """One request; a server that is away for a moment is asked again."""
        root, plural = KINDS[kind]
        for attempt in range(_TRIES):
            try:
                return dict(
                    self._client.call_api(
                        f"{root}/namespaces/{self.namespace}/{plural}/{name}",
                        method,
                        query_params=query or [],
                        header_params={"Accept": "application/json", "Content-Type": content_type},
                        body=body,
                        response_type="object",
                        auth_settings=["BearerToken"],
                        _return_http_data_only=True,
                        _request_timeout=_SECONDS,
                    )
                )
            except kubernetes.ApiException as problem:
                if problem.status not in _PASSING or _is_final(problem) or attempt + 1 == _TRIES:
                    raise
            except urllib3.exceptions.HTTPError as problem:
                if attempt + 1 == _TRIES:
                    cause = " ".join(str(getattr(problem, "reason", None) or problem).split())[-200:]
                    raise ClusterError(
                        f"the Kubernetes API at {self.address} cannot be reached: {cause}; accepted: a running cluster"
                    ) from problem
            time.sleep(_FIRST_PAUSE * 2**attempt)
        raise AssertionError("unreachable: the last try returns or raises")


def own_namespace() -> str:
    """The namespace of the pod that this process runs in; empty outside of a cluster."""
    with contextlib.suppress(OSError):
        return _NAMESPACE_FILE.read_text().strip()
    return ""


def _configuration(context: str) -> Any:
    settings = kubernetes.Configuration()
    try:
        if not context and "KUBERNETES_SERVICE_HOST" in os.environ and _NAMESPACE_FILE.exists():
            config.load_incluster_config(client_configuration=settings)
        else:
            config.load_kube_config(os.environ.get("KUBECONFIG"), context or None, settings)
    except (config.ConfigException, OSError, ValueError) as problem:
        why = " ".join(str(problem).split())[:200]
        raise ClusterError(
            f"no cluster to deploy to: {why}; accepted: a kubeconfig (KUBECONFIG, ~/.kube/config, context) or a pod "
            "with a service account"
        ) from problem
    return settings


def _says_not_found(problem: kubernetes.ApiException) -> bool:
    """Whether an object is missing, and not its whole kind or the namespace."""
    with contextlib.suppress(ValueError, AttributeError):
        status = json.loads(problem.body)
        return bool(status.get("reason") == "NotFound" and (status.get("details") or {}).get("name"))
    return False


def _is_final(problem: kubernetes.ApiException) -> bool:
    """Whether a 500 is the server's word on what was sent."""
    return problem.status == 500 and "schema" in str(problem.body)


def _title(thing: Object) -> str:
    return f"{thing['kind']} {thing['metadata']['name']}"
