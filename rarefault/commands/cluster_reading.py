"""Reading the objects of a Kubernetes API server."""

import os
from typing import Any

import urllib3
import yaml
from kubernetes import client, config  # type: ignore[import-untyped, unused-ignore]  # no types, or not installed

from rarefault.errors import InputError

Object = dict[str, Any]

_SECONDS = (5, 20)
"""To connect, and to wait for an answer."""


class ForbiddenError(Exception):
    """The user may not read an object."""


class ApiServer:
    """The API server that kubectl talks to, or the one of the pod that this runs in; nothing is written to it."""

    def __init__(self, context: str = "") -> None:
        """Take a context of the kubeconfig; empty means the current one. Raises InputError where there is none."""
        settings = client.Configuration()
        try:
            if os.environ.get("KUBERNETES_SERVICE_HOST") and not os.environ.get("KUBECONFIG"):
                config.load_incluster_config(client_configuration=settings)
            else:
                config.load_kube_config(context=context or None, client_configuration=settings)
        except (config.ConfigException, yaml.YAMLError, OSError) as problem:
            raise InputError(
                f"no cluster is known: {problem}; write a kubeconfig (microk8s config > ~/.kube/config), or name one "
                "with KUBECONFIG and its context with --context"
            ) from problem
        settings.retries = False
        self.address = str(settings.host)
        self._client = client.ApiClient(settings)

    def read(self, path: str) -> Object | None:
        """The object, or the list of objects, at an API path; None if there is none.

        Raises ForbiddenError where the user may not read it, InputError where the server is away or none of Kubernetes.
        """
        try:
            found = self._client.call_api(
                path,
                "GET",
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
                response_type="object",
                _return_http_data_only=True,
                _request_timeout=_SECONDS,
            )
        except client.ApiException as problem:
            if problem.status == 404:
                return None
            if problem.status == 403:
                raise ForbiddenError(path) from problem
            why = "refuses this login" if problem.status == 401 else f"answers {problem.status} {problem.reason}"
            raise InputError(f"the cluster at {self.address} {why}; renew the kubeconfig") from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise InputError(f"the cluster at {self.address} cannot be reached: {problem}") from problem
        if not isinstance(found, dict):
            raise InputError(f"what answers at {self.address} is no Kubernetes API server; see the kubeconfig")
        return found
