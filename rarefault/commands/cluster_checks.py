"""What a cluster needs to train, register and serve, and what to do about each thing that is missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from rarefault.commands.cluster_objects import APPLIED, SECRETS, path_of
from rarefault.commands.cluster_reading import ForbiddenError

Object = dict[str, Any]

GUIDE = "manifests/README.md"
RESTRICTED = "manifests/kserve/storage-initializer.yaml"
APPLY = "apply the manifests: kubectl apply --server-side -k manifests/overlays/microk8s"


class Reader(Protocol):
    """What reads an API path: None if nothing is there."""

    def read(self, path: str) -> Object | None: ...  # noqa: D102


@dataclass(frozen=True)
class Place:
    """namespace: where models are served; profile: the namespace of the Kubeflow profile that runs the pipelines."""

    namespace: str = "rarefault"
    profile: str = "kubeflow-user-example-com"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `bad` counts as a problem."""

    name: str
    text: str
    bad: bool = False


@dataclass(frozen=True)
class Check:
    """One thing that has to be there.

    name: what it is; path: where it is; remedy: what to do without it; fault: what is wrong with it, empty if nothing;
    mend: what to do then, if not the same.
    """

    name: str
    path: str
    remedy: str
    fault: Callable[[Object], str] = lambda found: ""
    mend: str = ""


def examine(server: Reader, place: Place) -> Iterator[Finding]:
    """Every check of a cluster, one finding each, then one for each served model."""
    for check in (*_platform(place), *_secrets(place), *_applied(place)):
        yield _result(server, check)
    yield from _models(server, place)


def _result(server: Reader, check: Check) -> Finding:
    try:
        found = server.read(check.path)
    except ForbiddenError:
        return Finding(check.name, f"you may not read it ({check.path}); use an administrator's kubeconfig", bad=True)
    if found is None:
        return Finding(check.name, f"missing; {check.remedy}", bad=True)
    fault = check.fault(found)
    return Finding(check.name, f"{fault}; {check.mend or check.remedy}" if fault else "ok", bad=bool(fault))


def _platform(place: Place) -> list[Check]:
    """What has to be there before the manifests are applied."""
    canary = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/inferenceservices.serving.kserve.io"
    fetching = "/apis/serving.kserve.io/v1alpha1/clusterstoragecontainers/default"
    patch = f"kubectl patch clusterstoragecontainer default --type merge --patch-file {RESTRICTED}"
    return [
        Check("Kubernetes", "/version", "upgrade: snap refresh microk8s --channel=1.34/stable", _too_old),
        Check(
            "a default storage class",
            "/apis/storage.k8s.io/v1/storageclasses",
            "microk8s enable hostpath-storage, or mark one as the default",
            _no_default,
        ),
        Check(
            "metrics that replicas follow",
            "/apis/metrics.k8s.io/v1beta1",
            "none are ever added: microk8s enable metrics-server",
        ),
        Check("Prometheus operator", "/apis/monitoring.coreos.com/v1", "microk8s enable observability"),
        Check("Gateway API", "/apis/gateway.networking.k8s.io/v1", f"install its standard channel ({GUIDE}, step 4)"),
        Check("KServe", canary, f"install KServe 0.20 or newer ({GUIDE}, step 4)", _no_canary),
        Check("rights of the container that fetches models", fetching, patch, _not_restricted),
        Check(
            "Kubeflow Pipelines",
            path_of("Service", "kubeflow", "ml-pipeline"),
            f"install Kubeflow 26.03 ({GUIDE}, step 3)",
        ),
        Check(
            f"account default-editor in {place.profile}",
            path_of("ServiceAccount", place.profile, "default-editor"),
            "no such Kubeflow profile: create it, or name yours with --profile and in settings.yaml of the overlay",
        ),
        Check(f"namespace {place.namespace}", f"/api/v1/namespaces/{place.namespace}", APPLY, _unguarded),
    ]


def _secrets(place: Place) -> Iterator[Check]:
    for name, namespace, keys, notes in SECRETS:
        where = place.namespace if namespace == "rarefault" else place.profile

        def fault(found: Object, keys: tuple[str, ...] = keys, notes: tuple[str, ...] = notes) -> str:
            lacking = [key for key in keys if key not in (found.get("data") or {})]
            lacking += [note for note in notes if note not in (found["metadata"].get("annotations") or {})]
            return f"lacks {', '.join(lacking)}" if lacking else ""

        yield Check(f"Secret {name} in {where}", path_of("Secret", where, name), f"make it ({GUIDE}, step 5)", fault)


def _applied(place: Place) -> Iterator[Check]:
    """What the manifests bring."""
    faults: dict[str, Callable[[Object], str]] = {
        "StatefulSet": _not_ready,
        "Deployment": _not_ready,
        "PersistentVolumeClaim": _lost,
        "RoleBinding": _binds(place.profile),
    }
    for kind, name in APPLIED:
        where = place.profile if kind == "PersistentVolumeClaim" else place.namespace
        mends = {
            "RoleBinding": f"name the profile in settings.yaml of the overlay and {APPLY}",
            "PersistentVolumeClaim": f"see kubectl -n {where} describe pvc {name}, and restore the data",
        }
        mend = mends.get(kind, f"see kubectl -n {where} describe pods -l app.kubernetes.io/name={name}")
        yield Check(f"{kind} {name}", path_of(kind, where, name), APPLY, faults.get(kind, lambda found: ""), mend)


def _models(server: Reader, place: Place) -> Iterator[Finding]:
    path = f"/apis/serving.kserve.io/v1beta1/namespaces/{place.namespace}/inferenceservices"
    try:
        found = (server.read(path) or {}).get("items", [])
    except ForbiddenError:
        found = []
    if not found:
        yield Finding("models", "none is served yet; rarefault submit fault-detection trains and deploys one")
    for service in found:
        name = f"model {service['metadata']['name']}"
        states = {state["type"]: state for state in service.get("status", {}).get("conditions", [])}
        ready = states.get("Ready", {})
        if ready.get("status") == "True":
            yield Finding(name, "ok")
        else:
            why = ready.get("message") or ready.get("reason") or "KServe has not looked at it"
            see = f"see kubectl -n {place.namespace} describe inferenceservice {service['metadata']['name']}"
            yield Finding(name, f"not ready: {why}; {see}", bad=True)


def _too_old(found: Object) -> str:
    digits = "".join(filter(str.isdigit, str(found.get("minor", ""))))
    version = (int(found.get("major", 0)), int(digits or 0))
    return "" if version >= (1, 34) else f"{found.get('gitVersion')} is too old for Kubeflow 26.03, which needs 1.34"


def _no_default(found: Object) -> str:
    mark = "storageclass.kubernetes.io/is-default-class"
    marks = [part["metadata"].get("annotations", {}).get(mark) for part in found.get("items", [])]
    return "" if "true" in marks else "no storage class is the default, so that volumes stay pending"


def _no_canary(found: Object) -> str:
    for version in found["spec"]["versions"]:
        fields = version.get("schema", {}).get("openAPIV3Schema", {}).get("properties", {}).get("spec", {})
        if version["name"] == "v1beta1" and "canary" in fields.get("properties", {}):
            return ""
    return "it knows no canary in Standard mode"


def _not_restricted(found: Object) -> str:
    context = found["spec"]["container"].get("securityContext", {})
    dropped = context.get("capabilities", {}).get("drop", [])
    sound = context.get("allowPrivilegeEscalation") is False and context.get("runAsNonRoot") and "ALL" in dropped
    return "" if sound else "Pod Security would refuse every model's pod"


def _unguarded(found: Object) -> str:
    level = found["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
    return "" if level == "restricted" else f"its Pod Security level is {level}, not restricted"


def _not_ready(found: Object) -> str:
    wanted, ready = found["spec"].get("replicas", 1), found.get("status", {}).get("readyReplicas", 0)
    return "" if ready >= wanted else f"{ready} of {wanted} pods are ready"


def _lost(found: Object) -> str:
    return "its volume is lost" if found.get("status", {}).get("phase") == "Lost" else ""


def _binds(profile: str) -> Callable[[Object], str]:
    def fault(found: Object) -> str:
        subjects = {(part.get("name"), part.get("namespace")) for part in found.get("subjects", [])}
        return "" if ("default-editor", profile) in subjects else f"it gives no rights to default-editor in {profile}"

    return fault
