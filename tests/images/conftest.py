"""Images are built and run only when they are asked for: pytest -m images (make test-images)."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker_engine import Docker, engine, python_base
from git_checkout import commit_all, git
from image_servers import image_registry

ROOT = Path(__file__).parents[2]
SOURCES = ("docker", "rarefault", "components", "pipelines", "serving")
FILES = ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE", ".dockerignore", ".gitignore")


def pytest_collection_modifyitems(config, items):
    if "images" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("images")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@dataclass(frozen=True)
class Images:
    """What `make images` built and pushed."""

    train: str
    serve: str
    commit: str
    registry: str


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
def place() -> Iterator[Path]:
    """A folder that other users of this machine, such as the image's, may enter."""
    with tempfile.TemporaryDirectory(prefix="rarefault-images-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def checkout(place: Path) -> Path:
    """A git checkout of what this folder holds now."""
    folder = place / "checkout"
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "wheelhouse"))
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    commit_all(folder)
    return folder


@pytest.fixture(scope="session")
def images(docker: Docker, base_image: str, checkout: Path, place: Path) -> Iterator[Images]:
    """Both images out of `make images`, built from wheels that were fetched here, with no network of their own."""
    wheels = ROOT / ".make" / "wheelhouse"
    fetch = [str(ROOT / "docker" / "wheels.sh"), str(wheels)]
    subprocess.run(fetch, check=True, env={**os.environ, "PYTHON": sys.executable})
    shutil.copytree(wheels, checkout / "docker" / "wheelhouse", copy_function=_link)
    with image_registry(place / "registry") as registry:
        named = _make_images(docker, checkout, REGISTRY=registry, BASE_IMAGE=base_image)
        commit = git(checkout, "rev-parse", "HEAD")
        yield Images(named["RAREFAULT_TRAIN_IMAGE"], named["RAREFAULT_SERVE_IMAGE"], commit, registry)


def _make_images(docker: Docker, checkout: Path, **settings: str) -> dict[str, str]:
    """The variables that `make images` prints; what a person may have set for it is put aside."""
    unset = dict.fromkeys(("TAG", "GPU", "EXTRAS", "PIP_INDEX_URL", "TORCH_INDEX_URL"), "")
    given = {**unset, **settings, "DOCKER_BUILD_OPTIONS": "--network=none"}
    command = ["make", "--silent", "-C", str(checkout), "images", *(f"{key}={value}" for key, value in given.items())]
    done = subprocess.run(command, env=docker.environment, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"make images: {done.stderr[-5000:]}")
    return dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines())


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy(source, target)


@pytest.fixture(scope="session")
def serve_image(images: Images) -> str:
    """The model server's image."""
    return images.serve


@pytest.fixture(scope="session")
def train_image(images: Images) -> str:
    """The image of the pipelines' steps."""
    return images.train
