"""What the served model is told about each training column."""

from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Column
from serving.model_folder import Feature

_KINDS = {"continuous": "number", "integer": "integer", "categorical": "category"}
BINS = 10


def features_of(classifier: FaultClassifier, X: pd.DataFrame) -> list[Feature]:
    """One entry for each column of the classifier's schema, from training rows X (n, d)."""
    fills = classifier.pipeline_["complete"].fills_
    return [_feature(column, X[column.name], fills[column.name]) for column in classifier.schema.columns]


def _feature(column: Column, values: pd.Series, fill: Any) -> Feature:
    has_gaps = bool(values.isna().any())
    low = high = None
    if column.kind == "categorical":
        fill = str(fill)
        indices = pd.Categorical(values.astype(object), categories=list(column.levels)).codes
        edges = tuple(float(i) for i in range(1, len(column.levels)))
        shares = binned(indices[indices >= 0].astype(np.float64), edges)
    else:
        fill = float(fill)
        numbers = values.dropna().to_numpy(np.float64)
        low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (fill, fill)
        edges = decile_edges(numbers)
        shares = binned(numbers, edges)
    kind = _KINDS[column.kind]
    return Feature(column.name, column.unit, kind, tuple(column.levels), low, high, fill, has_gaps, edges, shares)


def decile_edges(values: np.ndarray) -> tuple[float, ...]:
    """At most 9 values at which a new bin begins: a value belongs to the tenth in which the middle of its ranks lies.

    Equal values stay together, no bin is empty, and a value that a fifth of the rows share has a bin of its own.
    """
    distinct, counts = np.unique(values, return_counts=True)
    tenth = (2 * np.cumsum(counts) - counts) * BINS // (2 * max(len(values), 1))
    return tuple(distinct[1:][np.diff(tenth) > 0].tolist())


def binned(values: np.ndarray, edges: tuple[float, ...]) -> tuple[float, ...]:
    """The share of values in each bin; the first bin has them all where there are no values."""
    if not len(values):
        return (1.0, *(0.0 for _ in edges))
    bins = np.searchsorted(np.array(edges), values, side="right")
    return tuple((np.bincount(bins, minlength=len(edges) + 1) / len(values)).tolist())
