"""Addresses that hold only inside a Kubernetes cluster, so that one pipeline definition runs there and here."""

import os

from rarefault.progress import OWNER

PREFIX = "IN_CLUSTER_"


def adopt() -> None:
    """In a pod that no local run has started, let IN_CLUSTER_NAME be the default of the environment variable NAME."""
    if not os.environ.get("KUBERNETES_SERVICE_HOST") or os.environ.get(OWNER):
        return
    for name, value in list(os.environ.items()):
        if name.startswith(PREFIX):
            os.environ.setdefault(name.removeprefix(PREFIX), value)
