"""KServe's runtime, which says how to start our server, and its service, which says for which model and how often."""

from typing import Any

from serving.kubernetes.names import dns_label, label_value
from serving.kubernetes.settings import Canary, DeploymentSettings

Object = dict[str, Any]

RUNTIME = "rarefault"
PORT = 8080
PORT_NAME = "http1"
"""One of the two names that Knative accepts."""
UID = 1000
"""The user of the server's image and of KServe's storage initializer, so that the one can read what the other wrote."""
VERSION_LABEL = "app.kubernetes.io/version"
STATE_KEY = "url"
"""Of the Secret with the address of the database."""
_CONTAINER = "kserve-container"
_DRAIN_SECONDS = 5
"""Requests still arrive for so long after a pod was told to go, until every node knows it."""
_REQUEST_SECONDS = 30
_LIVE, _READY = "/v2/health/live", "/v2/health/ready"


def serving_runtime(settings: DeploymentSettings) -> Object:
    """The ServingRuntime of our server: the image, the probes, and what the container may not do."""
    container = {
        "name": _CONTAINER,
        "image": settings.image,
        "args": [
            "--model_name={{.Name}}",
            "--model_dir=/mnt/models",
            f"--http_port={PORT}",
            f"--drain_seconds={_DRAIN_SECONDS}",
        ],
        "ports": [{"name": PORT_NAME, "containerPort": PORT, "protocol": "TCP"}],
        "resources": _resources(settings),
        "startupProbe": _probe(_LIVE, period=1, failures=60),
        "readinessProbe": _probe(_READY, period=5, failures=2),
        "livenessProbe": _probe(_LIVE, period=10, failures=3),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsGroup": UID,
            "runAsNonRoot": True,
            "runAsUser": UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": {"name": RUNTIME},
        "spec": {
            "annotations": {"prometheus.kserve.io/path": "/metrics", "prometheus.kserve.io/port": str(PORT)},
            "supportedModelFormats": [{"name": "rarefault", "version": "1", "autoSelect": True, "priority": 1}],
            "protocolVersions": ["v1", "v2"],
            "containers": [container],
        },
    }


def inference_service(
    name: str, model: str, version: str, storage_uri: str, settings: DeploymentSettings, canary: Canary | None
) -> Object:
    """The InferenceService, with the canary in the mode's own way.

    Standard mode has no revisions: the canary is a second Deployment of fixed size beside the stable one (KServe 0.20
    or newer, with the Gateway API). In Knative mode the newer version is the service's, and KServe leaves the rest of
    the requests to the revision rolled out last.
    """
    standard = settings.mode == "Standard"
    if canary is not None and not standard:
        version, storage_uri = canary.version, canary.storage_uri
    predictor = _predictor(version, storage_uri, settings)
    service: Object = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": name,
            "annotations": {"rarefault/model": model, "serving.kserve.io/deploymentMode": settings.mode},
        },
        "spec": {"predictor": predictor},
    }
    if standard:
        service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] = "hpa"
    if canary is not None and standard:
        service["spec"]["canary"] = [_standard_canary(canary, settings)]
    elif canary is not None:
        predictor["canaryTrafficPercent"] = canary.percent
    return service


def _predictor(version: str, storage_uri: str, settings: DeploymentSettings) -> Object:
    """The predictor of one version: its pods, and by what their number follows the load."""
    predictor: Object = {
        "labels": {VERSION_LABEL: label_value(version)},
        "minReplicas": settings.min_replicas,
        "maxReplicas": settings.max_replicas,
        "timeout": _REQUEST_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "model": _model(storage_uri, settings),
    }
    if settings.service_account:
        predictor["serviceAccountName"] = settings.service_account
    if settings.mode == "Standard":
        return predictor | _standard_pods() | {"scaleMetric": "cpu", "scaleTarget": settings.cpu_target}
    return predictor | {"scaleMetric": "rps", "scaleTarget": settings.rps_target}


def _standard_pods() -> Object:
    """What Knative refuses or does by itself: the pod's own security context, a slow goodbye, one in before one out."""
    return {
        "terminationGracePeriodSeconds": _DRAIN_SECONDS + _REQUEST_SECONDS + 5,
        "deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "securityContext": {
            "fsGroup": UID,
            "runAsGroup": UID,
            "runAsNonRoot": True,
            "runAsUser": UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def _model(storage_uri: str, settings: DeploymentSettings) -> Object:
    model: Object = {
        "modelFormat": {"name": "rarefault", "version": "1"},
        "runtime": RUNTIME,
        "protocolVersion": "v2",
        "storageUri": storage_uri,
        "resources": _resources(settings),
    }
    environment: list[Object] = [{"name": name, "value": value} for name, value in sorted(settings.environment.items())]
    if settings.state_secret:
        key = {"name": settings.state_secret, "key": STATE_KEY}
        environment.append({"name": "RAREFAULT_STATE", "valueFrom": {"secretKeyRef": key}})
    if environment:
        model["env"] = environment
    return model


def _standard_canary(canary: Canary, settings: DeploymentSettings) -> Object:
    """What differs from the stable predictor; KServe takes the rest from there and forbids autoscaling."""
    return {
        "trafficPercent": canary.percent,
        "predictor": {
            "name": dns_label(f"v{canary.version}", longest=12),
            "labels": {VERSION_LABEL: label_value(canary.version)},
            "minReplicas": 1,
            "model": {"name": _CONTAINER, **_model(canary.storage_uri, settings)},  # its schema asks for the name
        },
    }


def _resources(settings: DeploymentSettings) -> Object:
    """Equal requests and limits, so that CPU utilisation is a share of the limit and no neighbour takes it away."""
    amounts = {"cpu": settings.cpu, "memory": settings.memory}
    return {"requests": dict(amounts), "limits": dict(amounts)}


def _probe(path: str, period: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": PORT},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "successThreshold": 1,
        "failureThreshold": failures,
    }
