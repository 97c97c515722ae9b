"""Decision trees, forests and boosting -> one ONNX TreeEnsemble in double precision, so that every split is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from serving.exporting.encoding import Encoding
from serving.exporting.graph import graph_part
from serving.exporting.parts import Part
from serving.predictors.onnx import INPUT, OUTPUT

_LEQ, _NEQ = 0, 5
"""The operator's codes for the splits `x <= value` and `x != value`; a row for which it holds goes left."""


@dataclass(frozen=True)
class Tree:
    """left, right: (n,) each node's children, left < 0 at leaves; column, threshold: (n,) of splits; value: (n,)."""

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    value: np.ndarray


def tree_part(estimator: Any, encoding: Encoding, file: str) -> Part:
    """A fitted DecisionTreeClassifier."""
    return _part([_grown(estimator.tree_)], encoding, [], {}, file)


def forest_part(estimator: Any, encoding: Encoding, file: str) -> Part:
    """A fitted WideExtraTrees: the mean of its trees."""
    trees = [_grown(member.tree_) for member in estimator.forest_.estimators_]
    mean = helper.make_node("Div", ["sum", "n_trees"], ["answer"])
    return _part(trees, encoding, [mean], {"n_trees": np.array(float(len(trees)))}, file)


def boosting_part(estimator: Any, encoding: Encoding, file: str) -> Part:
    """A fitted HistGradientBoostingClassifier: the sum of its trees, as log-odds."""
    trees = [_boosted(predictor.nodes) for (predictor,) in estimator._predictors]
    nodes = [
        helper.make_node("Add", ["sum", "start"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["answer"]),
    ]
    return _part(trees, encoding, nodes, {"start": estimator._baseline_prediction.reshape(-1)}, file)


def _grown(tree: Any) -> Tree:
    thresholds = _for_float64(tree.threshold)
    return Tree(tree.children_left, tree.children_right, tree.feature, thresholds, tree.value[:, 0, 1])


def _boosted(nodes: np.ndarray) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
    return Tree(left, right, nodes["feature_idx"].astype(np.int64), nodes["num_threshold"], nodes["value"])


def _for_float64(threshold: np.ndarray) -> np.ndarray:
    """Thresholds t' such that x <= t' in float64 just when float32(x) <= t, as scikit-learn's trees compare; (n,)."""
    with np.errstate(over="ignore"):
        below = threshold.astype(np.float32)
        below = np.where(below > threshold, np.nextafter(below, np.float32(-np.inf)), below)  # largest float32 <= t
        above = np.nextafter(below, np.float32(np.inf)).astype(np.float64)
    above[np.isinf(above)] = 2.0**128  # where the next float32 would be, and from halfway to which x rounds to infinity
    middle = (below.astype(np.float64) + above) / 2.0
    even = below.view(np.int32) % 2 == 0  # the middle itself is rounded to the even neighbour
    return np.asarray(np.where(even, middle, np.nextafter(middle, -np.inf)))


def _part(
    trees: Sequence[Tree], encoding: Encoding, nodes: list[Any], constants: dict[str, np.ndarray], file: str
) -> Part:
    """The graph that sums the trees, applies `nodes` (from `sum` to `answer`) and drops the last axis."""
    last = "answer" if nodes else "sum"
    squeeze = helper.make_node("Squeeze", [last, "last_axis"], [OUTPUT])
    constants = {**constants, "last_axis": np.array([1], dtype=np.int64)}
    return graph_part([_ensemble(trees, encoding), *nodes, squeeze], constants, encoding.n_features, file)


def _ensemble(trees: Sequence[Tree], encoding: Encoding) -> Any:
    laid = [_laid_out(tree) for tree in trees]
    inner, leaves = (np.cumsum([0, *(len(one[key]) for one in laid)])[:-1] for key in ("column", "leaf"))
    joined = {key: np.concatenate([one[key] for one in laid]) for key in laid[0]}
    at = np.repeat(np.arange(len(trees)), [len(one["column"]) for one in laid])  # each split's tree
    offsets = [np.where(joined[f"{side}leafs"], leaves[at], inner[at]) for side in ("true", "false")]
    features, modes, splits = _splits(joined["column"], joined["threshold"], encoding)
    return helper.make_node(
        "TreeEnsemble",
        [INPUT],
        ["sum"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=inner.tolist(),
        nodes_featureids=features.tolist(),
        nodes_modes=numpy_helper.from_array(modes),
        nodes_splits=numpy_helper.from_array(splits),
        nodes_truenodeids=(joined["true"] + offsets[0]).tolist(),
        nodes_falsenodeids=(joined["false"] + offsets[1]).tolist(),
        nodes_trueleafs=joined["trueleafs"].astype(int).tolist(),
        nodes_falseleafs=joined["falseleafs"].astype(int).tolist(),
        leaf_targetids=[0] * len(joined["leaf"]),
        leaf_weights=numpy_helper.from_array(joined["leaf"].astype(np.float64)),
    )


def _laid_out(tree: Tree) -> dict[str, np.ndarray]:
    """A tree's splits and leaves apart, as the operator wants them; children are numbered among their own kind."""
    leaf = tree.left < 0
    if leaf.all():  # the operator knows no tree without a split
        left = right = column = np.zeros(1, dtype=np.int64)
        threshold = np.zeros(1)
    else:
        left, right, column, threshold = (a[~leaf] for a in (tree.left, tree.right, tree.column, tree.threshold))
    place = np.where(leaf, np.cumsum(leaf), np.cumsum(~leaf)) - 1
    return {
        "column": column,
        "threshold": threshold,
        "true": place[left],
        "false": place[right],
        "trueleafs": leaf[left],
        "falseleafs": leaf[right],
        "leaf": tree.value[leaf],
    }


def _splits(column: np.ndarray, threshold: np.ndarray, encoding: Encoding) -> tuple[np.ndarray, ...]:
    """Feature, mode and value of each split, (n,) each: a one-hot column's split becomes one of its category."""
    if any(c.centre != 0.0 or c.scale != 1.0 for c in encoding.columns):
        raise ValueError("trees on scaled columns cannot be exported; accepted: columns as they are")
    features = np.array([c.feature for c in encoding.columns], dtype=np.int64)[column]
    modes, splits = np.full(len(column), _LEQ, dtype=np.uint8), threshold.astype(np.float64)
    for j, one_hot in enumerate(encoding.columns):
        if one_hot.level is not None:  # split between 0 and 1: the level goes right, all others left
            modes[column == j], splits[column == j] = _NEQ, float(one_hot.level)
    return features, modes, splits
