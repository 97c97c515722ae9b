"""A support vector machine with Platt scaling -> an ONNX graph of plain matrix products in double precision."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from serving.exporting.encoding import EncodedColumn, Encoding
from serving.exporting.graph import graph_part
from serving.exporting.parts import Part
from serving.predictors.onnx import INPUT, OUTPUT

_FAR = 1e100
"""Scores are cut here: a Gaussian kernel is 0 long before, and their squares stay finite."""

Piece = tuple[list[Any], dict[str, np.ndarray]]
"""Nodes of a graph and its constants."""


def support_vectors_part(estimator: Any, encoding: Encoding, file: str) -> Part:
    """A fitted CalibratedClassifierCV (sigmoid, ensemble=False) over an SVC with a Gaussian kernel.

    Rows and support vectors are scaled by the root of the kernel's gamma, which leaves exp(-distance^2) to compute.
    """
    (fitted,) = estimator.calibrated_classifiers_
    (platt,) = fitted.calibrators
    machine = fitted.estimator
    if getattr(machine, "kernel", None) != "rbf":
        raise ValueError(f"a support vector machine must have the kernel 'rbf' to be exported, got {machine!r}")
    width = float(np.sqrt(machine._gamma))
    encode, constants = _encoded(encoding.columns, width)
    vectors = machine.support_vectors_ * width  # (n_vectors, d)
    constants |= {
        "vectors": 2.0 * vectors.T,
        "minus_squares": -np.sum(vectors**2, axis=1),
        "zero": np.array(0.0),
        "weights": -platt.a_ * machine.dual_coef_[0],
        "bias": np.array(-platt.a_ * machine.intercept_[0] - platt.b_),
    }
    return graph_part([*encode, *_kernel()], constants, encoding.n_features, file)


def _encoded(columns: Sequence[EncodedColumn], width: float) -> Piece:
    """From the features to `encoded`, (n, d): scores of numbers, then levels of categories, all times width."""
    numbers = [column for column in columns if column.level is None]
    levels = [column for column in columns if column.level is not None]
    pieces = [_numbers(numbers, width)] * bool(numbers) + [_levels(levels, width)] * bool(levels)
    nodes = [node for piece, _ in pieces for node in piece]
    constants = {name: value for _, piece in pieces for name, value in piece.items()}
    parts = ["scores"] * bool(numbers) + ["one_hot"] * bool(levels)
    return [*nodes, helper.make_node("Concat", parts, ["encoded"], axis=1)], constants


def _numbers(columns: Sequence[EncodedColumn], width: float) -> Piece:
    nodes = [
        helper.make_node("Gather", [INPUT, "number"], ["values"], axis=1),
        helper.make_node("Sub", ["values", "centre"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["uncut"]),
        helper.make_node("Clip", ["uncut", "nearest", "farthest"], ["scores"]),
    ]
    return nodes, {
        "number": np.array([c.feature for c in columns], dtype=np.int64),
        "centre": np.array([c.centre for c in columns]),
        "scale": np.array([c.scale for c in columns]) / width,
        "nearest": np.array(-_FAR),
        "farthest": np.array(_FAR),
    }


def _levels(columns: Sequence[EncodedColumn], width: float) -> Piece:
    nodes = [
        helper.make_node("Gather", [INPUT, "category"], ["indices"], axis=1),
        helper.make_node("Equal", ["indices", "level"], ["is_level"]),
        helper.make_node("Cast", ["is_level"], ["zero_or_one"], to=TensorProto.DOUBLE),
        helper.make_node("Mul", ["zero_or_one", "width"], ["one_hot"]),
    ]
    return nodes, {
        "category": np.array([c.feature for c in columns], dtype=np.int64),
        "level": np.array([c.level for c in columns], dtype=np.float64),
        "width": np.array(width),
    }


def _kernel() -> list[Any]:
    """From `encoded` to the probability; minus a squared distance is 2 x . s - |s|^2 - |x|^2."""
    return [
        helper.make_node("Gemm", ["encoded", "vectors", "minus_squares"], ["partial"]),
        helper.make_node("ReduceSumSquare", ["encoded"], ["row_squares"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["partial", "row_squares"], ["minus_distances"]),
        helper.make_node("Min", ["minus_distances", "zero"], ["exponents"]),
        helper.make_node("Exp", ["exponents"], ["kernel"]),
        helper.make_node("MatMul", ["kernel", "weights"], ["sum"]),
        helper.make_node("Add", ["sum", "bias"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], [OUTPUT]),
    ]
