"""ONNX graphs from `features` to `probability`, all in double precision."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from serving.exporting.parts import Part
from serving.predictors.onnx import INPUT, OUTPUT

_OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 5)]
_IR_VERSION = 9


def graph_part(nodes: Sequence[Any], constants: dict[str, np.ndarray], n_features: int, file: str) -> Part:
    """A predictor that runs `nodes`, of which one yields `probability`, (n,)."""
    graph = helper.make_graph(
        list(nodes),
        "classifier",
        [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["n", n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["n"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR_VERSION, producer_name="rarefault")
    return Part({"kind": "onnx", "file": f"{file}.onnx"}, {f"{file}.onnx": model.SerializeToString()})
