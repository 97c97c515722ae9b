"""The arrows between the rooms of the house go one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "rarefault": {"kfp", "kserve", "locust", "components", "pipelines", "serving", "loadtest"},
    "components": {"pipelines", "loadtest"},
    "serving": {"components", "pipelines", "kfp"},
    "loadtest": {"components", "pipelines", "kfp"},
}
FILES = [(room, path) for room in FORBIDDEN for path in sorted((ROOT / room).rglob("*.py"))]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


@pytest.mark.parametrize(("room", "path"), FILES, ids=lambda value: getattr(value, "name", value))
def test_a_room_imports_only_what_is_below_it(room, path):
    tops = {name.partition(".")[0] for name in imported(path)}
    assert not tops & FORBIDDEN[room]


@pytest.mark.parametrize("path", sorted((ROOT / "rarefault").rglob("*.py")), ids=lambda path: path.name)
def test_only_the_registry_imports_mlflow(path):
    if "registry" not in path.parts:
        assert not any(name.partition(".")[0] == "mlflow" for name in imported(path))


def modules_after(statement):
    code = f"import sys; {statement}; print(' '.join(sorted(m for m in sys.modules if '.' not in m)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "step", ["ingest", "preprocess", "find_generator", "kmeans_filter", "evaluate", "register", "report"]
)
def test_steps_that_train_no_network_do_not_import_torch(step):
    loaded = modules_after(f"from rarefault import steps; steps.{step}")
    assert not loaded & {"torch", "sdv", "kfp"}


def test_help_needs_no_heavy_package():
    assert not modules_after("import rarefault.cli") & {"torch", "sdv", "kfp", "mlflow", "pandas", "sklearn"}
