"""A registered version onto a cluster: to the object store, applied, asked, and kept or put back."""

import hashlib
from dataclasses import replace
from pathlib import Path

from rarefault.registry.attachments import address_of
from rarefault.registry.store import CHALLENGER, CHAMPION, Registry, Version
from rarefault.storage import SUMS, upload_folder
from serving.cluster.api import Cluster, Say, own_namespace
from serving.cluster.cases import cases_of
from serving.cluster.journal import Release
from serving.cluster.rollout import Rollout
from serving.cluster.settings import NAMESPACE, RolloutSettings
from serving.cluster.smoke import Smoke
from serving.kubernetes import DeploymentSettings, check_storage_uri, dns_label
from serving.model_folder import read_folder

OUTCOME = "rarefault.deployment"
"""The tag in which a version tells how its last deployment went."""


def is_champion(store: Registry, version: Version, say: Say) -> bool:
    """Whether a version is the champion by now; if not, `say` gets the reason."""
    now = store.version(version.name, str(version.version))
    if CHAMPION in now.aliases:
        return True
    champion = store.alias(version.name, CHAMPION)
    why = now.tags.get("decision", "") if CHALLENGER in now.aliases or champion is None else ""
    why = why or (f"version {champion.version} is" if champion else "an engineer has to promote it")
    say(f"version {version.version} of {version.name} is not the champion, so nothing is deployed: {why}")
    return False


_CASES = {"ModelFolder": "rows", "ImageFolder": "images"}


def bring_to_cluster(
    store: Registry,
    version: Version,
    folder: str | Path,
    storage_uri: str,
    settings: DeploymentSettings,
    rollout: RolloutSettings,
    say: Say,
) -> tuple[Release, dict[str, float]]:
    """Serve the exported `folder` of a version on the cluster; the release that serves now, and some counts.

    storage_uri is where the cluster takes it from: below an s3:// address it is copied, unless the registry keeps it
    there; at any other address it has to be. Raises InputError (StorageError, ClusterError) where nothing was changed,
    RolloutError where the previous release serves again.
    """
    check_storage_uri(storage_uri)
    version, model = store.version(version.name, str(version.version)), read_folder(folder)
    cluster = Cluster(settings.namespace or NAMESPACE, rollout.context, say)
    uri, sent = _placed(version, Path(folder), storage_uri, say)
    target = Release(str(version.version), uri, _for_cluster(settings))
    cases = cases_of(store, version, model)
    what = _CASES.get(type(model).__name__, "snapshots")
    say(f"{len(cases)} {what} with registered predictions to ask for")
    smoke = Smoke(dns_label(version.name), cases, say)
    store.tag(version, {OUTCOME: f"being deployed to namespace {cluster.namespace}"})
    try:
        counts = Rollout(cluster, version.name, target, rollout, smoke, say).run()
    except (ValueError, RuntimeError) as problem:
        store.tag(version, {OUTCOME: f"failed: {problem}"[:4000]})
        raise
    store.tag(version, {OUTCOME: f"serves in namespace {cluster.namespace} from {uri}"})
    return target, {"deployed": 1.0, "files_sent": float(sent), **counts}


def _placed(version: Version, folder: Path, wanted: str, say: Say) -> tuple[str, int]:
    """Where the cluster takes the folder from, and how many files were copied there.

    The address ends in a fingerprint of the content, so that nothing is ever overwritten that pods may be reading.
    """
    from serving.deployment import PLACE

    if wanted == address_of(version, PLACE):
        say(f"the registry keeps the model at {wanted}, where the cluster reads it")
        return wanted, 0
    if not wanted.startswith("s3://"):
        say(f"the cluster takes the model from {wanted}: its files have to be there")
        return wanted, 0
    fingerprint = hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()[:12]
    done = upload_folder(folder, f"{wanted.rstrip('/')}/{fingerprint}")
    say(f"the model is at {done.uri} ({done.sent} files copied, {done.kept} were there)")
    return done.uri, done.sent


def _for_cluster(settings: DeploymentSettings) -> DeploymentSettings:
    """The settings with their namespace, and with this pod's namespace among those that may ask the model."""
    own = own_namespace()
    allowed = settings.allowed_namespaces + ((own,) if own and own not in settings.allowed_namespaces else ())
    return replace(settings, namespace=settings.namespace or NAMESPACE, allowed_namespaces=allowed)
