"""What the compiled pipelines say: images, edges, parameters, limits, retries."""

import re

import pytest
import yaml
from kfp import compiler

import pipelines
from rarefault import __version__

PARAMETER_TYPES = {"STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"}
RUN = "{{$.pipeline_job_uuid}}"
"""What Kubeflow replaces with the run's id, as long as it is a step's whole input."""


@pytest.fixture(scope="module", params=sorted(pipelines.PIPELINES))
def documents(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("compiled") / "pipeline.yaml"
    compiler.Compiler().compile(pipelines.get(request.param), str(path))
    return list(yaml.load_all(path.read_text(), yaml.CSafeLoader))


@pytest.fixture
def spec(documents):
    return documents[0]


@pytest.fixture
def pods(documents):
    """What each step asks of Kubernetes, by executor."""
    return documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def tasks(spec):
    """Every task of every DAG: (name, task)."""
    for dag in [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]:
        yield from dag["tasks"].items()


def executors(spec):
    return {name: e["container"] for name, e in spec["deploymentSpec"]["executors"].items()}


def test_every_step_runs_in_our_image(spec):
    for container in executors(spec).values():
        assert container["image"].endswith(f":{__version__}")


def test_no_step_installs_packages(spec):
    for container in executors(spec).values():
        assert "pip install" not in " ".join(container["command"])


def test_every_step_is_bounded(spec):
    for name, container in executors(spec).items():
        resources = container["resources"]
        assert resources["resourceCpuLimit"], name
        assert resources["resourceMemoryLimit"], name


def test_training_and_registry_steps_are_retried_and_ingest_is_not(spec):
    retried = {task["componentRef"]["name"] for _, task in tasks(spec) if "retryPolicy" in task}
    assert any(name.startswith(("comp-train-gan", "comp-train-indicator")) for name in retried)
    assert any(name.startswith("comp-register") for name in retried)
    assert not any(name.startswith("comp-ingest") for name in retried)


def test_every_parameter_has_a_type_a_default_and_a_description(spec):
    for name, parameter in spec["root"]["inputDefinitions"]["parameters"].items():
        assert parameter["parameterType"] in PARAMETER_TYPES
        assert "defaultValue" in parameter, name
        assert len(parameter.get("description", "")) > 10, name


READERS = ("ingest", "ingest-images", "ingest-signals", "gather")
"""The steps that read the data."""


def consumers_of(spec, output, producers=READERS):
    """Component names that read an artifact of a step (that which reads the data), through any level of DAG inputs."""
    found = set()

    def follow(dag, matches):
        for task in dag["tasks"].values():
            component = task["componentRef"]["name"]
            taken = {key for key, value in task.get("inputs", {}).get("artifacts", {}).items() if matches(value)}
            inner = spec["components"][component].get("dag")
            if taken and inner is None:
                found.add(component)
            elif taken:
                follow(inner, lambda value, taken=taken: value.get("componentInputArtifact") in taken)

    for dag in [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]:
        follow(
            dag,
            lambda value: (
                value.get("taskOutputArtifact", {}).get("producerTask") in producers
                and value["taskOutputArtifact"]["outputArtifactKey"] == output
            ),
        )
    return found


def test_the_test_rows_reach_no_step_before_evaluation(spec):
    readers = consumers_of(spec, "test")
    if "comp-ingest-signals" in spec["components"]:
        assert not readers  # a life has no test rows: learning sees its healthy snapshots alone
        return
    of_images = {"comp-classify-images", "comp-evaluate-inspector", "comp-register-inspector"}
    assert readers <= {"comp-evaluate", "comp-register", "comp-evaluate-generator", *of_images}
    assert readers


def test_training_rows_do_reach_the_steps_that_learn(spec):
    if "comp-ingest-signals" in spec["components"]:
        learning = {"comp-find-indicator-settings", "comp-train-indicator", "comp-evaluate-degradation"}
        assert learning <= consumers_of(spec, "signals")
        return
    readers = consumers_of(spec, "train")
    if "comp-ingest-images" in spec["components"]:
        assert {"comp-train-gan-images", "comp-compare-augmentations", "comp-classify-images"} <= readers
        return
    assert "comp-preprocess" in readers
    assert readers <= {"comp-preprocess", "comp-deploy"}  # deploy checks that the exported model answers alike
    assert any(name.startswith("comp-train") for name in consumers_of(spec, "features", ["preprocess"]))


def secrets_of(pod):
    return {entry["secretName"]: entry for entry in pod.get("secretAsEnv", [])}


def test_the_spec_names_secrets_and_holds_no_value_of_one(documents, pods):
    named = {name for pod in pods.values() for name in secrets_of(pod)}
    assert {"rarefault-object-store", "rarefault-mlflow", "rarefault-notify"} <= named
    for pod in pods.values():
        assert len(secrets_of(pod)) == len(pod.get("secretAsEnv", []))  # none twice
        assert all(entry["optional"] for entry in secrets_of(pod).values())
    known = {
        variable["envVar"] for pod in pods.values() for s in secrets_of(pod).values() for variable in s["keyToEnv"]
    }
    for container in executors(documents[0]).values():
        assert not known & {variable["name"] for variable in container.get("env", [])}
    assert not re.search(r"://[^/\s@]+:[^/\s@]+@", str(documents))


def test_steps_find_the_secrets_that_they_need_and_no_others(pods):
    for executor, pod in pods.items():
        found = set(secrets_of(pod))
        if re.match(r"exec-(plan-search|search-generator|train-gan$|find-(image|indicator)-settings)", executor):
            assert found == {"rarefault-database"}, executor
        if re.match(r"exec-(register|find-generator|load-generator)", executor):
            assert found == {"rarefault-mlflow", "rarefault-object-store"}, executor
        if re.match(r"exec-(train-gan-images|train-indicator|fit-threshold|assess|classify|compare|judge)", executor):
            assert not found, executor
        if re.match(r"exec-(evaluate|synthesize|kmeans-filter|train-classifier|preprocess|report$)", executor):
            assert not found, executor


def test_only_the_reading_step_sees_the_data(pods):
    readers = {executor for executor, pod in pods.items() if pod.get("pvcMount")}
    assert readers <= {f"exec-{name}" for name in READERS}
    for executor in readers:
        (mount,) = pods[executor]["pvcMount"]
        assert (mount["constant"], mount["mountPath"]) == ("rarefault-data", "/data")
        assert "rarefault-object-store" in secrets_of(pods[executor])
    assert readers


def test_every_step_has_a_time_limit_and_is_nobody(spec, pods):
    assert set(pods) == set(executors(spec))
    for executor, pod in pods.items():
        assert 0 < int(pod["activeDeadlineSeconds"]) <= 24 * 3600, executor
        who = pod["securityContext"]
        assert (int(who["runAsUser"]), int(who["runAsGroup"]), who["runAsNonRoot"]) == (1000, 1000, True), executor


def test_a_run_ends_and_its_pods_are_removed(documents):
    limits = documents[1]["platforms"]["kubernetes"]["pipelineConfig"]
    assert limits == {"activeDeadlineSeconds": 72 * 3600, "resourceTtlOnCompletion": 168 * 3600}


def test_retries_wait_longer_each_time(spec):
    policies = [task["retryPolicy"] for _, task in tasks(spec) if "retryPolicy" in task]
    assert policies
    for policy in policies:
        assert policy["maxRetryCount"] >= 1
        assert policy["backoffFactor"] == 2
        assert float(policy["backoffDuration"].rstrip("s")) >= 5
        assert policy["backoffMaxDuration"] == "300s"


def test_the_end_of_a_run_is_reported_however_it_ends(spec):
    root = spec["root"]["dag"]["tasks"]
    (told,) = [task for task in root.values() if task["componentRef"]["name"] == "comp-report-failure"]
    assert told["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert told["inputs"]["parameters"]["status"]["taskFinalStatus"]["producerTask"] in told["dependentTasks"]
    assert not told["cachingOptions"].get("enableCache")
    assert len(root) == 2  # everything else is what it watches


def test_what_looks_at_the_world_looks_anew_in_each_run(spec):
    """Kubeflow takes a step's outputs from an earlier run when its inputs are the same: then the run's id is one."""
    for name, task in tasks(spec):
        if re.match(
            r"(ingest|gather|find-|register|report|plan-search|search-generator|train-gan|train-indicator)", name
        ):
            given = task["inputs"]["parameters"]["kubeflow_run"]["runtimeValue"]["constant"]
            assert given == RUN, name


def test_the_search_fans_out_over_workers_that_a_step_names(spec):
    for dag in [c["dag"] for c in spec["components"].values() if "dag" in c]:
        if "plan-search" in dag["tasks"]:
            break
    loop = next(task for task in dag["tasks"].values() if "plan-search" in task.get("dependentTasks", []))
    inner = spec["components"][loop["componentRef"]["name"]]["dag"]["tasks"]
    assert list(inner) == ["search-generator"]
    assert "parameterIterator" in loop
    name = next(name for name, task in dag["tasks"].items() if task is loop)
    (after,) = dag["tasks"].keys() & {"train-gan", "find-image-settings", "find-indicator-settings"}
    assert name in dag["tasks"][after]["dependentTasks"]


def test_addresses_of_the_cluster_hold_only_there(spec):
    for executor, container in executors(spec).items():
        values = {variable["name"]: variable["value"] for variable in container["env"]}
        assert values == {
            "IN_CLUSTER_RAREFAULT_REGISTRY": "http://mlflow.rarefault.svc:5000",
            "IN_CLUSTER_AWS_ENDPOINT_URL": "http://object-store.rarefault.svc:8333",
            "IN_CLUSTER_RAREFAULT_DATA": "/data",
        }, executor
