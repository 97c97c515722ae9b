"""How each column of an estimator's matrix comes from one feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from rarefault.classifiers.table import FaultClassifier


@dataclass(frozen=True)
class EncodedColumn:
    """One column of the estimator's matrix.

    feature: the position of its feature; a number is encoded as (x - centre) / scale, where level is None; of a
    category with n_levels levels, the column is 1 at `level` and else 0.
    """

    feature: int
    centre: float = 0.0
    scale: float = 1.0
    level: int | None = None
    n_levels: int = 0


@dataclass(frozen=True)
class Encoding:
    """The columns of the estimator's matrix, for n_features features."""

    columns: list[EncodedColumn]
    n_features: int

    def centres_and_scales(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each feature, (n_features,) each; 0 and 1 for categories."""
        centre, scale = np.zeros(self.n_features), np.ones(self.n_features)
        for column in self.columns:
            centre[column.feature], scale[column.feature] = column.centre, column.scale
        return centre, scale


def encoding_of(classifier: FaultClassifier) -> Encoding:
    """What the classifier's column encoder learned."""
    names = classifier.schema.names
    columns: list[EncodedColumn] = []
    for kind, transformer, chosen in classifier.pipeline_["encode"].transformers_:
        positions = [names.index(name) for name in chosen]
        if kind == "numeric":
            columns += _numbers(transformer, positions)
        elif positions:
            columns += _categories(transformer, positions, [classifier.schema.columns[j].levels for j in positions])
    return Encoding(columns, len(names))


def _numbers(transformer: Any, positions: list[int]) -> list[EncodedColumn]:
    if not isinstance(transformer, StandardScaler) or not positions:
        return [EncodedColumn(j) for j in positions]
    learned = zip(positions, transformer.mean_, transformer.scale_, strict=True)
    return [EncodedColumn(j, float(mean), float(scale)) for j, mean, scale in learned]


def _categories(one_hot: Any, positions: list[int], levels: list[tuple[str, ...]]) -> list[EncodedColumn]:
    columns = []
    dropped = one_hot.drop_idx_ if one_hot.drop_idx_ is not None else [None] * len(positions)
    for j, known, seen, left_out in zip(positions, levels, one_hot.categories_, dropped, strict=True):
        kept = [known.index(level) for i, level in enumerate(seen) if i != left_out]
        columns += [EncodedColumn(j, level=level, n_levels=len(known)) for level in kept]
    return columns


def matrix_of(classifier: FaultClassifier, X: pd.DataFrame) -> np.ndarray:
    """Rows X as the served model takes them: complete, levels as indices; float64 (n, n_features)."""
    filled = classifier.pipeline_["complete"].transform(X)
    columns = []
    for column in classifier.schema.columns:
        values = filled[column.name]
        if column.kind == "categorical":
            values = pd.Categorical(values.astype(object), categories=list(column.levels)).codes
        columns.append(np.asarray(values, dtype=np.float64))
    return np.column_stack(columns)
