"""docker/build.sh with a `docker` that only writes down what it is asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from git_checkout import commit_all

ROOT = Path(__file__).parents[2]
STUB = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$1" in push) exit ${PUSH_FAILS:-0} ;; esac
"""


class Checkout:
    """A small git checkout with the script in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder / "checkout", folder / "asked"
        (self.folder / "docker").mkdir(parents=True)
        shutil.copy(ROOT / "docker" / "build.sh", self.folder / "docker")
        (folder / "bin").mkdir()
        (folder / "bin" / "docker").write_text(STUB)
        (folder / "bin" / "docker").chmod(0o755)
        self.path = f"{folder / 'bin'}:{os.environ['PATH']}"

    def build(self, **settings: str) -> subprocess.CompletedProcess[str]:
        ceiling = {"GIT_CEILING_DIRECTORIES": str(self.folder.parent)}
        environment = {"PATH": self.path, "ASKED": str(self.asked), **ceiling, **settings}
        return subprocess.run([self.folder / "docker" / "build.sh"], env=environment, capture_output=True, text=True)

    def commands(self) -> list[str]:
        return self.asked.read_text().splitlines() if self.asked.exists() else []


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_images_are_named_by_the_commit_and_pushed_to_the_cluster_s_registry(checkout):
    revision = commit_all(checkout.folder)
    done = checkout.build()
    train, serve = (f"localhost:32000/rarefault/{which}:{revision[:12]}" for which in ("train", "serve"))
    assert done.stdout == f"export RAREFAULT_TRAIN_IMAGE={train}\nexport RAREFAULT_SERVE_IMAGE={serve}\n"
    first, second, *pushed = checkout.commands()
    assert f"--tag {serve} " in first and "serve.Dockerfile" in first and f"REVISION={revision}" in first
    assert f"--tag {train} " in second and "train.Dockerfile" in second and f"SERVE_IMAGE={serve}" in second
    assert "ACCELERATOR=cpu" in second
    assert pushed == [f"push {serve}", f"push {train}"]


def test_uncommitted_changes_show_in_the_name(checkout):
    revision = commit_all(checkout.folder)
    (checkout.folder / "docker" / "build.sh").open("a").write("\n# changed\n")
    done = checkout.build()
    assert f"rarefault/train:{revision[:12]}-dirty\n" in done.stdout
    assert f"REVISION={revision}-dirty" in checkout.commands()[0]


def test_an_empty_registry_pushes_nothing(checkout):
    commit_all(checkout.folder)
    done = checkout.build(REGISTRY="", TAG="1.2")
    assert done.stdout.splitlines() == [
        "export RAREFAULT_TRAIN_IMAGE=rarefault/train:1.2",
        "export RAREFAULT_SERVE_IMAGE=rarefault/serve:1.2",
    ]
    assert [line.split()[0] for line in checkout.commands()] == ["build", "build"]


def test_the_gpu_variant_is_built_and_pushed_besides(checkout):
    commit_all(checkout.folder)
    done = checkout.build(GPU="1", TAG="1.2", REGISTRY="registry.example:5000/line")
    assert "TRAIN_IMAGE=registry.example:5000/line/rarefault/train:1.2\n" in done.stdout
    _, plain, gpu, *pushed = checkout.commands()
    assert "--tag registry.example:5000/line/rarefault/train:1.2 " in plain and "ACCELERATOR=cpu" in plain
    assert "--tag registry.example:5000/line/rarefault/train:1.2-gpu " in gpu and "ACCELERATOR=cuda" in gpu
    assert pushed[-1] == "push registry.example:5000/line/rarefault/train:1.2-gpu"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"GPU": "yes"}, "images: GPU is 'yes'; accepted: 1 to build"),
        ({"PUSH_FAILS": "1", "TAG": "1.2"}, "was built but not pushed: is a registry at localhost:32000"),
        ({}, "name the images' tag with TAG=..."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(checkout, settings, said):
    done = checkout.build(**settings)
    assert done.returncode != 0
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
