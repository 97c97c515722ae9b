"""How a model is deployed."""

import re
from dataclasses import dataclass, field
from typing import Literal

_IMAGE = re.compile(r"[a-z0-9][\w.\-/:]*(@sha256:[0-9a-f]{64})?")
_CPU = re.compile(r"[1-9]\d*m?|\d+\.\d+")
_MEMORY = re.compile(r"[1-9]\d*(Ki|Mi|Gi|k|M|G)?")
_VARIABLE = re.compile(r"RAREFAULT_[A-Z_]+")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SCHEMES = ("s3", "gs", "https", "http", "hdfs", "webhdfs", "hf", "oci", "pvc")
"""What KServe takes models from; it mounts pvc:// and fetches the others over the network."""


@dataclass(frozen=True)
class DeploymentSettings:
    """What all models of a deployment have in common.

    image: the image of docker/serve.Dockerfile.
    mode: KServe's deployment mode: Standard (a Deployment, scaled by CPU) or Knative (scaled by requests per second).
    namespace: where the objects go; empty leaves it to kubectl.
    min_replicas, max_replicas: the autoscaler's bounds; 0 at least is for Knative only.
    cpu, memory: the limits of one replica.
    cpu_target: Standard mode adds replicas above this share of the CPU limit, in percent.
    rps_target: Knative mode adds replicas above this rate for each, in requests per second.
    environment: the server's own settings, such as {"RAREFAULT_MISSING": "fill"}.
    state_secret: the Secret whose key `url` is the address of a PostgreSQL database, in which all replicas of a
    degradation model keep what they know of machines (postgresql://USER:PASSWORD@HOST/DATABASE); empty is in memory.
    service_account: the account whose secrets hold the credentials of the storage; empty is the namespace's default.
    allowed_namespaces: where requests and Prometheus may come from.
    egress_ports: pod ports that the storage initializer may reach, besides DNS; unused for pvc://.
    monitor_labels: labels by which the Prometheus operator finds the PodMonitor.
    """

    image: str
    mode: Literal["Standard", "Knative"] = "Standard"
    namespace: str = ""
    min_replicas: int = 1
    max_replicas: int = 10
    cpu: str = "500m"
    memory: str = "512Mi"
    cpu_target: int = 80
    rps_target: int = 1000
    environment: dict[str, str] = field(default_factory=dict)
    state_secret: str = ""
    service_account: str = ""
    allowed_namespaces: tuple[str, ...] = (
        "istio-system",
        "envoy-gateway-system",
        "ingress",
        "observability",
        "monitoring",
    )
    egress_ports: tuple[int, ...] = (443, 8333, 9000)
    monitor_labels: dict[str, str] = field(default_factory=lambda: {"release": "kube-prom-stack"})

    def __post_init__(self) -> None:
        _matches("image", self.image, _IMAGE, "an image such as registry:5000/serve:1.0")
        if self.mode not in ("Standard", "Knative"):
            raise ValueError(f"mode must be Standard or Knative, got {self.mode!r}")
        if self.min_replicas < (0 if self.mode == "Knative" else 1):
            raise ValueError(f"min_replicas must be >= 1 (>= 0 in Knative mode), got {self.min_replicas}")
        if self.max_replicas < max(self.min_replicas, 1):
            raise ValueError(f"max_replicas must be >= 1 and >= min_replicas, got {self.max_replicas}")
        _matches("cpu", self.cpu, _CPU, "cores such as 0.5 or 500m")
        _matches("memory", self.memory, _MEMORY, "bytes such as 512Mi")
        if not 1 <= self.cpu_target <= 100:
            raise ValueError(f"cpu_target must be from 1 to 100, got {self.cpu_target}")
        if self.rps_target < 1:
            raise ValueError(f"rps_target must be >= 1, got {self.rps_target}")
        if not self.allowed_namespaces:
            raise ValueError("allowed_namespaces must name at least one namespace, otherwise nobody can ask the model")
        for name, value in self.environment.items():
            _matches("a name in environment", name, _VARIABLE, "RAREFAULT_ and capitals")
            if not isinstance(value, str):
                raise ValueError(f"{name} in environment must be a text, got {value!r}")
        for name in filter(None, (*self.allowed_namespaces, self.namespace, self.service_account, self.state_secret)):
            _matches(
                "a namespace, service_account or state_secret",
                name,
                _LABEL,
                "lower-case letters, digits and -, at most 63",
            )
        if not self.egress_ports:
            raise ValueError("egress_ports must name at least one port, otherwise no model can be fetched")
        for port in self.egress_ports:
            if not 1 <= port <= 65535:
                raise ValueError(f"egress_ports must be from 1 to 65535, got {port}")


@dataclass(frozen=True)
class Canary:
    """A newer version that gets a share of the requests.

    version, storage_uri: the newer version; percent: its share, 0 to 100.
    """

    version: str
    storage_uri: str
    percent: int = 10

    def __post_init__(self) -> None:
        check_storage_uri(self.storage_uri)
        if not 0 <= self.percent <= 100:
            raise ValueError(f"percent must be from 0 to 100, got {self.percent}")


def fetchable(uri: str) -> bool:
    """Whether KServe can take a model from this address."""
    scheme, separator, rest = uri.partition("://")
    return bool(separator and rest.strip("/")) and scheme in _SCHEMES and not re.search(r"\s", uri)


def check_storage_uri(uri: str) -> None:
    """Raise ValueError for an address that KServe cannot take a model from."""
    if not fetchable(uri):
        accepted = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
        hint = "; for minio:// write s3://" if uri.startswith("minio:") else ""
        raise ValueError(f"storage_uri must begin with one of {accepted} and name a folder, got {uri!r}{hint}")


def _matches(name: str, value: str, pattern: re.Pattern[str], accepted: str) -> None:
    if not pattern.fullmatch(value):
        raise ValueError(f"{name} must be {accepted}; got {value!r}")
