"""ONNX graphs, loaded by onnxruntime on one thread."""

import ctypes
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.errors import BrokenModel

Ends = tuple[str, str, list[Any]]
"""Name, type and shape, without the first dimension, of what goes into or comes out of a graph."""


def open_session(content: bytes, into: Ends, out: Ends, trial: Mapping[str, np.ndarray]) -> Any:
    """The session of a graph that leads from `into` to `out`, once it has answered the trial.

    Raises BrokenModel if onnxruntime refuses the graph or its ends are others.
    """
    wanted = _ends([into], [out])
    try:
        session = _session(content)
        found = _ends(*([_described(end) for end in side] for side in (session.get_inputs(), session.get_outputs())))
        if found == wanted:
            session.run([out[0]], dict(trial))
    except _refusals() as problem:
        raise BrokenModel(f"onnxruntime refuses the graph: {' '.join(str(problem).split())[:200]}") from problem
    if found != wanted:
        raise BrokenModel(f"the ONNX graph must lead from {wanted}, got {found[:200]}")
    _return_freed_memory()
    return session


def _described(end: Any) -> Ends:
    return end.name, end.type, end.shape[1:]


def _ends(inputs: list[Ends], outputs: list[Ends]) -> str:
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
