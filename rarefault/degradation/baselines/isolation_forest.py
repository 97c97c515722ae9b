"""Isolation forest on hand-made features."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.degradation.baselines.features import features
from rarefault.degradation.indicator import HealthIndicator
from rarefault.generators.base import Progress


@dataclass(frozen=True)
class IsolationForestSettings:
    """trees, >= 1; samples: healthy snapshots that each tree sees at most, >= 2."""

    trees: int = 200
    samples: int = 256
    seed: int = 0

    def __post_init__(self) -> None:
        if self.trees < 1 or self.samples < 2:
            raise ValueError(f"trees must be >= 1 and samples >= 2, got {self.trees} and {self.samples}")


class IsolationForest(HealthIndicator):
    """How few random cuts set a snapshot's features apart (Liu, Ting and Zhou, 2008), in (0, 1).

    scikit-learn grows the trees; they are kept as arrays. A snapshot beyond all healthy ones is as far out as any
    other beyond them: the indicator tells that something changed, not how much.
    """

    name: ClassVar[str] = "isolation-forest"
    title: ClassVar[str] = "isolation forest"
    unit: ClassVar[str] = "anomaly score"
    Settings: ClassVar[type] = IsolationForestSettings

    def _fit(self, healthy: np.ndarray, progress: Progress | None) -> None:
        from sklearn.ensemble import IsolationForest as Forest

        s = self.settings
        grown = Forest(n_estimators=s.trees, max_samples=min(s.samples, len(healthy)), random_state=s.seed)
        grown.fit(features(healthy).astype(np.float32))
        trees = [tree.tree_ for tree in grown.estimators_]
        most = max(tree.node_count for tree in trees)
        self.nodes_ = {
            "left": _padded([tree.children_left for tree in trees], most, fill=-1),  # of a leaf, too
            "right": _padded([tree.children_right for tree in trees], most),
            "feature": _padded([np.maximum(tree.feature, 0) for tree in trees], most),
            "cut": _padded([tree.threshold for tree in trees], most),
            "path": _padded([_paths(tree) for tree in trees], most),
        }
        self.usual_ = float(_usual_path(np.array([grown.max_samples_]))[0])

    def _indicate(self, snapshots: np.ndarray) -> np.ndarray:
        rows = features(snapshots).astype(np.float32)
        every, tree = np.arange(len(rows))[:, None], np.arange(len(self.nodes_["left"]))[None]
        at = np.zeros((len(rows), tree.size), dtype=np.int64)
        while (inner := self.nodes_["left"][tree, at] >= 0).any():
            low = rows[every, self.nodes_["feature"][tree, at]] <= self.nodes_["cut"][tree, at]
            below = np.where(low, self.nodes_["left"][tree, at], self.nodes_["right"][tree, at])
            at = np.where(inner, below, at)
        return np.asarray(2.0 ** -(self.nodes_["path"][tree, at].mean(axis=1) / self.usual_))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {**self.nodes_, "usual": np.array([self.usual_])}, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.usual_ = float(arrays["usual"][0])
        self.nodes_ = {name: values for name, values in arrays.items() if name != "usual"}


def _padded(trees: list[np.ndarray], most: int, fill: int = 0) -> np.ndarray:
    return np.stack([np.pad(values, (0, most - len(values)), constant_values=fill) for values in trees])


def _paths(tree: Any) -> np.ndarray:
    """Cuts from the root to each node (nodes,), and in a leaf the usual number that would set its rows apart."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # a node comes before its children
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return np.asarray(depth + _usual_path(tree.n_node_samples))


def _usual_path(n: np.ndarray) -> np.ndarray:
    """Mean cuts that set one of n rows apart: equation 1 of Liu, Ting and Zhou (2008)."""
    n = np.asarray(n, dtype=np.float64)
    more = np.maximum(n, 3.0)
    mean = 2 * (np.log(more - 1) + np.euler_gamma) - 2 * (more - 1) / more
    return np.asarray(np.where(n > 2, mean, np.where(n == 2, 1.0, 0.0)))
