"""The serving image, as a cluster runs it: half a core, 512 MB, no root, nothing writable."""

import json

import numpy as np
import pytest
from serving_container import LIMITS, Container, readable

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.table import Column, Schema, Table
from serving.exporting import export
from serving.model_folder import ModelFolder

pytestmark = pytest.mark.images

LARGEST_IMAGE = 250e6
MEMORY = {"logistic-regression": 60, "gradient-boosting": 90}
"""MB that a served model may take."""
SECONDS = {"logistic-regression": 3.0, "gradient-boosting": 4.0}
"""From the start of the process until it is ready, on half a core of a machine that does other things as well."""


@pytest.fixture(scope="module", params=sorted(MEMORY))
def folder(request, place):
    """An exported model of 66 features: one that is a dot product, and one that needs onnxruntime."""
    frame = simulate(GearboxLineSettings(n_rows=300)).astype({name: float for name in FEATURES})
    y = (frame.pop(LABEL) == POSITIVE).to_numpy(np.int8)
    columns = tuple(Column(name, "continuous", FEATURES[name]) for name in frame.columns)
    table = Table(frame, y, Schema(columns, label=LABEL, positive=POSITIVE, negative="good"))
    model = FaultClassifier(request.param, {}, table.schema).fit(table.X, table.y)
    path = place / "models" / request.param
    export(model, table, path, name="gearbox", version="1")
    return readable(path)


@pytest.fixture(scope="module")
def running(docker, serve_image, folder):
    """(container, seconds it took to be ready, the model it serves)."""
    container = Container(docker, serve_image, folder)
    try:
        yield container, container.wait(), folder
    finally:
        docker("rm", "--force", container.name)


def test_it_answers_both_protocols(running):
    container, _, folder = running
    model = ModelFolder.read(folder)
    row, expected = model.example_rows[0], model.example_probabilities[0]
    status, first = container.ask("/v1/models/line:predict", {"instances": [row]})
    assert status == 200
    assert first["predictions"][0]["probability"] == pytest.approx(expected, abs=1e-6)
    assert first["model_version"] == "1"
    tensor = {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": list(row)}
    status, second = container.ask("/v2/models/line/infer", {"inputs": [tensor]})
    assert status == 200
    outputs = {output["name"]: output["data"] for output in second["outputs"]}
    assert outputs["probability"][0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"instances": [[1, 2]]}', 400),
        (b'{"instances": [[' + b"[" * 100_000, 400),
        (b'{"instances": "' + b"x" * (5 << 20) + b'"}', 413),
    ],
)
def test_bad_input_is_refused_and_kills_nothing(running, body, status):
    container = running[0]
    found, answer = container.ask("/v1/models/line:predict", body)
    assert found == status
    assert set(answer) == {"error"}
    assert container.ask("/v2/health/live")[0] == 200


def test_it_is_small_and_soon_ready(running, record_property):
    container, seconds, folder = running
    status = container.sh("cat /proc/1/status").stdout
    memory = next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmRSS"))
    record_property("memory_mb", memory)
    record_property("ready_seconds", seconds)
    print(f"{folder.name}: {memory:.0f} MB, ready {seconds:.2f} s after the start")
    assert memory <= MEMORY[folder.name]
    assert seconds <= SECONDS[folder.name]


def test_nothing_in_it_runs_as_root_or_can_be_written(running):
    container = running[0]
    assert container.sh("id -u").stdout.strip() == "1000"
    assert "Read-only file system" in container.sh("touch /tmp/x").stderr
    assert container.sh("touch /mnt/models/x").returncode != 0


def test_its_own_health_check_passes(docker, running):
    [check] = json.loads(docker("inspect", "-f", "[{{json .Config.Healthcheck.Test}}]", running[0].name))
    assert check[0] == "CMD"
    assert docker.try_to("exec", running[0].name, *check[1:]).returncode == 0


def test_a_request_to_end_is_granted(docker, serve_image, folder):
    container = Container(docker, serve_image, folder)
    container.wait()
    docker("stop", "--time", "30", container.name)
    state = json.loads(docker("inspect", "-f", "{{json .State}}", container.name))
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
    docker("rm", container.name)


def test_without_a_model_it_says_so_in_one_line(docker, serve_image):
    done = docker.try_to("run", "--rm", "--network=none", *LIMITS, serve_image)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "no model.json in /mnt/models" in done.stderr


def test_it_holds_the_server_and_nothing_to_make_or_install_packages(docker, serve_image):
    script = "for tool in cc gcc g++ clang make ld pip pip3 easy_install; do command -v $tool && exit 1; done; exit 0"
    assert docker.try_to("run", "--rm", "--network=none", "--entrypoint", "sh", serve_image, "-c", script).stdout == ""
    code = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    unwanted = ["pip", "setuptools", "ensurepip", "torch", "kfp", "mlflow", "pandas", "sklearn", "rarefault", "kserve"]
    run = ["run", "--rm", "--network=none", "--entrypoint", "python", serve_image, "-c", code]
    assert docker(*run, *unwanted) == "[]"
    assert docker(*run, "serving", "onnxruntime") == "['serving', 'onnxruntime']"


def test_every_module_in_it_is_compiled(docker, serve_image):
    code = (
        "import pathlib, sysconfig; root = pathlib.Path(sysconfig.get_path('purelib'));"
        "print(len([p for p in root.rglob('*.py') if not list((p.parent / '__pycache__').glob(p.stem + '.*.pyc'))]))"
    )
    assert docker("run", "--rm", "--network=none", "--entrypoint", "python", serve_image, "-c", code) == "0"


def test_what_the_image_says_of_itself(docker, serve_image, images):
    facts = json.loads(docker("inspect", "-f", "{{json .}}", serve_image))
    print(f"image: {facts['Size'] / 1e6:.0f} MB, {len(facts['RootFS']['Layers'])} layers")
    assert facts["Size"] < LARGEST_IMAGE
    assert facts["Config"]["User"] == "1000:1000"
    assert facts["Config"]["Entrypoint"] == ["python", "-m", "serving.server"]
    labels = facts["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == images.commit[:12]
    assert labels["org.opencontainers.image.revision"] == images.commit
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", serve_image)
    assert "certs" not in told and "http" not in told.replace("HTTP", "").split("HEALTHCHECK")[0]
