"""The deploy step: the selected classifier as it is served, kept with its registered version, and its objects."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rarefault import __version__
from rarefault.errors import InputError
from rarefault.registry.address import RUN_TAG
from rarefault.settings import from_params
from rarefault.steps.record import read_json, recorded
from serving.kubernetes import Canary, DeploymentSettings, build, fetchable, to_yaml

PLACE = "serving"
"""Under which name a registered version keeps its exported folder."""
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
    """Export evaluation/selected to folder `exported` and write its Kubernetes objects (YAML) to file `manifest`.

    training are the rows it was trained on, on which the export has to agree with it; registered names its version,
    which keeps the exported folder. storage_uri is where the cluster finds that folder; empty means where the version
    keeps it, or s3://rarefault/NAME/VERSION if a cluster cannot read there. settings are DeploymentSettings. Raises
    InputError for settings or an address that no cluster takes, ParityError for a model that answers otherwise.
    """
    from rarefault.classifiers.table import FaultClassifier
    from rarefault.datasets.table import Table
    from rarefault.registry.attachments import attach
    from rarefault.registry.store import Registry
    from serving.exporting import export

    wanted, model = deployment_settings(settings or {}), read_json(registered)
    store = Registry(registry)
    version = store.version(model["name"], model["version"])
    parity = export(
        FaultClassifier.load(Path(evaluation) / "selected"),
        Table.read(training),
        exported,
        name=model["name"],
        version=model["version"],
        strategy=version.tags["strategy"],
        facts=_facts(version.tags),
    )
    uri = cluster_address(storage_uri, attach(store, version, exported, PLACE), model["name"], model["version"])
    Path(manifest).parent.mkdir(parents=True, exist_ok=True)
    Path(manifest).write_text(manifest_text(model["name"], model["version"], uri, wanted))
    return {**parity, "max_replicas": float(wanted.max_replicas)}


def deployment_settings(params: Mapping[str, Any]) -> DeploymentSettings:
    """DeploymentSettings from plain values, with this version's image; raises InputError naming what is accepted."""
    return from_params(DeploymentSettings, {"image": IMAGE, **params})


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
