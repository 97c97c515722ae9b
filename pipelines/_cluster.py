"""What a compiled pipeline asks of a cluster: read once, from the environment, when the pipelines are imported."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from components._images import TRAIN
from rarefault.errors import InputError
from rarefault.in_cluster import PREFIX

Secret = tuple[str, dict[str, str]]
"""A Secret's name, and which of its keys a step sees as which environment variable."""
OBJECT_STORE: Secret = ("rarefault-object-store", {k: k for k in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")})
MLFLOW: Secret = ("rarefault-mlflow", {k: k for k in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")})
DATABASE: Secret = ("rarefault-database", {"uri": "RAREFAULT_DATABASE"})
NOTIFY: Secret = ("rarefault-notify", {"url": "RAREFAULT_NOTIFY_URL"})

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_./]{0,250}[A-Za-z0-9])?")


@dataclass(frozen=True)
class ClusterSettings:
    """Where steps run and what they find there; each has an environment variable RAREFAULT_CLUSTER_NAME.

    data_claim: the PersistentVolumeClaim that the reading step sees as /data, none if empty; node_selector: labels
    that every step's node must have; gpus: how many a step gets that trains a generator, of gpu_type, in gpu_image, on
    a node with gpu_node_selector too; parallel: how many strategies are
    trained side by side, at least 1; registry and object_store: their addresses in the cluster; ttl_hours: how long
    Kubeflow keeps a finished run's pods, run_hours: how long a run may take, 0 for both: no limit.
    """

    data_claim: str = "rarefault-data"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    gpus: int = 0
    gpu_type: str = "nvidia.com/gpu"
    gpu_image: str = f"{TRAIN}-gpu"
    gpu_node_selector: Mapping[str, str] = field(default_factory=dict)
    parallel: int = 4
    registry: str = "http://mlflow.rarefault.svc:5000"
    object_store: str = "http://object-store.rarefault.svc:8333"
    ttl_hours: int = 168
    run_hours: int = 72

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings that the environment names; raises InputError for a value that no cluster takes."""
        known = os.environ if environment is None else environment
        named = {f"RAREFAULT_CLUSTER_{setting.name.upper()}": setting.name for setting in fields(cls)}
        found = [(variable, name) for variable, name in named.items() if variable in known]
        return cls(**{name: _READ[name](known[variable], variable) for variable, name in found})

    def in_cluster(self) -> dict[str, str]:
        """Environment variables that a step takes in a cluster alone."""
        data = "/data" if self.data_claim else ""
        values = {"RAREFAULT_REGISTRY": self.registry, "AWS_ENDPOINT_URL": self.object_store, "RAREFAULT_DATA": data}
        return {f"{PREFIX}{name}": value for name, value in values.items() if value}


def _count(text: str, variable: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 10_000:
        raise InputError(f"{variable} is {text!r}; accepted: a whole number from 0 to 10000")
    return int(text)


def _at_least_one(text: str, variable: str) -> int:
    if not _count(text, variable):
        raise InputError(f"{variable} is {text!r}; accepted: a whole number from 1 to 10000")
    return int(text)


def _selector(text: str, variable: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if not all(_LABEL.fullmatch(key) and (not value or _LABEL.fullmatch(value)) for key, _, value in pairs):
        raise InputError(f"{variable} is {text!r}; accepted: labels such as pool=training,zone=a")
    return {key: value for key, _, value in pairs}


def _name(text: str, variable: str) -> str:
    if text and not _NAME.fullmatch(text):
        raise InputError(f"{variable} is {text!r}; accepted: the name of a claim, or nothing")
    return text


def _address(text: str, variable: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/@]+(/[^\s@]*)?", text):
        raise InputError(f"{variable} is no address without a password; accepted: http://HOST:PORT, https://HOST")
    return text


def _word(text: str, variable: str) -> str:
    if not text or not text.isprintable() or " " in text:
        raise InputError(f"{variable} is {text!r}; accepted: one word")
    return text


_READ: dict[str, Callable[[str, str], Any]] = {
    "data_claim": _name,
    "node_selector": _selector,
    "gpus": _count,
    "gpu_type": _word,
    "gpu_image": _word,
    "gpu_node_selector": _selector,
    "parallel": _at_least_one,
    "registry": _address,
    "object_store": _address,
    "ttl_hours": _count,
    "run_hours": _count,
}
