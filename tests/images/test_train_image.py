"""The training image: what is in it, what is not, and that it runs where little is allowed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.images

ROOT = Path(__file__).parents[2]
LARGEST_IMAGE = 2e9
RESTRICTED = ["--network=none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]


@pytest.fixture(scope="module")
def python(docker, train_image):
    """Run Python code in the image, as a restricted namespace does; what it printed."""

    def run(code: str, *options: str) -> str:
        words = ["run", "--rm", *RESTRICTED, "--security-opt", "no-new-privileges", *options]
        return docker(*words, train_image, "python3", "-c", code)

    return run


def test_what_the_image_says_of_itself(docker, images):
    facts = json.loads(docker("inspect", "-f", "{{json .}}", images.train))
    print(f"image: {facts['Size'] / 1e6:.0f} MB, {len(facts['RootFS']['Layers'])} layers")
    assert facts["Size"] <= LARGEST_IMAGE
    assert facts["Config"]["User"] == "1000:1000"
    labels = {key.removeprefix("org.opencontainers.image."): text for key, text in facts["Config"]["Labels"].items()}
    assert labels["version"] == images.commit[:12]
    assert labels["revision"] == images.commit
    assert set(labels) == {"title", "description", "licenses", "version", "revision", "base.name"}
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", images.train)
    assert "certs" not in told and "http" not in told


def test_both_images_share_their_base(docker, images):
    first, second = (
        json.loads(docker("inspect", "-f", "{{json .RootFS.Layers}}", name)) for name in (images.train, images.serve)
    )
    assert first[0] == second[0]


def test_every_module_can_be_imported(python):
    code = (
        "import importlib, pkgutil\n"
        "for room in ('rarefault', 'components', 'pipelines', 'serving'):\n"
        "    package = importlib.import_module(room)\n"
        "    for found in pkgutil.walk_packages(package.__path__, room + '.'):\n"
        "        if not found.name.endswith('__main__'):\n"
        "            importlib.import_module(found.name)\n"
        "            print(found.name)\n"
    )
    imported = python(code).split()
    assert "serving.deployment" in imported
    assert len(imported) > 100


def test_the_versions_are_those_of_the_lock(python):
    code = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    normal = {_normal(line) for line in (ROOT / "requirements.lock").read_text().split()}
    found = {_normal(re.sub(r"\+cpu$", "", pair)) for pair in python(code).split()}
    assert {pair for pair in found if not pair.startswith(("rarefault==", "setuptools=="))} <= normal  # pip's own
    assert not [pair for pair in found if pair.startswith(("nvidia-", "cuda-", "triton"))]


def _normal(pair: str) -> str:
    name, _, version = pair.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


def test_torch_is_the_small_build(python):
    assert python("import torch; print(torch.version.cuda, torch.ones(3).sum().item())") == "None 3.0"


@pytest.mark.parametrize("user", ["1000:1000", "471100:0"])
def test_any_user_may_run_it(python, user):
    code = (
        "import getpass, os, pathlib, torch, mlflow, matplotlib, kfp\n"
        "from rarefault.registry.address import home\n"
        "home().mkdir(); print(os.getuid(), getpass.getuser(), home())"
    )
    assert python(code, "--user", user) == f"{user.split(':')[0]} rarefault /tmp/rarefault"


def test_it_registers_and_deploys_as_the_source_it_was_built_from(python, images, checkout):
    code = (
        "from rarefault.registry.lineage import code_version; from serving.deployment import IMAGE;"
        "print(code_version(), IMAGE)"
    )
    here = {**os.environ, "PYTHONPATH": str(checkout), "RAREFAULT_SERVE_IMAGE": images.serve}
    expected = subprocess.run([sys.executable, "-c", code], env=here, cwd="/", capture_output=True, text=True).stdout
    assert python(code) == expected.strip()
    assert expected.endswith(f" {images.serve}\n")


def test_its_command_line_works(docker, images):
    told = docker("run", "--rm", *RESTRICTED, images.train)
    assert "Usage: rarefault" in told
    parameters = docker("run", "--rm", *RESTRICTED, images.train, "rarefault", "run", "fault-detection", "--parameters")
    assert "min_probability" in parameters


def test_it_holds_nothing_to_make_or_install_packages(docker, train_image):
    script = "for tool in cc gcc g++ ld pip pip3 apt dpkg perl; do command -v $tool && exit 1; done; exit 0"
    assert docker("run", "--rm", *RESTRICTED, train_image, "sh", "-c", script) == ""


def test_every_module_in_it_is_compiled(python):
    code = (
        "import pathlib, sysconfig\n"
        "for root in map(pathlib.Path, (sysconfig.get_path('purelib'), sysconfig.get_path('stdlib'))):\n"
        "    compiled = lambda path: list((path.parent / '__pycache__').glob(path.stem + '.*.pyc'))\n"
        "    print(root.name, [path for path in root.rglob('*.py') if not compiled(path)])"
    )
    assert re.fullmatch(r"\S+ \[\]\n\S+ \[\]", python(code))
