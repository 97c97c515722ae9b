"""The way to a Kubeflow Pipelines server: where it is, who asks, and what went wrong in one line."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import kfp_server_api
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError, SSLError, TimeoutError

from rarefault.errors import InputError

OLDEST = (2, 16)
"""The oldest Kubeflow Pipelines whose server takes what the pipelines ask of Kubernetes."""
_POD_TOKEN = Path("/var/run/secrets/kubeflow/pipelines/token")
_IN_CLUSTER = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
_HOW = "name it with --endpoint or RAREFAULT_KUBEFLOW, such as http://localhost:8080 after `kubectl port-forward`"
_LOGIN = (
    "accepted: a token in RAREFAULT_KUBEFLOW_TOKEN, the file named by RAREFAULT_KUBEFLOW_TOKEN_FILE, or the session "
    "cookie of your browser in RAREFAULT_KUBEFLOW_COOKIE"
)


class ClusterError(InputError):
    """Kubeflow cannot be asked, or refused; one line that says why and what is accepted."""


@dataclass(frozen=True)
class Endpoint:
    """Where Kubeflow Pipelines is and who asks; timeout in seconds, for each answer."""

    address: str
    namespace: str = ""
    token: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: int = 30

    def __post_init__(self) -> None:
        if not re.fullmatch(r"https?://[^\s/@]+(/[^\s@]*)?", self.address):
            raise InputError(f"the Kubeflow address {self.address!r} is none; accepted: http://HOST:PORT, https://HOST")
        if self.namespace and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", self.namespace):
            raise InputError(f"the namespace {self.namespace!r} is none; accepted: small letters, digits and -")
        if any(not text.isprintable() or not text.isascii() for text in (self.token, self.cookie)):
            raise InputError(f"the Kubeflow token or cookie has characters that none has; {_LOGIN}")

    @classmethod
    def from_environment(
        cls, address: str = "", namespace: str = "", timeout: int = 30, environment: Mapping[str, str] | None = None
    ) -> Self:
        """What was given, else what RAREFAULT_KUBEFLOW, ..._NAMESPACE, ..._TOKEN, ..._COOKIE and ..._CA say.

        In a pod, Kubeflow's own address and the pod's token are the defaults. Raises InputError where no address is
        known.
        """
        known = os.environ if environment is None else environment
        inside = _IN_CLUSTER if known.get("KUBERNETES_SERVICE_HOST") else ""
        where = address or known.get("RAREFAULT_KUBEFLOW") or known.get("KF_PIPELINES_ENDPOINT") or inside
        if not where:
            raise InputError(f"no Kubeflow address is known; {_HOW}")
        return cls(
            address=where.rstrip("/"),
            namespace=namespace or known.get("RAREFAULT_KUBEFLOW_NAMESPACE", ""),
            token=_token(known),
            cookie=known.get("RAREFAULT_KUBEFLOW_COOKIE", ""),
            ca_file=known.get("RAREFAULT_KUBEFLOW_CA", ""),
            timeout=timeout,
        )


def _token(known: Mapping[str, str]) -> str:
    if known.get("RAREFAULT_KUBEFLOW_TOKEN"):
        return known["RAREFAULT_KUBEFLOW_TOKEN"].strip()
    named = known.get("RAREFAULT_KUBEFLOW_TOKEN_FILE")
    path = Path(named) if named else _POD_TOKEN
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as problem:
        if named:
            raise InputError(f"the token file {named} cannot be read: {problem}") from problem
        return ""


@dataclass(frozen=True)
class Server:
    """What a server says of itself: version ((0, 0) where it does not), and whether it serves many users."""

    version: tuple[int, int]
    multi_user: bool


def connect(endpoint: Endpoint) -> tuple[kfp_server_api.ApiClient, Server]:
    """Kubeflow's own client for the endpoint, and what the server is.

    The generated client underneath kfp.Client: that one waits without end, asks five times and prints. Raises
    ClusterError for no server, another one, one that is too old, and a namespace that does not fit it.
    """
    configuration = kfp_server_api.Configuration(host=endpoint.address)
    configuration.retries = urllib3.Retry(total=1, connect=1, read=0, redirect=0, raise_on_redirect=False, status=0)
    if endpoint.ca_file:
        configuration.ssl_ca_cert = endpoint.ca_file
    if endpoint.token:
        configuration.api_key["authorization"] = endpoint.token
        configuration.api_key_prefix["authorization"] = "Bearer"
    client = kfp_server_api.ApiClient(configuration, cookie=endpoint.cookie or None)
    server = _asked(client, endpoint)
    if server.multi_user and not endpoint.namespace:
        raise ClusterError(
            f"Kubeflow at {endpoint.address} serves many users; name your namespace with --namespace or "
            "RAREFAULT_KUBEFLOW_NAMESPACE"
        )
    if not server.multi_user and endpoint.namespace:
        raise ClusterError(
            f"Kubeflow at {endpoint.address} serves one user and knows no namespaces, got {endpoint.namespace!r}; "
            "leave --namespace out"
        )
    return client, server


def _asked(client: kfp_server_api.ApiClient, endpoint: Endpoint) -> Server:
    with told(endpoint, "a Kubeflow Pipelines server with the API v2beta1"):
        raw = kfp_server_api.HealthzServiceApi(client).healthz_service_get_healthz(
            _preload_content=False, _request_timeout=endpoint.timeout
        )
        body = raw.data
    try:
        values = json.loads(body)
        multi_user, tag = bool(values.get("multi_user", False)), str(values.get("tag_name", ""))
    except (ValueError, AttributeError):
        page = b"<html" in body[:2000].lower()
        reason = f"answers with a page, perhaps a login; {_LOGIN}" if page else f"is no Kubeflow Pipelines; {_HOW}"
        raise ClusterError(f"what is at {endpoint.address} {reason}") from None
    found = re.match(r"v?(\d+)\.(\d+)", tag)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if found and version < OLDEST:
        raise ClusterError(
            f"Kubeflow Pipelines at {endpoint.address} is version {tag[:40]}; accepted: "
            f"{OLDEST[0]}.{OLDEST[1]} or later"
        )
    return Server(version, multi_user)


@contextmanager
def told(endpoint: Endpoint, what: str) -> Iterator[None]:
    """Turn what can go wrong while asking for `what` into a ClusterError of one line."""
    try:
        yield
    except kfp_server_api.ApiException as problem:
        raise ClusterError(_refusal(endpoint, what, problem)) from problem
    except MaxRetryError as problem:
        raise ClusterError(_unreachable(endpoint, problem.reason or problem)) from problem
    except (HTTPError, OSError) as problem:
        raise ClusterError(_unreachable(endpoint, problem)) from problem


def _unreachable(endpoint: Endpoint, problem: BaseException) -> str:
    place = endpoint.address
    if isinstance(problem, NewConnectionError):  # also a TimeoutError to urllib3
        return f"no Kubeflow answers at {place}; {_HOW}"
    if isinstance(problem, TimeoutError):
        return (
            f"Kubeflow at {place} gave no answer within {endpoint.timeout} s; try again, or allow more with --timeout"
        )
    if isinstance(problem, SSLError):
        return f"the certificate of {place} was not accepted ({problem}); name its authority with RAREFAULT_KUBEFLOW_CA"
    if isinstance(problem, ProtocolError):
        return f"Kubeflow at {place} broke the connection off before it had answered; try again"
    return f"Kubeflow at {place} cannot be asked ({' '.join(str(problem).split())}); {_HOW}"


def _refusal(endpoint: Endpoint, what: str, problem: Any) -> str:
    place, said = endpoint.address, _said(problem)
    if problem.status == 0:
        return f"Kubeflow at {place} cannot be asked: {' '.join(str(problem.reason).split())}"
    if problem.status == 401 or 300 <= problem.status < 400:
        return f"Kubeflow at {place} wants to know who asks (status {problem.status}); {_LOGIN}"
    if problem.status == 403:
        where = f"namespace {endpoint.namespace!r}" if endpoint.namespace else "this server"
        return f"Kubeflow at {place} refuses you {what} in {where}: {said}; name your own with --namespace"
    if problem.status == 404 and not said:
        return f"there is no {what} at {place}; {_HOW}"
    return f"Kubeflow at {place} refused {what} (status {problem.status}): {said or problem.reason}"


def _said(problem: Any) -> str:
    """The server's own words, on one line and not too many."""
    try:
        values = json.loads(problem.body)
        text = str(values.get("message") or values.get("error") or "")
    except (TypeError, ValueError, AttributeError):
        text = ""
    return " ".join(text.split())[:300]
