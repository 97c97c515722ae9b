"""What the cluster remembers of a model's deployments: the release that serves for good, and who is moving it.

It lies in a ConfigMap beside the service, not in the service's annotations, which KServe copies to the pods: each
change would start all of them anew.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from rarefault.errors import InputError
from rarefault.settings import from_params
from serving.cluster.api import Cluster, Object
from serving.cluster.errors import ConflictError, SupersededError
from serving.kubernetes import DeploymentSettings
from serving.kubernetes.predictor import VERSION_LABEL

_TRIES = 20


@dataclass(frozen=True)
class Release:
    """All that decides what is served: the version, where its exported folder is, and the deployment's settings."""

    version: str
    storage_uri: str
    settings: DeploymentSettings

    def to_json(self) -> str:
        """The text that `read` reads."""
        return json.dumps(
            {"version": self.version, "storage_uri": self.storage_uri, "settings": asdict(self.settings)},
            sort_keys=True,
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """A release from its text; None for an empty one, and for one that an older program cannot have meant."""
        try:
            found = json.loads(text or "null")
            settings = from_params(DeploymentSettings, found["settings"])
            return cls(str(found["version"]), str(found["storage_uri"]), settings)
        except (ValueError, TypeError, KeyError):  # whoever edited it by hand: what is served tells as well
            return None


class Journal:
    """The ConfigMap of one service; only the attempt that wrote it last may go on."""

    def __init__(self, cluster: Cluster, service: str) -> None:
        self._cluster, self._name = cluster, f"{service}-release"
        self._attempt = secrets.token_hex(8)
        self._seen: Object | None = None

    def look(self) -> tuple[Release | None, str]:
        """The release that serves for good, and the version of an attempt that never ended; both may be missing."""
        self._seen = self._read()
        if not _text(self._seen, "attempt"):
            return Release.read(_text(self._seen, "stable")), ""
        left = Release.read(_text(self._seen, "target"))
        return Release.read(_text(self._seen, "stable")), left.version if left else "unknown"

    def open(self, stable: Release | None, target: Release) -> None:
        """Begin the attempt to serve `target`, as things were at the last `look`; an earlier attempt ends thereby."""
        for _ in range(_TRIES):
            try:
                self._write(self._seen, stable, target, self._attempt, "")
                return
            except ConflictError:
                before, self._seen = self._seen, self._read()
                if _text(self._seen, "attempt") == self._attempt:
                    return  # it was written, and only the answer was lost
                if _text(before, "attempt") != _text(self._seen, "attempt"):
                    raise SupersededError("another deployment of this model began at the same moment") from None
        raise ConflictError(f"ConfigMap {self._name} never stops changing")

    def check(self) -> None:
        """Raise SupersededError when another attempt began meanwhile."""
        self._mine(self._read())

    def close(self, stable: Release | None, said: str) -> None:
        """End the attempt: `stable` serves, `said` tells how it came to that."""
        for tried in range(_TRIES):
            now = self._read()
            if tried and (_text(now, "attempt"), _text(now, "said")) == ("", said):
                return  # it was written, and only the answer was lost
            self._mine(now)
            try:
                self._write(now, stable, None, "", said)
                return
            except ConflictError:
                continue
        raise ConflictError(f"ConfigMap {self._name} never stops changing")

    def _mine(self, now: Object | None) -> None:
        if _text(now, "attempt") != self._attempt:
            raise SupersededError("another deployment of this model began meanwhile and goes on in place of this one")

    def _read(self) -> Object | None:
        return self._cluster.get("ConfigMap", self._name)

    def _write(
        self, now: Object | None, stable: Release | None, target: Release | None, attempt: str, said: str
    ) -> None:
        data = {
            "stable": stable.to_json() if stable else "",
            "target": target.to_json() if target else "",
            "attempt": attempt,
            "said": said,
        }
        metadata: Object = {"name": self._name, "labels": {"app.kubernetes.io/part-of": "rarefault"}}
        thing: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        if now is None:
            self._cluster.apply(thing)
            return
        metadata["resourceVersion"] = now["metadata"]["resourceVersion"]
        self._cluster.apply_unchanged(thing)


def live_release(service: Object, model: str, settings: DeploymentSettings) -> Release | None:
    """What a service that was applied by hand serves, as a release with `settings`; None where it serves nothing yet.

    Raises InputError for a service of another model.
    """
    metadata, predictor = service["metadata"], (service.get("spec") or {}).get("predictor") or {}
    owner = _mapping(metadata.get("annotations")).get("rarefault/model")
    if owner != model:
        serves = f"model {owner}" if owner else "no model of ours"
        raise InputError(
            f"InferenceService {metadata['name']} in namespace {metadata.get('namespace', '')} serves {serves}, not "
            f"{model}; accepted: a namespace where this name is free"
        )
    version = _mapping(predictor.get("labels")).get(VERSION_LABEL)
    uri = _mapping(predictor.get("model")).get("storageUri")
    return Release(str(version), str(uri), settings) if version and uri else None


def _text(now: Object | None, key: str) -> str:
    return str(_mapping((now or {}).get("data")).get(key) or "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
