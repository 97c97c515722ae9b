"""Images are built and run only when they are asked for: pytest -m images (make test-images)."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from docker_engine import Docker, engine, python_base

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(config, items):
    if "images" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("images")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def docker():
    """Docker: the one that runs here, else one of our own, ended afterwards."""
    with engine() as running:
        yield running


@pytest.fixture(scope="session")
def base_image(docker: Docker) -> str:
    """A Debian with Python 3.11: RAREFAULT_BASE_IMAGE, else from the registry, else made here."""
    return os.environ.get("RAREFAULT_BASE_IMAGE") or python_base(docker, ROOT / ".make" / "python-3.11.tar.gz")


@pytest.fixture(scope="session")
def serve_image(docker: Docker, base_image: str) -> str:
    """docker/serve.Dockerfile, built from wheels that were fetched here, with no network of its own."""
    name = "localhost/rarefault/serve:test"
    with tempfile.TemporaryDirectory(prefix="rarefault-image-") as context:
        place = Path(context)
        shutil.copytree(ROOT / "serving", place / "serving", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "docker", place / "docker")
        shutil.copy(ROOT / "requirements.lock", place)
        fetch_wheels(place / "docker" / "wheelhouse", ROOT / "docker" / "serve-requirements.txt")
        options = ["--build-arg", f"BASE_IMAGE={base_image}", "--build-arg", "VERSION=test", "--network=none"]
        docker("build", "--quiet", *options, "-f", str(place / "docker" / "serve.Dockerfile"), "-t", name, context)
    return name


def fetch_wheels(folder: Path, requirements: Path) -> None:
    """The wheels for the image's Python, whichever runs here."""
    wanted = ["--python-version", "3.11", "--only-binary", ":all:", "--constraint", str(ROOT / "requirements.lock")]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *wanted]
    subprocess.run([*command, "--requirement", str(requirements)], check=True)
