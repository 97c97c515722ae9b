"""Write what a cluster needs to serve the model: the exported folder and the InferenceService."""

import re
import shutil
from pathlib import Path
from typing import Any

from rarefault.steps.record import read_json, recorded


@recorded
def deploy(
    evaluation: str,
    registered: str,
    exported: str,
    manifest: str,
    *,
    record: str,
    storage_uri: str = "",
    max_replicas: int = 10,
) -> dict[str, float]:
    """Copy the selected model to folder `exported` and write its InferenceService (YAML) to file `manifest`.

    `storage_uri` is where the cluster finds the exported folder; empty means s3://rarefault/NAME/VERSION.
    """
    import yaml

    model = read_json(registered)
    shutil.copytree(Path(evaluation) / "selected", exported, dirs_exist_ok=True)
    uri = storage_uri or f"s3://rarefault/{model['name']}/{model['version']}"
    service = inference_service(model["name"], model["version"], uri, max_replicas)
    Path(manifest).parent.mkdir(parents=True, exist_ok=True)
    Path(manifest).write_text(yaml.safe_dump(service, sort_keys=False))
    return {"max_replicas": float(max_replicas)}


def inference_service(name: str, version: str, storage_uri: str, max_replicas: int = 10) -> dict[str, Any]:
    """An InferenceService v1beta1 with 1 to max_replicas replicas of 0.5 CPU and 0.5 GB (the paper's section III-C)."""
    resources = {"cpu": "500m", "memory": "512Mi"}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:50],
            "labels": {"app.kubernetes.io/part-of": "rarefault", "rarefault/model-version": version},
            "annotations": {"serving.kserve.io/deploymentMode": "Standard"},
        },
        "spec": {
            "predictor": {
                "minReplicas": 1,
                "maxReplicas": max_replicas,
                "automountServiceAccountToken": False,
                "model": {
                    "modelFormat": {"name": "rarefault"},
                    "runtime": "rarefault",
                    "storageUri": storage_uri,
                    "resources": {"requests": dict(resources), "limits": dict(resources)},
                },
            }
        },
    }
