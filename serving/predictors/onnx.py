"""Trees, boosting and support vectors: an ONNX graph run by onnxruntime on one thread."""

import ctypes
import sys
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.predictors.weights import file_of

INPUT, OUTPUT = "features", "probability"


class Onnx:
    """A graph from `features`, double (n, n_features), to `probability`, double (n,)."""

    def __init__(self, session: Any) -> None:
        self._run = session.run

    @classmethod
    def read(cls, spec: Mapping[str, Any], files: Mapping[str, bytes], n_features: int) -> Self:
        """Load the graph; raises BrokenModel if onnxruntime refuses it or its ends are not as above."""
        content = file_of(spec, files)
        wanted = _ends([(INPUT, "tensor(double)", [n_features])], [(OUTPUT, "tensor(double)", [])])
        try:
            session = _session(content)
            found = _ends(*(_described(side) for side in (session.get_inputs(), session.get_outputs())))
            if found == wanted:
                session.run([OUTPUT], {INPUT: np.zeros((1, n_features))})
        except _refusals() as problem:
            raise BrokenModel(f"onnxruntime refuses the graph: {' '.join(str(problem).split())[:200]}") from problem
        if found != wanted:
            raise BrokenModel(f"the ONNX graph must lead from {wanted}, got {found[:200]}")
        _return_freed_memory()
        return cls(session)

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features); (n,)."""
        return np.asarray(self._run([OUTPUT], {INPUT: matrix})[0])


def _described(ends: Any) -> list[tuple[str, str, list[Any]]]:
    """Name, type and shape without the rows."""
    return [(end.name, end.type, end.shape[1:]) for end in ends]


def _ends(inputs: Any, outputs: Any) -> str:
    return f"{inputs} to {outputs}"


def _session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False  # the arena would keep the memory of the largest batch ever seen
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _return_freed_memory() -> None:
    # Loading a forest takes and frees 25 MB that the C library would keep; only glibc can be asked to give it back.
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _refusals() -> tuple[type[Exception], ...]:
    # onnxruntime's errors share no class of their own; a broken message may be no text (a ValueError) either.
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (ValueError, *kinds)
