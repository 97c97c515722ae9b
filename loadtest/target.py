"""The server under load: whether it may be loaded, whether it answers, what it takes."""

import http.client
import ipaddress
import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # as the load itself goes


class LoadError(ValueError):
    """The run cannot begin; the message is one line that names the cause and what to do."""


@dataclass(frozen=True)
class Feature:
    """name, and whether its values are text (a category)."""

    name: str
    is_text: bool


@dataclass(frozen=True)
class Target:
    """url: without a path's last slash; model: the name under which it is served."""

    url: str
    model: str
    timeout: float = 10.0

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; raises LoadError when nobody answers."""
        try:
            with DIRECT.open(self.url + path, timeout=self.timeout) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, http.client.HTTPException) as error:
            raise LoadError(f"{self.url}{path} does not answer: {error}") from None

    def metadata(self) -> dict[str, Any]:
        """What GET /v2/models/NAME tells; empty where the server offers none. Raises LoadError for an unknown model."""
        status, body = self.get(f"/v2/models/{self.model}")
        if status == 404:
            raise LoadError(f"{self.url} knows no model {self.model!r} (GET /v2/models/{self.model}: 404); see --model")
        try:
            told = json.loads(body) if status == 200 else {}
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def resident_bytes(self) -> float | None:
        """process_resident_memory_bytes of GET /metrics; None where the server does not tell it, or is gone."""
        try:
            status, body = self.get("/metrics")
        except LoadError:
            return None
        for line in body.decode("utf-8", "replace").splitlines() if status == 200 else ():
            if line.startswith("process_resident_memory_bytes"):
                return float(line.split()[-1])
        return None


def check_url(url: str, may_load: str | None) -> str:
    """The URL without its last slash; raises LoadError unless it is this machine or its host is `may_load`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise LoadError(f"--url must look like http://127.0.0.1:8080, got {url!r}")
    if parts.hostname != may_load and not is_loopback(parts.hostname):
        raise LoadError(
            f"{parts.hostname} is another machine; load only what you may. If so: --i-may-load {parts.hostname}"
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether every address of the host is a loopback address."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise LoadError(f"the host {host!r} is unknown: {error}") from None
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)
