"""A convolutional network, written layer by layer as an ONNX graph for inference.

Batch norm is folded into the convolutions: a layer is one convolution and one activation, which ONNX Runtime fuses.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, np.ndarray]


class Graph:
    """Adds layers to a graph; each method takes the names of its inputs and returns the name of its output.

    weights: arrays by name, as a state dict of torch holds them; epsilon: what the batch norms add to the variance.
    """

    input, output = "images", "features"

    def __init__(self, weights: Weights, epsilon: float = 1e-3) -> None:
        self.weights = weights
        self.epsilon = epsilon
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: dict[str, np.ndarray] = {"zero": np.array(0, np.float32), "six": np.array(6, np.float32)}

    def convolution(
        self, x: str, name: str, norm: str, stride: int = 1, pads: str | Sequence[int] = "SAME_UPPER", groups: int = 1
    ) -> str:
        """The convolution called `name` without a bias, then the batch norm called `norm`.

        pads: "SAME_UPPER", as TensorFlow pads, or rows and columns added on each side.
        """
        gamma, beta, mean, variance = (
            self._weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + self.epsilon)
        weight = self._weight(f"{name}.weight") * scale[:, None, None, None]
        self.arrays[name + ".weight"] = weight.astype(np.float32)
        self.arrays[name + ".bias"] = (beta - mean * scale).astype(np.float32)
        padded = {"auto_pad": pads} if isinstance(pads, str) else {"pads": [*pads, *pads]}
        inputs = [x, name + ".weight", name + ".bias"]
        return self._node("Conv", inputs, strides=[stride, stride], group=groups, **padded)

    def relu(self, x: str) -> str:
        """max(x, 0)."""
        return self._node("Relu", [x])

    def relu6(self, x: str) -> str:
        """x clipped to [0, 6]."""
        return self._node("Clip", [x, "zero", "six"])

    def add(self, x: str, y: str) -> str:
        """x + y."""
        return self._node("Add", [x, y])

    def join(self, parts: Sequence[str]) -> str:
        """The channels of all parts, one after another."""
        return self._node("Concat", list(parts), axis=1)

    def average(self, x: str) -> str:
        """The mean of each 3 x 3 neighbourhood; at the border only of what is there."""
        return self._node("AveragePool", [x], kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=0)

    def largest(self, x: str, stride: int, pad: int = 0) -> str:
        """The largest value of each 3 x 3 neighbourhood."""
        return self._node("MaxPool", [x], kernel_shape=[3, 3], strides=[stride] * 2, pads=[pad] * 4)

    def session(self, size: int) -> onnxruntime.InferenceSession:
        """What runs the graph on one thread: images (n, 3, size, size) -> means over the last map, (n, channels)."""
        means = self._node("GlobalAveragePool", [self.nodes[-1].output[0]])
        self.nodes.append(helper.make_node("Flatten", [means], [self.output]))
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info(self.input, TensorProto.FLOAT, ["n", 3, size, size])],
            [helper.make_tensor_value_info(self.output, TensorProto.FLOAT, ["n", None])],
            [numpy_helper.from_array(array, name) for name, array in self.arrays.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def _weight(self, name: str) -> np.ndarray:
        return np.asarray(self.weights[name], dtype=np.float64)

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        output = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
