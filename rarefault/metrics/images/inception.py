"""Inception-v3 (Szegedy et al., 2016) as the Fréchet Inception Distance uses it (Heusel et al., 2017).

It differs from other Inception-v3 networks in its weights (the TensorFlow graph of 5 December 2015) and in its pools:
averages leave out the border's padding, and the last block takes the largest value instead of the average.
"""

import os
from pathlib import Path

from rarefault.errors import InputError
from rarefault.metrics.images.graph import Graph
from rarefault.metrics.images.network import ConvolutionalNetwork
from rarefault.metrics.images.weights import read_weights, sha256_of

VARIABLE = "RAREFAULT_INCEPTION"
_PUBLISHED = "6726825d"
"""How the SHA-256 of pt_inception-2015-12-05-6726825d.pth starts, the file of weights that is in general use."""


class InceptionV3(ConvolutionalNetwork):
    """2048 features, with weights that come from the user."""

    width = 2048
    size, mean, deviation = 299, 127.5, 127.5

    def __init__(self) -> None:
        digest = sha256_of(weights_file())[: len(_PUBLISHED)]
        self.title = "Inception-v3" if digest == _PUBLISHED else f"Inception-v3 with weights {digest}"
        super().__init__()

    def _graph(self) -> Graph:
        file = weights_file()
        graph = Graph(read_weights(file))
        try:
            _layers(graph)
        except KeyError as missing:
            raise InputError(f"{file} has no {missing}: these are not weights of the FID's Inception-v3") from None
        return graph


def weights_file() -> Path:
    """The file named by RAREFAULT_INCEPTION; raises InputError where it names none."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        raise InputError(
            f"network 'inception-v3' needs its weights: let {VARIABLE} name a .pth or .safetensors file of them, such "
            "as pt_inception-2015-12-05-6726825d.pth"
        )
    return Path(named)


def _layers(graph: Graph) -> None:
    x = _unit(graph, graph.input, "Conv2d_1a_3x3", stride=2)
    x = _unit(graph, x, "Conv2d_2a_3x3")
    x = graph.largest(_unit(graph, x, "Conv2d_2b_3x3", (1, 1)), 2)
    x = _unit(graph, x, "Conv2d_3b_1x1")
    x = graph.largest(_unit(graph, x, "Conv2d_4a_3x3"), 2)
    for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = _block_35(graph, x, name)
    x = _to_17(graph, x, "Mixed_6a")
    for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = _block_17(graph, x, name)
    x = _to_8(graph, x, "Mixed_7a")
    x = _block_8(graph, x, "Mixed_7b", graph.average(x))
    _block_8(graph, x, "Mixed_7c", graph.largest(x, 1, 1))


def _unit(graph: Graph, x: str, name: str, pads: tuple[int, int] = (0, 0), stride: int = 1) -> str:
    return graph.relu(graph.convolution(x, f"{name}.conv", f"{name}.bn", stride, pads))


def _branch(graph: Graph, x: str, name: str, *pads: tuple[int, int], stride: int = 1) -> str:
    """Units name_1, name_2, ... one behind another, with the last one's stride."""
    for k, pad in enumerate(pads, start=1):
        x = _unit(graph, x, f"{name}_{k}", pad, stride if k == len(pads) else 1)
    return x


_NONE, _SMALL, _LARGE, _ROW, _COLUMN = (0, 0), (1, 1), (2, 2), (0, 3), (3, 0)


def _block_35(graph: Graph, x: str, at: str) -> str:
    parts = [
        _unit(graph, x, f"{at}.branch1x1"),
        _branch(graph, x, f"{at}.branch5x5", _NONE, _LARGE),
        _branch(graph, x, f"{at}.branch3x3dbl", _NONE, _SMALL, _SMALL),
        _unit(graph, graph.average(x), f"{at}.branch_pool"),
    ]
    return graph.join(parts)


def _to_17(graph: Graph, x: str, at: str) -> str:
    parts = [
        _unit(graph, x, f"{at}.branch3x3", stride=2),
        _branch(graph, x, f"{at}.branch3x3dbl", _NONE, _SMALL, _NONE, stride=2),
        graph.largest(x, 2),
    ]
    return graph.join(parts)


def _block_17(graph: Graph, x: str, at: str) -> str:
    parts = [
        _unit(graph, x, f"{at}.branch1x1"),
        _branch(graph, x, f"{at}.branch7x7", _NONE, _ROW, _COLUMN),
        _branch(graph, x, f"{at}.branch7x7dbl", _NONE, _COLUMN, _ROW, _COLUMN, _ROW),
        _unit(graph, graph.average(x), f"{at}.branch_pool"),
    ]
    return graph.join(parts)


def _to_8(graph: Graph, x: str, at: str) -> str:
    parts = [
        _branch(graph, x, f"{at}.branch3x3", _NONE, _NONE, stride=2),
        _branch(graph, x, f"{at}.branch7x7x3", _NONE, _ROW, _COLUMN, _NONE, stride=2),
        graph.largest(x, 2),
    ]
    return graph.join(parts)


def _block_8(graph: Graph, x: str, at: str, pooled: str) -> str:
    single = _unit(graph, x, f"{at}.branch3x3_1")
    double = _branch(graph, x, f"{at}.branch3x3dbl", _NONE, _SMALL)
    parts = [
        _unit(graph, x, f"{at}.branch1x1"),
        _unit(graph, single, f"{at}.branch3x3_2a", (0, 1)),
        _unit(graph, single, f"{at}.branch3x3_2b", (1, 0)),
        _unit(graph, double, f"{at}.branch3x3dbl_3a", (0, 1)),
        _unit(graph, double, f"{at}.branch3x3dbl_3b", (1, 0)),
        _unit(graph, pooled, f"{at}.branch_pool"),
    ]
    return graph.join(parts)
