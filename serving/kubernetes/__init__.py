"""The Kubernetes objects that serve a model: KServe's runtime and service, their monitoring and their firewall."""

from serving.kubernetes.names import dns_label
from serving.kubernetes.objects import build, to_yaml
from serving.kubernetes.settings import Canary, DeploymentSettings, check_storage_uri, fetchable

__all__ = ["Canary", "DeploymentSettings", "build", "check_storage_uri", "dns_label", "fetchable", "to_yaml"]
