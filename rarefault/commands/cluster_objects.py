"""The objects that manifests/ bring and the Secrets that a person makes; a test keeps both equal to the manifests."""

from typing import Final

APPLIED: Final = (
    ("ResourceQuota", "rarefault"),
    ("LimitRange", "rarefault"),
    ("ServiceAccount", "default"),
    ("ServiceAccount", "rarefault-platform"),
    ("Role", "rarefault-deployer"),
    ("RoleBinding", "rarefault-deployer"),
    ("NetworkPolicy", "nothing-else"),
    ("NetworkPolicy", "names"),
    ("NetworkPolicy", "database"),
    ("NetworkPolicy", "object-store"),
    ("NetworkPolicy", "mlflow"),
    ("NetworkPolicy", "models"),
    ("PersistentVolumeClaim", "rarefault-data"),
    ("ConfigMap", "database-init"),
    ("Service", "database"),
    ("StatefulSet", "database"),
    ("Service", "object-store"),
    ("StatefulSet", "object-store"),
    ("Service", "mlflow"),
    ("Deployment", "mlflow"),
    ("ServingRuntime", "rarefault"),
    ("PodMonitor", "rarefault-models"),
    ("PodMonitor", "object-store"),
    ("PrometheusRule", "rarefault"),
    ("ConfigMap", "rarefault-dashboard-serving"),
    ("ConfigMap", "rarefault-dashboard-model-and-data"),
)
"""Kind and name; the claim is in the profile's namespace, the others in that of the models."""

_S3_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_S3_NOTES = tuple(f"serving.kserve.io/s3-{name}" for name in ("endpoint", "usehttps", "region"))

SECRETS: Final[tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("rarefault-database", "rarefault", ("password",), ()),
    ("rarefault-object-store", "rarefault", _S3_KEYS, _S3_NOTES),
    ("rarefault-database", "profile", ("uri",), ()),
    ("rarefault-object-store", "profile", _S3_KEYS, ()),
)
"""Name, whose namespace, keys, and the annotations that tell KServe where the object store is."""

_RESOURCES = {
    "ConfigMap": ("/api/v1", "configmaps"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "LimitRange": ("/api/v1", "limitranges"),
    "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies"),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims"),
    "PodMonitor": ("/apis/monitoring.coreos.com/v1", "podmonitors"),
    "PrometheusRule": ("/apis/monitoring.coreos.com/v1", "prometheusrules"),
    "ResourceQuota": ("/api/v1", "resourcequotas"),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    "Secret": ("/api/v1", "secrets"),
    "Service": ("/api/v1", "services"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "ServingRuntime": ("/apis/serving.kserve.io/v1alpha1", "servingruntimes"),
    "StatefulSet": ("/apis/apps/v1", "statefulsets"),
}


def path_of(kind: str, namespace: str, name: str) -> str:
    """Where the API server keeps an object."""
    group, plural = _RESOURCES[kind]
    return f"{group}/namespaces/{namespace}/{plural}/{name}"
