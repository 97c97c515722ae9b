"""The deploy step: what it exports, keeps and writes."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml
from registered_models import NAME, open_workshop

from rarefault.errors import InputError
from rarefault.registry.attachments import address_of, fetch
from serving.deployment import PLACE, cluster_address, deployment_settings
from serving.model_folder import ModelFolder
from serving.model_folder.features import to_matrix


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A registry of its own for this module."""
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        yield opened


@pytest.fixture(scope="module")
def deployed(workshop):
    """One version, deployed: (workshop, registered, exported, manifest, numbers)."""
    registered = workshop.register("one", champion=True)
    return workshop, registered, *workshop.deploy(registered)


def test_the_exported_model_answers_as_the_classifier(deployed):
    workshop, _, exported, _, numbers = deployed
    folder = ModelFolder.read(exported)
    rows = workshop.table.X[workshop.model.schema.names].head(50)
    found = folder.predictor().probabilities(to_matrix(folder.features, rows.to_numpy().tolist()))
    np.testing.assert_allclose(found, workshop.model.scores(rows), atol=1e-6)
    assert numbers["rows"] == 300
    assert numbers["labels_differ"] == 0


def test_the_exported_model_tells_its_lineage(deployed):
    folder = ModelFolder.read(deployed[2])
    assert (folder.name, folder.version, folder.strategy) == (NAME, "1", "untouched")
    assert folder.facts["data_fingerprint"] == "f00d"
    assert folder.facts["run"] == "one"
    assert folder.facts["metrics"] == {"recall": 0.9}
    assert folder.ignored == (deployed[0].table.schema.names[-1],)


def test_the_registered_version_keeps_the_exported_model(deployed, tmp_path):
    workshop, _, exported, _, _ = deployed
    version = workshop.store.version(NAME, "champion")
    assert address_of(version, PLACE).endswith("/serving")
    assert ModelFolder.read(fetch(workshop.store, version, PLACE, tmp_path)).digest == ModelFolder.read(exported).digest


def test_a_step_that_was_killed_can_be_run_again(deployed):
    workshop, registered, exported, manifest, _ = deployed
    assert workshop.deploy(registered)[1] == manifest
    ModelFolder.read(exported)


def test_a_version_without_an_exported_model_says_so(deployed, tmp_path):
    workshop = deployed[0]
    registered = json.loads(workshop.register("undeployed").read_text())
    version = workshop.store.version(NAME, registered["version"])
    assert address_of(version, PLACE) == ""
    with pytest.raises(InputError, match="registered without its serving folder; accepted: a version whose run"):
        fetch(workshop.store, version, PLACE, tmp_path)


def test_the_manifest_deploys_this_version(deployed):
    text = deployed[3]
    parts = {part["kind"]: part for part in yaml.safe_load_all(text)}
    predictor = parts["InferenceService"]["spec"]["predictor"]
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (1, 10)
    assert predictor["model"]["storageUri"] == f"s3://rarefault/{NAME}/1"  # a cluster cannot read this machine's disk
    assert text.startswith(f"# {NAME}, version 1. Apply with: kubectl apply")


def test_the_deployment_can_be_set(deployed):
    workshop, registered = deployed[:2]
    settings = {"mode": "Knative", "max_replicas": 3.0, "image": "mine/serve:2", "allowed_namespaces": ["gateway"]}
    _, text, _ = workshop.deploy(registered, storage_uri="gs://models/1", settings=settings)
    parts = {part["kind"]: part for part in yaml.safe_load_all(text)}
    assert parts["InferenceService"]["spec"]["predictor"]["maxReplicas"] == 3
    assert parts["InferenceService"]["spec"]["predictor"]["model"]["storageUri"] == "gs://models/1"
    assert parts["ServingRuntime"]["spec"]["containers"][0]["image"] == "mine/serve:2"


def test_settings_that_no_cluster_takes_are_refused_in_one_line():
    with pytest.raises(InputError, match=r"known settings: .*'max_replicas'"):
        deployment_settings({"replicas": 3})
    with pytest.raises(InputError, match="mode must be one of"):
        deployment_settings({"mode": "Serverless"})


@pytest.mark.parametrize(
    ("wanted", "kept", "found"),
    [
        ("gs://b/m", "s3://mlflow/1/artifacts/serving", "gs://b/m"),
        ("", "s3://mlflow/1/artifacts/serving", "s3://mlflow/1/artifacts/serving"),
        ("", "file:///home/me/artifacts/serving", "s3://rarefault/m/1"),
        ("", "mlflow-artifacts:/1/artifacts/serving", "s3://rarefault/m/1"),
    ],
)
def test_where_a_cluster_takes_the_model_from(wanted, kept, found):
    assert cluster_address(wanted, kept, "m", "1") == found


def test_the_step_imports_neither_torch_nor_kubeflow():
    code = "import sys, serving.deployment, serving.exporting; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "sdv", "kfp", "kserve"}
