"""What the serving image installs: what the server imports, at the locked versions."""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("errors.py", "images", "model_folder", "predictors", "server", "vibration")
NAMED_ONLY = {"uvloop"}
"""Imported by uvicorn, which is told its name."""
PACKAGES = {"PIL": "pillow"}
"""Where a module's package has another name."""


def names(path):
    lines = (ROOT / path).read_text().splitlines()
    return {re.split(r"[=<>\s;\[]", line)[0] for line in lines if line and not line.startswith("#")}


def imported():
    for room in ROOMS:
        path = ROOT / "serving" / room
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield node.module.partition(".")[0]


def test_the_image_installs_what_the_server_imports_and_nothing_else():
    foreign = set(imported()) - set(sys.stdlib_module_names) - {"serving"}
    needed = {PACKAGES.get(name, name) for name in foreign}
    assert names("docker/serve-requirements.txt") == needed | NAMED_ONLY


def test_the_image_is_built_from_locked_versions():
    assert names("docker/serve-requirements.txt") <= names("requirements.lock")


def test_the_image_holds_the_rooms_that_the_server_imports():
    recipe = (ROOT / "docker" / "serve.Dockerfile").read_text()
    assert all(f"serving/{room}" in recipe for room in ROOMS)
    copied = set(re.findall(r"serving/([a-z_.]+)", "".join(re.findall(r"^COPY serving.*$", recipe, re.MULTILINE))))
    assert copied <= {*ROOMS, "__init__.py"}
