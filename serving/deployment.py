"""The deploy step: the selected model as it is served, kept with its registered version, and its objects."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rarefault import __version__
from rarefault.errors import InputError
from rarefault.registry.address import RUN_TAG
from rarefault.settings import from_params
from rarefault.steps.record import read_json, recorded
from serving.kubernetes import Canary, DeploymentSettings, build, fetchable, to_yaml

if TYPE_CHECKING:
    from rarefault.registry.store import Registry, Version
    from serving.cluster.settings import RolloutSettings

PLACE = "serving"
"""Under which name a registered version keeps its exported folder."""
INSPECTOR = "inspector"
"""The tag `kind` of a registered model of images."""
VIBRATION = "vibration"
"""The tag `kind` of a registered degradation model."""
_OF_KIND: Mapping[str, Mapping[str, Any]] = {
    INSPECTOR: {"cpu": "1", "memory": "1Gi", "rps_target": 100},
    VIBRATION: {"rps_target": 100},
}
"""Settings that a kind of model has unless they are given: a network and its images take more than a row."""
IMAGE = os.environ.get("RAREFAULT_SERVE_IMAGE", f"localhost:32000/rarefault/serve:{__version__}")


@recorded
def deploy(
    evaluation: str,
    training: str,
    registered: str,
    exported: str,
    manifest: str,
    *,
    record: str,
    registry: str = "",
    storage_uri: str = "",
    settings: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    """Export evaluation/selected to folder `exported`, serve it, and write its Kubernetes objects to file `manifest`.

    training are the rows, images or signals it was trained on, on which the export has to agree with it; registered
    names its version, which keeps the exported folder. storage_uri is where the cluster finds that folder; empty means
    where the version keeps it, or s3://rarefault/NAME/VERSION if a cluster cannot read there. settings are those of
    DeploymentSettings and RolloutSettings; only with {"apply": true} is a cluster asked, and only for the champion: a
    version that stays challenger waits for an engineer. Raises InputError for settings or an address that no cluster
    takes, ParityError for a model that answers otherwise, RolloutError where the previous version had to be put back.
    """
    from rarefault.registry.store import Registry

    all_settings(settings or {})  # wrong ones are refused before anything is done
    model, store = read_json(registered), Registry(registry)
    version = store.version(model["name"], model["version"])
    wanted, rollout = all_settings(settings or {}, kind_of(version))
    parity, kept = _exported(store, version, evaluation, training, Path(exported))
    uri, applied = cluster_address(storage_uri, kept, model["name"], model["version"]), {"deployed": 0.0}
    if rollout.apply:
        from serving.cluster.deploying import bring_to_cluster, is_champion

        if is_champion(store, version, say):
            release, applied = bring_to_cluster(store, version, exported, uri, wanted, rollout, say)
            uri, wanted = release.storage_uri, release.settings
    Path(manifest).parent.mkdir(parents=True, exist_ok=True)
    Path(manifest).write_text(manifest_text(model["name"], model["version"], uri, wanted))
    return {**parity, "max_replicas": float(wanted.max_replicas), **applied}


def say(line: str) -> None:
    """Tell what is being done, one line each, in the step's log."""
    print(f"deploy: {line}", file=sys.stderr, flush=True)


def _exported(
    store: "Registry", version: "Version", evaluation: str, training: str, folder: Path
) -> tuple[dict[str, float], str]:
    """The exported folder of a version, and where the registry keeps it; exported once, the same ever after."""
    from rarefault.registry.attachments import address_of, attach

    if address_of(version, PLACE) and (parity := _fetched(store, version, folder)):
        return parity, address_of(version, PLACE)
    export = _EXPORTS.get(kind_of(version), _export_classifier)
    parity = export(
        Path(evaluation) / "selected",
        training,
        folder,
        name=version.name,
        version=str(version.version),
        strategy=version.tags["strategy"],
        facts=_facts(version.tags),
    )
    return parity, attach(store, version, folder, PLACE)


def _export_classifier(selected: Path, training: str, folder: Path, **told: Any) -> dict[str, float]:
    from rarefault.classifiers.table import FaultClassifier
    from rarefault.datasets.table import Table
    from serving.exporting import export

    return export(FaultClassifier.load(selected), Table.read(training), folder, **told)


def _export_inspector(selected: Path, training: str, folder: Path, **told: Any) -> dict[str, float]:
    from rarefault.classifiers.image import Inspector
    from rarefault.datasets.images import ImageSet
    from serving.exporting import export_image

    inspector = Inspector.load(selected)
    return export_image(inspector, ImageSet.read(training), folder, classifier=inspector.settings.network, **told)


def _export_degradation(selected: Path, training: str, folder: Path, **told: Any) -> dict[str, float]:
    from rarefault.datasets.signals.signal_set import SignalSet
    from rarefault.degradation.model import DegradationModel
    from serving.exporting import export_vibration

    return export_vibration(DegradationModel.load(selected), SignalSet.read(training), folder, **told)


_EXPORTS = {INSPECTOR: _export_inspector, VIBRATION: _export_degradation}


def _fetched(store: "Registry", version: "Version", folder: Path) -> dict[str, float]:
    """Put the folder that a version keeps in place; its parity figures, none if it cannot be served by this program."""
    from rarefault.registry.attachments import fetch
    from serving.exporting.placing import check_target, staged
    from serving.model_folder import BrokenModel, read_folder

    check_target(folder)
    with tempfile.TemporaryDirectory(prefix="rarefault-deploy-") as scratch:
        kept = fetch(store, version, PLACE, scratch)
        try:
            parity = read_folder(kept).parity
        except BrokenModel:
            return {}
        with staged(folder) as staging:
            shutil.copytree(kept, staging, dirs_exist_ok=True)
    return {name: float(value) for name, value in parity.items()}


def kind_of(version: "Version") -> str:
    """The kind of a registered model: classifier, inspector, vibration or another."""
    return version.tags.get("kind", "")


def all_settings(params: Mapping[str, Any], kind: str = "") -> tuple[DeploymentSettings, "RolloutSettings"]:
    """Both kinds of settings from plain values, with this version's image; raises InputError naming what there is.

    kind: of the registered model, for what is not given.
    """
    from serving.cluster.settings import split

    return split({**_OF_KIND.get(kind, {}), **params}, IMAGE)


def deployment_settings(params: Mapping[str, Any], kind: str = "") -> DeploymentSettings:
    """DeploymentSettings from plain values, with this version's image; raises InputError naming what is accepted.

    kind: of the registered model, for what is not given.
    """
    return from_params(DeploymentSettings, {"image": IMAGE, **_OF_KIND.get(kind, {}), **params})


def cluster_address(wanted: str, kept: str, name: str, version: str) -> str:
    """Where a cluster takes a version from: `wanted` if given, with {name} and {version} filled in, else where the
    registry keeps it if KServe can read there, else s3://rarefault/NAME/VERSION.
    """
    if wanted:
        return wanted.replace("{name}", name).replace("{version}", version)
    return kept if fetchable(kept) else f"s3://rarefault/{name}/{version}"


def manifest_text(name: str, version: str, uri: str, settings: DeploymentSettings, canary: Canary | None = None) -> str:
    """The objects of one version as YAML, headed by how to apply them and what has to be where.

    Raises InputError for what no cluster takes.
    """
    try:
        objects = build(name, version, uri, settings, canary)
    except ValueError as problem:
        raise InputError(str(problem)) from problem
    where = uri if canary is None else f"{uri} and {canary.storage_uri}"
    return (
        f"# {name}, version {version}. Apply with: kubectl apply --server-side -f FILE\n"
        f"# The cluster fetches the model from {where}: the exported files have to be there.\n"
    ) + to_yaml(objects)


def _facts(tags: Mapping[str, str]) -> dict[str, Any]:
    """The lineage that travels with the model."""
    return {
        "data": tags["data"],
        "data_fingerprint": tags["data_fingerprint"],
        "run": tags[RUN_TAG],
        "code_version": tags["code_version"],
        "metrics": json.loads(tags["metrics"]),
    }
