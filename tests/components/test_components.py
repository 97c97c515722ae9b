"""Components are thin: a docstring, one step, its numbers logged."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from rarefault import steps
from serving import deployment

FOLDER = Path(__file__).parents[2] / "components"
ROOMS = {"deploy": deployment}
"""Where the step of a component is, if not among the library's."""
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_the_component_it_is_named_after(name):
    component = getattr(import_module(f"components.{name}"), name)
    assert component.component_spec.name == name.replace("_", "-")
    assert component.python_func.__doc__


@pytest.mark.parametrize("name", [name for name in NAMES if name != "same_version"])
def test_a_component_calls_one_step_of_its_own_name(name):
    room = ROOMS.get(name, steps)
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    called = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == room.__name__.rpartition(".")[2]
    ]
    assert called == [name]
    assert callable(getattr(room, name))


@pytest.mark.parametrize("name", NAMES)
def test_only_the_body_ships_so_nothing_but_kfp_is_imported_above_it(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert modules <= {"kfp", "components", "typing"}


def test_a_component_can_be_called_as_a_function(tmp_path):
    """What Kubeflow does: artifacts with paths in, files and logged numbers out."""
    from kfp import dsl

    from components.preprocess import preprocess
    from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
    from rarefault.datasets.table import Column, Schema, Table

    frame = simulate(GearboxLineSettings(n_rows=100))
    y = (frame.pop(LABEL) == POSITIVE).to_numpy("int8")
    columns = tuple(Column(name, "continuous", FEATURES[name]) for name in frame.columns)
    Table(frame.astype(float), y, Schema(columns)).write(tmp_path / "train")
    metrics = dsl.Metrics(uri=str(tmp_path / "metrics"))
    strategies = preprocess.python_func(
        train=dsl.Dataset(uri=str(tmp_path / "train")),
        strategies=["smote"],
        classifier="logistic-regression",
        features=dsl.Dataset(uri=str(tmp_path / "features")),
        plan=dsl.Artifact(uri=str(tmp_path / "plan")),
        metrics=metrics,
    )
    assert strategies == ["smote"]
    assert len(Table.read(tmp_path / "features").schema.names) == metrics.metadata["features"] > 50
