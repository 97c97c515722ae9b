"""A registered champion of the simulated line, trained once."""

import json
from pathlib import Path

import pytest

from rarefault import steps

ROWS = {"n_rows": 600}
OPTIONS = {"folds": 3, "repeats": 1}


class Line:
    """The steps from ingest to register on 600 simulated rows, in a registry of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def at(self, name: str) -> str:
        return str(self.root / name)

    def read(self, name: str):
        return json.loads((self.root / name).read_text())

    def trained(self) -> "Line":
        at = self.at
        steps.ingest("gearbox-line", at("train"), at("test"), at("facts"), record=at("r"), data_params=ROWS)
        steps.preprocess(at("train"), at("features"), at("plan.json"), record=at("r"), strategies=["smote"])
        steps.train_classifier(at("features"), at("baseline"), record=at("r"), strategy="tuned-threshold", **OPTIONS)
        steps.evaluate(at("test"), at("features"), [at("baseline")], at("evaluation"), record=at("r"))
        (self.root / "generator.json").write_text("{}")
        self.register("first")
        return self

    def register(self, run_id: str, **gates) -> dict:
        at = self.at
        steps.register(
            at("test"),
            at("facts"),
            at("evaluation"),
            at("generator.json"),
            at("registered.json"),
            record=at("r"),
            registry="",
            run_id=run_id,
            settings={"seed": 0},
            **gates,
        )
        return self.read("registered.json")


@pytest.fixture(scope="session")
def champion(tmp_path_factory):
    """The line with its champion; RAREFAULT_HOME names its registry for the whole session."""
    root = tmp_path_factory.mktemp("champion")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAREFAULT_HOME", str(root / "home"))
    patch.delenv("RAREFAULT_REGISTRY", raising=False)
    yield Line(root).trained()
    patch.undo()
