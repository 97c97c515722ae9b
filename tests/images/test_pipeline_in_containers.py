"""The compiled pipeline step by step in containers of the training image, against real servers, then served.

MLflow runs on PostgreSQL and keeps its files in SeaweedFS; the search keeps its trials in PostgreSQL.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from image_servers import BUCKET, mlflow, postgres, seaweedfs
from serving_container import Container, readable

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table
from rarefault.registry.address import RUN_TAG
from rarefault.registry.attachments import fetch
from rarefault.registry.store import Registry
from rarefault.report import check_result

pytestmark = pytest.mark.images

MODEL = "gearbox-line-classifier"
QUICK = {
    "data_params": {"n_rows": 240},
    "strategies": ["smote"],
    "trials": 2,
    "search_workers": 1,
    "search_pods": 1,
    "search_space": {"epochs": [5, 10], "neurons": [32, 48], "layers": [1, 1]},
    "folds": 3,
    "repeats": 1,
    "min_recall": 0.0,
}
TRAINED = {"untouched", "tuned-threshold", "smote"}
STEPS = {
    "ingest": {"train", "test", "facts", "metrics"},
    "preprocess": {"features", "plan", "metrics"},
    "find-generator": {"metrics"},
    "plan-search": {"metrics"},
    "search-generator": {"metrics"},
    "train-gan": {"model", "metrics"},
    "register-generator": {"metrics"},
    "load-generator": {"model", "registered", "metrics"},
    "synthesize": {"synthetic", "metrics"},
    "kmeans-filter": {"kept", "metrics"},
    "train-classifier": {"trained", "metrics"},
    "evaluate": {"evaluation", "curves", "metrics"},
    "register": {"registered", "metrics"},
    "deploy": {"exported", "manifest", "metrics"},
    "report": {"page", "result", "metrics"},
}
"""What has to be there when each step has done its work: kfp can take a failed container for a finished one."""
UNREPORTED = {"plan-search", "search-generator", "register-generator", "report"}


@pytest.fixture(scope="module")
def database(place):
    with postgres(place / "postgres") as address:
        yield address


@pytest.fixture(scope="module")
def store(place):
    with seaweedfs(place / "seaweedfs") as running:
        yield running


@pytest.fixture(scope="module")
def registry(docker, train_image, database, store):
    with mlflow(docker, train_image, f"{database}/mlflow", store) as address:
        yield address


@dataclass(frozen=True)
class Run:
    """A finished run of the compiled pipeline: what kfp said, and the folder of each step."""

    status: subprocess.CompletedProcess[str]
    steps: Path

    def of(self, step: str) -> list[Path]:
        """The folders that a step left, one for each time it ran; kfp numbers the second use of a component."""
        found = (path.parent for path in self.steps.rglob("executor_output.json"))
        return sorted(path for path in found if re.fullmatch(rf"{step}(-\d+)?", path.name))

    @property
    def result(self) -> dict:
        """The result that the run left."""
        [folder] = self.of("report")
        return json.loads((folder / "result").read_text())


@pytest.fixture(scope="module")
def run_spec(docker, images, place, checkout):
    """Run the compiled fault-detection pipeline with one of kfp's runners."""
    named = {"RAREFAULT_TRAIN_IMAGE": images.train, "RAREFAULT_SERVE_IMAGE": images.serve, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-m", "pipelines", "compile", "fault-detection", "--out", str(place / "compiled")]
    subprocess.run(command, check=True, cwd=place, env={**os.environ, **named})
    [spec] = (place / "compiled").glob("*.yaml")

    def run(name: str, runner: str, **parameters) -> Run:
        folder = place / name
        folder.mkdir()
        folder.chmod(0o777)
        own = {**named, "RAREFAULT_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
        script = str(Path(__file__).with_name("run_spec.py"))
        arguments = json.dumps({**QUICK, "run_id": name, **parameters})
        done = subprocess.run(
            [sys.executable, script, str(spec), runner, str(folder), arguments],
            env={**docker.environment, **own},
            cwd=folder,
            capture_output=True,
            text=True,
        )
        return Run(done, next(iter(folder.glob("steps/fault-detection-*")), folder))

    return run


@pytest.fixture(scope="module")
def in_containers(run_spec, registry, database):
    """The pipeline, each step in a container of its own."""
    done = run_spec("containers", "docker", registry=registry, search_storage=f"{database}/optuna")
    assert done.status.returncode == 0, (done.status.stdout + done.status.stderr)[-5000:]
    return done


@pytest.fixture(scope="module")
def champion(registry, in_containers):
    """(registry, champion) as an engineer's laptop sees them."""
    known = Registry(registry)
    return known, known.version(MODEL, "champion")


def test_every_step_ran_in_a_container_and_left_what_it_should(in_containers, docker, images):
    assert in_containers.status.stdout.count(f"Found image '{images.train}'") >= len(STEPS)
    for step, outputs in STEPS.items():
        left = in_containers.of(step)
        assert left, step
        assert all(outputs <= {path.name for path in folder.iterdir()} for folder in left), step
    assert len(in_containers.of("train-classifier")) == 1 + len(QUICK["strategies"])
    assert {path.stat().st_uid for path in in_containers.steps.rglob("metrics")} == {1000}
    assert docker("ps", "--quiet", "--filter", f"ancestor={images.train}").count("\n") == 0  # MLflow's alone


def test_the_result_is_whole(in_containers):
    result = in_containers.result
    check_result(result)
    assert {strategy["name"] for strategy in result["strategies"]} == TRAINED
    assert all(strategy["test"] for strategy in result["strategies"])
    assert result["model"]["alias"] == "champion"
    assert {step["name"].split()[0].replace("_", "-") for step in result["steps"]} >= set(STEPS) - UNREPORTED
    [folder] = in_containers.of("report")
    assert "<html" in (folder / "page").read_text()[:500]


def test_the_search_kept_its_trials_in_the_database(in_containers, database):
    from optuna.storages import RDBStorage

    storage = RDBStorage(f"{database}/optuna")
    numbers = [storage.get_n_trials(study._study_id) for study in storage.get_all_studies()]
    assert max(numbers) >= QUICK["trials"]


def test_the_registry_knows_model_generator_and_lineage(champion, in_containers):
    known, version = champion
    assert known.names() == [MODEL, "gearbox-line-generator-wgan"]
    assert version.tags[RUN_TAG] == "containers"
    assert version.tags["data_fingerprint"] == in_containers.result["data"]["fingerprint"]
    assert version.tags["generator"] == "gearbox-line-generator-wgan/1"


def test_the_files_are_in_the_object_store(champion, store):
    _, version = champion
    names = store.names("mlflow/")
    assert any(name.endswith("serving/model.json") and version.run_id in name for name in names)
    assert any(name.endswith("classifier/model.skops") for name in names)
    assert not [bucket.name for bucket in store.client.list_buckets() if bucket.name != BUCKET]


def test_no_secret_is_in_what_the_steps_left(in_containers, database, store):
    password = database.split(":")[2].split("@")[0]
    left = [path for path in in_containers.steps.rglob("*") if path.is_file()]
    assert len(left) > 30
    for secret in (password, store.secret_key):
        assert not [path for path in left if secret.encode() in path.read_bytes()]


def test_the_same_spec_without_containers_gives_the_same_numbers(in_containers, run_spec, database):
    done = run_spec("subprocesses", "subprocess", search_storage=f"{database}/optuna")
    assert done.status.returncode == 0, (done.status.stdout + done.status.stderr)[-5000:]
    first, second = _numbers(in_containers.result), _numbers(done.result)
    assert first == second
    assert len(first["strategies"]) == len(TRAINED)


def _numbers(result: dict) -> dict:
    """What must not depend on where a run took place."""
    strategies = [{key: found for key, found in s.items() if key != "seconds"} for s in result["strategies"]]
    parts = ("data", "selected", "helped", "similarity", "filter", "code_version")
    model = {key: result["model"][key] for key in ("name", "version", "alias", "uri")}
    return {"strategies": strategies, "model": model, **{part: result[part] for part in parts}}


def test_a_step_that_fails_in_its_container_fails_the_run(run_spec, registry):
    done = run_spec("failing", "docker", registry=registry, label="no-such-column")
    assert done.status.returncode == 1
    assert "no-such-column" in done.status.stdout
    assert not list(done.steps.rglob("result"))
    assert Registry(registry).version(MODEL, "champion").tags[RUN_TAG] == "containers"


@pytest.fixture(scope="module")
def served(docker, images, champion, place):
    """The champion, fetched from the registry and served on half a core."""
    known, version = champion
    folder = readable(fetch(known, version, "serving", place / "served"))
    container = Container(docker, images.serve, folder)
    try:
        container.wait()
        yield container
    finally:
        docker("rm", "--force", container.name)


def test_the_served_champion_answers_as_the_registered_one(served, champion, in_containers, place):
    known, version = champion
    model = FaultClassifier.load(known.fetch(version, place / "fetched"))
    [ingested] = in_containers.of("ingest")
    test = Table.read(ingested / "test")
    expected = model.answer(test.X)
    status, answer = served.ask("/v1/models/line:predict", {"instances": test.X.to_numpy(dtype=float).tolist()})
    assert status == 200
    assert answer["model_version"] == str(version.version)
    assert len(answer["predictions"]) == len(test.X) >= 50
    found = [prediction["probability"] for prediction in answer["predictions"]]
    np.testing.assert_allclose(found, expected["probability"], atol=1e-6)
    assert [prediction["label"] for prediction in answer["predictions"]] == list(expected["label"])
    assert served.ask("/v1/models/line:predict", {"instances": [[1.0]]})[0] == 400
