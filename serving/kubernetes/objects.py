"""All objects of one served model, built by one function."""

from typing import Any

import yaml

from serving.kubernetes.names import dns_label
from serving.kubernetes.network import network_policy, pod_monitor
from serving.kubernetes.predictor import inference_service, serving_runtime
from serving.kubernetes.settings import Canary, DeploymentSettings, check_storage_uri

Object = dict[str, Any]


def build(
    model: str, version: str, storage_uri: str, settings: DeploymentSettings, canary: Canary | None = None
) -> list[Object]:
    """The ServingRuntime, NetworkPolicy, InferenceService and PodMonitor of one model, in the order to apply them.

    model and version are the registered model's, storage_uri is where its exported folder is. Raises ValueError for
    an address that KServe cannot take a model from, and for a canary that is the same version.
    """
    check_storage_uri(storage_uri)
    if canary is not None and canary.version == version:
        raise ValueError(f"the canary must be another version than the stable one, got {version!r} for both")
    name = dns_label(model)
    service = inference_service(name, model, version, storage_uri, settings, canary)
    addresses = [storage_uri] if canary is None else [storage_uri, canary.storage_uri]
    parts = [serving_runtime(settings), network_policy(name, addresses, settings), service, pod_monitor(name, settings)]
    for part in parts:
        _describe(part, settings.namespace)
    return parts


def _describe(part: Object, namespace: str) -> None:
    """Add what all objects share: the namespace, if one is named, and the label that finds them together."""
    metadata = part["metadata"]
    if namespace:
        metadata["namespace"] = namespace
    metadata["labels"] = {"app.kubernetes.io/part-of": "rarefault", **metadata.get("labels", {})}


class _Plain(yaml.SafeDumper):
    """Writes repeated values out instead of as anchors, which people and some tools misread."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(objects: list[Object]) -> str:
    """The objects as one YAML stream; the same objects always give the same text."""
    return yaml.dump_all(objects, Dumper=_Plain, sort_keys=False, explicit_start=True, width=120)
