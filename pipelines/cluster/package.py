"""Pipelines as files for a cluster: compiled packages, and resources for a repository of manifests."""

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import pipelines
from rarefault import __version__
from rarefault.errors import InputError

LIMITS_SINCE = (2, 17)
"""Since which Kubeflow Pipelines a package may say how long a run lasts and how long its pods are kept."""
NEWEST = (2, 17)


def write_package(name: str, path: Path, version: tuple[int, int] = NEWEST) -> Path:
    """Compile pipeline `name` for a server of that version ((0, 0): one that does not tell) to a YAML file."""
    from kfp import compiler

    path.parent.mkdir(parents=True, exist_ok=True)
    compiler.Compiler().compile(pipelines.get(name), str(path))
    if version < LIMITS_SINCE:
        text = path.read_text()
        comments = [line for line in text.splitlines() if line.startswith("#")]
        documents = [_without_limits(document) for document in yaml.safe_load_all(text)]
        path.write_text("\n".join(comments) + "\n" + yaml.safe_dump_all(documents))
    return path


def write_resources(name: str, path: Path, namespace: str, version: tuple[int, int] = NEWEST) -> Path:
    """Write the Pipeline and PipelineVersion resources of pipeline `name` to a YAML file.

    The version's name holds a digest of what it says, because Kubernetes keeps a version as it was first applied.
    """
    from kfp import compiler
    from kfp.compiler.compiler_utils import KubernetesManifestOptions

    path.parent.mkdir(parents=True, exist_ok=True)
    options = KubernetesManifestOptions(
        pipeline_name=name,
        pipeline_version_name=version_name(name, version),
        namespace=namespace or None,
        include_pipeline_manifest=True,
    )
    compiler.Compiler().compile(
        pipelines.get(name), str(path), kubernetes_manifest_format=True, kubernetes_manifest_options=options
    )
    resources = list(yaml.safe_load_all(path.read_text()))
    if version < LIMITS_SINCE:
        resources[1]["spec"]["platformSpec"] = _without_limits(resources[1]["spec"]["platformSpec"])
    path.write_text(yaml.safe_dump_all(resources, width=120))
    return path


def scheduled_workflow(
    name: str, namespace: str, cron: str, parameters: Mapping[str, Any], ids: Mapping[str, str]
) -> dict[str, Any]:
    """The ScheduledWorkflow resource that runs the pipeline's newest version; cron has six fields.

    ids: `pipeline` and `experiment`, which the server gave them. Missed times are not caught up, and a run waits for
    the one before.
    """
    for kind, value in ids.items():
        if not re.fullmatch(r"[0-9a-f-]{36}", value):
            raise InputError(
                f"the id of the {kind} is {value!r}; accepted: 36 letters, digits and -, as Kubeflow shows"
            )
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "ScheduledWorkflow",
        "metadata": {"name": f"rarefault-{name}", **({"namespace": namespace} if namespace else {})},
        "spec": {
            "enabled": True,
            "maxConcurrency": 1,
            "noCatchup": True,
            "trigger": {"cronSchedule": {"cron": cron}},
            "pipelineId": ids["pipeline"],
            "pipelineName": name,
            "experimentId": ids["experiment"],
            "workflow": {"parameters": [{"name": key, "value": json.dumps(parameters[key])} for key in parameters]},
        },
        "status": {},
    }


def version_name(name: str, version: tuple[int, int] = NEWEST) -> str:
    """A name for the pipeline as it is compiled now: equal packages have equal names."""
    with tempfile.TemporaryDirectory() as folder:
        text = write_package(name, Path(folder) / "package.yaml", version).read_bytes()
    return f"{name}-{__version__}-{hashlib.sha256(text).hexdigest()[:12]}"


def _without_limits(document: dict[str, Any]) -> dict[str, Any]:
    settings = document.get("platforms", {}).get("kubernetes", {})
    settings.pop("pipelineConfig", None)
    return document
