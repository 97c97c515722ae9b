"""What the compiled pipelines say: images, edges, parameters, limits, retries."""

import pytest
import yaml
from kfp import compiler

import pipelines
from rarefault import __version__

PARAMETER_TYPES = {"STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"}


@pytest.fixture(scope="module", params=sorted(pipelines.PIPELINES))
def spec(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("compiled") / "pipeline.yaml"
    compiler.Compiler().compile(pipelines.get(request.param), str(path))
    return next(yaml.safe_load_all(path.read_text()))


def tasks(spec):
    """Every task of every DAG: (name, task)."""
    for dag in [spec["root"]["dag"], *(c["dag"] for c in spec["components"].values() if "dag" in c)]:
        yield from dag["tasks"].items()


def executors(spec):
    return {name: e["container"] for name, e in spec["deploymentSpec"]["executors"].items()}


def test_every_step_runs_in_our_image(spec):
    for container in executors(spec).values():
        assert container["image"].endswith(f":{__version__}")
        assert "python" in container["image"]  # otherwise the local runner warns


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
    assert any(name.startswith("comp-train-gan") for name in retried)
    assert any(name.startswith("comp-register") for name in retried)
    assert not any(name.startswith("comp-ingest") for name in retried)


def test_every_parameter_has_a_type_a_default_and_a_description(spec):
    for name, parameter in spec["root"]["inputDefinitions"]["parameters"].items():
        assert parameter["parameterType"] in PARAMETER_TYPES
        assert "defaultValue" in parameter, name
        assert len(parameter.get("description", "")) > 10, name


def consumers_of(spec, producer, output):
    """Component names that read an artifact of a producer, through any level of DAG inputs."""
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

    follow(
        spec["root"]["dag"],
        lambda value: (
            value.get("taskOutputArtifact", {}).get("producerTask") == producer
            and value["taskOutputArtifact"]["outputArtifactKey"] == output
        ),
    )
    return found


def test_the_test_rows_reach_no_step_before_evaluation(spec):
    readers = consumers_of(spec, "ingest", "test")
    assert readers <= {"comp-evaluate", "comp-register", "comp-evaluate-generator"}
    assert readers


def test_training_rows_do_reach_the_steps_that_learn(spec):
    readers = consumers_of(spec, "ingest", "train")
    assert "comp-preprocess" in readers
    assert readers <= {"comp-preprocess", "comp-deploy"}  # deploy checks that the exported model answers alike
    assert any(name.startswith("comp-train") for name in consumers_of(spec, "preprocess", "features"))
