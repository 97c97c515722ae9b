"""An inspector's network as an ONNX graph: from pixels to probabilities, batch norms folded into convolutions."""

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from rarefault.classifiers.image.network import Network

INPUT, OUTPUT = "images", "probabilities"
_OPSET, _IR_VERSION = 17, 9


def onnx_model(network: Network, shape: Sequence[int], classes: Sequence[str]) -> Any:
    """The model proto: "images" uint8 (n, c, h, w) to "probabilities" float32 (n, k).

    shape: (c, h, w). Raises ValueError for a layer that has no counterpart here.
    """
    plain = fold_batch_norms(fx.symbolic_trace(copy.deepcopy(network).cpu().eval()))
    graph = _Graph()
    graph.node("Cast", [INPUT], "pixels", to=TensorProto.FLOAT)
    graph.node("Mul", ["pixels", graph.constant("scale", np.float32(1 / 127.5))], "stretched")
    graph.node("Sub", ["stretched", graph.constant("centre", np.float32(1.0))], "scaled")
    graph.node("Softmax", [_follow(plain, graph)], OUTPUT, axis=1)
    return graph.model(shape, classes)


def fold_batch_norms(traced: fx.GraphModule) -> fx.GraphModule:
    """Fold every batch norm that follows a convolution into that convolution's weights."""
    layers = dict(traced.named_modules())
    for node in list(traced.graph.nodes):
        source = node.args[0] if node.args else None
        if not isinstance(layers.get(str(node.target)), nn.BatchNorm2d) or not isinstance(source, fx.Node):
            continue
        convolution = layers[str(source.target)]
        assert isinstance(convolution, nn.Conv2d)
        _replace(traced, str(source.target), fuse_conv_bn_eval(convolution, layers[str(node.target)]))
        node.replace_all_uses_with(source)
        traced.graph.erase_node(node)
    traced.recompile()
    return traced


def _replace(traced: fx.GraphModule, name: str, layer: nn.Module) -> None:
    parent, _, attribute = name.rpartition(".")
    setattr(traced.get_submodule(parent), attribute, layer)


class _Graph:
    """Nodes and constants in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}-{output}", **attributes))

    def model(self, shape: Sequence[int], classes: Sequence[str]) -> Any:
        graph = helper.make_graph(
            self.nodes,
            "inspector",
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", *shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", len(classes)])],
            self.constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR_VERSION,
            producer_name="rarefault",
        )
        helper.set_model_props(model, {"classes": json.dumps(list(classes))})
        return model


def _follow(traced: fx.GraphModule, graph: _Graph) -> str:
    """Add what the traced network does to `graph`; returns the name of the logits."""
    layers = dict(traced.named_modules())
    names: dict[fx.Node, str] = {}
    for node in traced.graph.nodes:
        inputs = [names[argument] for argument in node.args if isinstance(argument, fx.Node)]
        if node.op == "placeholder":
            names[node] = "scaled"
        elif node.op == "output":
            return inputs[0]
        elif node.op == "call_function" and node.target.__name__ == "add":
            names[node] = node.name
            graph.node("Add", inputs, node.name)
        elif node.op == "call_module" and type(layers[node.target]) in _LAYERS:
            names[node] = _LAYERS[type(layers[node.target])](graph, layers[node.target], inputs[0], node.name)
        else:
            raise ValueError(f"{node.op} {node.target} cannot be exported; known layers: {_known()}")
    raise ValueError("the network returns nothing")


def _known() -> list[str]:
    return sorted(layer.__name__ for layer in _LAYERS)


def _convolution(graph: _Graph, layer: Any, source: str, name: str) -> str:
    inputs = [source, graph.constant(f"{name}.weight", layer.weight.detach().numpy())]
    if layer.bias is not None:
        inputs.append(graph.constant(f"{name}.bias", layer.bias.detach().numpy()))
    padding = [*layer.padding, *layer.padding]
    graph.node("Conv", inputs, name, strides=list(layer.stride), pads=padding, group=layer.groups)
    return name


def _dense(graph: _Graph, layer: Any, source: str, name: str) -> str:
    weight = graph.constant(f"{name}.weight", layer.weight.detach().numpy())
    graph.node("Gemm", [source, weight, graph.constant(f"{name}.bias", layer.bias.detach().numpy())], name, transB=1)
    return name


def _maximum(graph: _Graph, layer: Any, source: str, name: str) -> str:
    side, stride, pad = layer.kernel_size, layer.stride, layer.padding
    graph.node("MaxPool", [source], name, kernel_shape=[side] * 2, strides=[stride] * 2, pads=[pad] * 4)
    return name


def _mean(graph: _Graph, layer: Any, source: str, name: str) -> str:
    graph.node("GlobalAveragePool", [source], name)
    return name


def _flat(graph: _Graph, layer: Any, source: str, name: str) -> str:
    graph.node("Flatten", [source], name, axis=1)
    return name


def _relu(graph: _Graph, layer: Any, source: str, name: str) -> str:
    graph.node("Relu", [source], name)
    return name


def _relu6(graph: _Graph, layer: Any, source: str, name: str) -> str:
    bounds = [graph.constant(f"{name}.{end}", np.float32(value)) for end, value in (("low", 0.0), ("high", 6.0))]
    graph.node("Clip", [source, *bounds], name)
    return name


def _nothing(graph: _Graph, layer: Any, source: str, name: str) -> str:
    return source


_LAYERS: dict[type, Callable[[_Graph, Any, str, str], str]] = {
    nn.Conv2d: _convolution,
    nn.Linear: _dense,
    nn.MaxPool2d: _maximum,
    nn.AdaptiveAvgPool2d: _mean,
    nn.Flatten: _flat,
    nn.ReLU: _relu,
    nn.ReLU6: _relu6,
    nn.Dropout: _nothing,
    nn.Identity: _nothing,
}
