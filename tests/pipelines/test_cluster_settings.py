"""What the environment says of a cluster, and how it shows in compiled pipelines."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kfp.compiler import Compiler

import pipelines
from pipelines._cluster import ClusterSettings
from pipelines.local import _side_by_side
from rarefault.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """train-generator as it is compiled for a cluster with GPUs, a pool of nodes, and data in the object store only."""
    folder = tmp_path_factory.mktemp("gpu")
    cluster = {
        "RAREFAULT_CLUSTER_GPUS": "2",
        "RAREFAULT_CLUSTER_GPU_IMAGE": "registry.example/train-python:1-cuda",
        "RAREFAULT_CLUSTER_GPU_NODE_SELECTOR": "accelerator=a100",
        "RAREFAULT_CLUSTER_NODE_SELECTOR": "pool=training,zone=a",
        "RAREFAULT_CLUSTER_DATA_CLAIM": "",
        "RAREFAULT_CLUSTER_REGISTRY": "https://mlflow.example",
        "RAREFAULT_CLUSTER_TTL_HOURS": "0",
        "RAREFAULT_TRAIN_IMAGE": "registry.example/train-python:1",
    }
    command = [sys.executable, "-m", "rarefault.cli", "compile", "train-generator", "--out", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **cluster})
    (path,) = folder.glob("*.yaml")
    return list(yaml.load_all(path.read_text(), yaml.CSafeLoader))


def test_gpus_are_for_the_steps_that_train_a_generator(documents):
    executors = documents[0]["deploymentSpec"]["executors"]
    pods = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for name, executor in executors.items():
        container, pod = executor["container"], pods[name]
        trains = name in ("exec-train-gan", "exec-search-generator")
        found = container["resources"].get("accelerator", {})
        wanted = ("2", "nvidia.com/gpu") if trains else (None, None)
        assert (found.get("resourceCount"), found.get("resourceType")) == wanted, name
        assert container["image"] == f"registry.example/train-python:1{'-cuda' if trains else ''}"
        labels = {"pool": "training", "zone": "a", **({"accelerator": "a100"} if trains else {})}
        assert pod["nodeSelector"]["labels"] == labels
        assert bool(pod.get("tolerations")) == trains


def test_without_a_claim_nothing_is_mounted(documents):
    assert "pvcMount" not in str(documents)
    values = {v["name"] for v in documents[0]["deploymentSpec"]["executors"]["exec-ingest"]["container"]["env"]}
    assert values == {"IN_CLUSTER_RAREFAULT_REGISTRY", "IN_CLUSTER_AWS_ENDPOINT_URL"}


def test_no_time_to_live_sets_none(documents):
    assert documents[1]["platforms"]["kubernetes"]["pipelineConfig"] == {"activeDeadlineSeconds": 72 * 3600}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPUS", "many"),
        ("GPUS", "-1"),
        ("TTL_HOURS", "1.5"),
        ("PARALLEL", "0"),
        ("NODE_SELECTOR", "=training"),
        ("NODE_SELECTOR", "pool=a b"),
        ("DATA_CLAIM", "Data!"),
        ("REGISTRY", "http://me:secret@mlflow"),
        ("OBJECT_STORE", "object-store"),
        ("GPU_IMAGE", "two words"),
    ],
)
def test_what_no_cluster_takes_is_refused_in_one_line(name, value):
    variable = f"RAREFAULT_CLUSTER_{name}"
    with pytest.raises(InputError, match=f"{variable} is .*accepted: ") as refusal:
        ClusterSettings.from_environment({variable: value})
    assert "secret" not in str(refusal.value)


def test_a_package_does_not_depend_on_the_machine_that_compiles_it(tmp_path):
    learning = pipelines.get("fault-detection")
    with _side_by_side(learning.pipeline_spec, 23):
        Compiler().compile(learning, str(tmp_path / "on_a_large_machine.yaml"))
    Compiler().compile(learning, str(tmp_path / "package.yaml"))
    assert "parallelismLimit: 23" in (tmp_path / "on_a_large_machine.yaml").read_text()
    assert f"parallelismLimit: {ClusterSettings().parallel}" in (tmp_path / "package.yaml").read_text()


def test_nothing_named_gives_the_defaults():
    assert ClusterSettings.from_environment({}) == ClusterSettings()
