"""What MLflow runs to serve a registered model: our own loader, named as code so that nothing is pickled."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext


class RegisteredModel(PythonModel):  # type: ignore[misc]  # MLflow's base class is untyped
    """Scores rows with a classifier, or draws rows with a generator."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the model folder that was registered."""
        import json

        folder = Path(context.artifacts["model"])
        self.kind = json.loads((folder / "model.json").read_text())["kind"]
        if self.kind == "classifier":
            from rarefault.classifiers.table import FaultClassifier

            self.model: Any = FaultClassifier.load(folder)
        else:
            from rarefault.generators import load_generator

            self.model = load_generator(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A classifier: probability and label per row. A generator: as many rows as the column `n` asks for."""
        if self.kind == "classifier":
            return self.model.answer(self.model.check(model_input))
        return self.model.sample(int(model_input["n"].sum()))


mlflow.models.set_model(RegisteredModel())
