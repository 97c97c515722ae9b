"""Trees, boosting and support vectors: an ONNX graph run by onnxruntime on one thread."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from serving.predictors.sessions import Ends, open_session
from serving.predictors.weights import file_of

INPUT, OUTPUT = "features", "probability"


class Onnx:
    """A graph from `features`, double (n, n_features), to `probability`, double (n,)."""

    def __init__(self, session: Any) -> None:
        self._run = session.run

    @classmethod
    def read(cls, spec: Mapping[str, Any], files: Mapping[str, bytes], n_features: int) -> Self:
        """Load the graph; raises BrokenModel if onnxruntime refuses it or its ends are not as above."""
        into: Ends = (INPUT, "tensor(double)", [n_features])
        out: Ends = (OUTPUT, "tensor(double)", [])
        return cls(open_session(file_of(spec, files), into, out, {INPUT: np.zeros((1, n_features))}))

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features); (n,)."""
        return np.asarray(self._run([OUTPUT], {INPUT: matrix})[0])
