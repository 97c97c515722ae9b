"""What MLflow runs to serve a registered model: our own loader, named as code so that nothing is pickled."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext

Answer = Callable[[pd.DataFrame], pd.DataFrame]


class RegisteredModel(PythonModel):
    """Scores rows, images or snapshots of vibration, or draws rows or images with a generator."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model folder that was registered."""
        folder = Path(context.artifacts["model"])
        kind = json.loads((folder / "model.json").read_text())["kind"]
        self.answer: Answer = _ANSWERS[kind](folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A classifier or inspector: probabilities and label per row. A generator: as many rows as `n` asks for.

        A degradation model: indicator, degree and state per row, a machine's rows in the order of time.
        """
        return self.answer(model_input)


def _classifier(folder: Path) -> Answer:
    from rarefault.classifiers.table import FaultClassifier

    model = FaultClassifier.load(folder)
    return lambda rows: model.answer(model.check(rows))


def _generator(folder: Path) -> Answer:
    from rarefault.generators import load_generator

    model = load_generator(folder)
    return lambda request: model.sample(int(request["n"].sum()))


def _inspector(folder: Path) -> Answer:
    from rarefault.registry.image_answers import inspector_answer

    return inspector_answer(folder)


def _image_generator(folder: Path) -> Answer:
    from rarefault.registry.image_answers import generator_answer

    return generator_answer(folder)


def _degradation(folder: Path) -> Answer:
    from rarefault.registry.signal_answers import degradation_answer

    return degradation_answer(folder)


_ANSWERS: dict[str, Callable[[Path], Answer]] = {
    "classifier": _classifier,
    "generator": _generator,
    "inspector": _inspector,
    "image-generator": _image_generator,
    "vibration": _degradation,
}

mlflow.models.set_model(RegisteredModel())
