"""Who may talk to a model's pods, with whom these may talk, and where Prometheus reads their metrics."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from serving.kubernetes.predictor import PORT, PORT_NAME, VERSION_LABEL
from serving.kubernetes.settings import DeploymentSettings

Object = dict[str, Any]

_SERVICE_LABEL = "serving.kserve.io/inferenceservice"
"""KServe puts it on every pod of a service."""
_QUEUE_PORTS = (8012, 8013, 8112, 9090, 9091)
"""Knative's proxy beside the server: HTTP/1, HTTP/2, TLS, and its metrics for the autoscaler and for users."""
_DATABASE = 5432
_WEB_PORTS = {"http": 80, "https": 443}


def network_policy(name: str, storage_uris: Sequence[str], settings: DeploymentSettings) -> Object:
    """Requests and scrapes from the allowed namespaces only; out only what a model and its machines' states need."""
    namespaces = list(settings.allowed_namespaces)
    ports: tuple[int, ...] = (PORT,)
    if settings.mode == "Knative":
        namespaces, ports = [*namespaces, "knative-serving"], (PORT, *_QUEUE_PORTS)
    selector = {"matchExpressions": [_in("kubernetes.io/metadata.name", sorted(set(namespaces)))]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {
            "podSelector": {"matchLabels": {_SERVICE_LABEL: name}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"namespaceSelector": selector}], "ports": [_tcp(port) for port in ports]}],
            "egress": _egress(storage_uris, settings),
        },
    }


def _egress(storage_uris: Sequence[str], settings: DeploymentSettings) -> list[Object]:
    """DNS and the storage's ports where a model is fetched over the network, and the database of machine states."""
    addresses = [urlsplit(uri) for uri in storage_uris if not uri.startswith("pvc://")]
    ports = {_DATABASE} if settings.state_secret else set()
    if addresses:
        ports |= {address.port or _WEB_PORTS[address.scheme] for address in addresses if address.scheme in _WEB_PORTS}
        ports |= set(settings.egress_ports)
    if not ports:
        return []
    dns = [{"protocol": "UDP", "port": 53}, _tcp(53)]
    return [{"ports": dns}, {"ports": [_tcp(port) for port in sorted(ports)]}]


def pod_monitor(name: str, settings: DeploymentSettings) -> Object:
    """The Prometheus operator's PodMonitor: every replica's /metrics, with the model's version as a label."""
    port = PORT_NAME if settings.mode == "Standard" else "user-port"  # Knative renames the port
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": name, "labels": dict(settings.monitor_labels)},
        "spec": {
            "selector": {"matchLabels": {_SERVICE_LABEL: name}},
            "podTargetLabels": [VERSION_LABEL],
            "podMetricsEndpoints": [{"port": port, "path": "/metrics", "interval": "15s"}],
        },
    }


def _in(key: str, values: list[str]) -> Object:
    return {"key": key, "operator": "In", "values": values}


def _tcp(port: int) -> Object:
    return {"protocol": "TCP", "port": port}
