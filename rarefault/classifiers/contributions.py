"""What each column and each pair of columns adds to the log-odds, read from a fitted additive model.

The model is a sum: an intercept, a broken line for each column and a bilinear map for each pair. It is told in a form
that can be read: what a pair's map says of one of its columns alone is moved to that column's line (functional ANOVA
with the product of the training rows' marginals as weight; Hooker, 2007), and every line has mean 0 over the training
rows. Both move numbers between the parts of the sum and leave the sum as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from rarefault.classifiers.additive import AdditiveBasis, tents
from rarefault.classifiers.columns import EncodedColumn, encoded_columns
from rarefault.classifiers.seen import counted, counted_pairs, edges_of
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Column, Table


@dataclass(frozen=True)
class Line:
    """A broken line through (at, values), both (k,); it keeps its end values beyond `at`."""

    at: np.ndarray
    values: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The line's values at x (n,)."""
        return np.asarray(np.interp(x, self.at, self.values))

    def plus(self, other: "Line") -> "Line":
        """The sum of two lines, exact: it bends where either does."""
        at = np.union1d(self.at, other.at)
        return Line(at, self(at) + other(at))

    def shifted(self, by: float) -> "Line":
        """The line `by` higher."""
        return Line(self.at, self.values + by)


@dataclass(frozen=True)
class Sum:
    """intercept + a line for each encoded column + a map for each of the basis's pairs: the log-odds of a fault."""

    intercept: float
    lines: list[Line]
    maps: list[np.ndarray]
    basis: AdditiveBasis

    def map_values(self, k: int, Z: np.ndarray) -> np.ndarray:
        """What pair k adds for encoded rows Z (n, d); (n,)."""
        left, right = (tents(Z[:, j], self.basis.pair_knots_[j]) for j in self.basis.pairs_[k])
        return np.asarray(np.einsum("na,ab,nb->n", left, self.maps[k], right))


def is_additive(estimator: Any) -> bool:
    """Whether an estimator is what `additive_logistic` builds."""
    return isinstance(estimator, Pipeline) and isinstance(estimator.steps[0][1], AdditiveBasis)


def contributions(model: FaultClassifier, train: Table) -> dict[str, Any]:
    """The intercept, the curve of every column and the map of every pair, as in result.json, largest weight first.

    A weight is the standard deviation, over the training rows, of what the part adds to the log-odds. The intercept
    and what the curves and maps add to a row make exactly the model's log-odds. Raises ValueError for another model.
    """
    steps = model.pipeline_.named_steps
    if not is_additive(steps["classify"]):
        raise ValueError(f"only an additive logistic regression has curves, got {steps['classify']!r}")
    X = steps["complete"].transform(train.X)
    Z = np.asarray(steps["encode"].transform(X), dtype=np.float64)
    told = centred(purified(read_sum(steps["classify"]), Z), Z)
    encoded, columns = encoded_columns(steps["encode"]), {c.name: c for c in train.schema.columns}
    curves = [_curve(column, X[column.name].to_numpy(), train.y, encoded, told, Z) for column in columns.values()]
    pairs = [_pair(k, columns, encoded, told, Z, train.y) for k in range(len(told.maps))]
    return {"intercept": told.intercept, "curves": _heaviest_first(curves), "pairs": _heaviest_first(pairs)}


def read_sum(estimator: Pipeline) -> Sum:
    """The parts of a fitted additive logistic regression, as its coefficients draw them."""
    basis, scaler, logistic = (step for _, step in estimator.steps)
    weights = logistic.coef_.ravel() / scaler.scale_
    lines, maps = basis.unpack(weights)
    intercept = float(logistic.intercept_[0] - weights @ scaler.mean_)
    return Sum(intercept, [Line(k, v) for k, v in zip(basis.knots_, lines, strict=True)], maps, basis)


def purified(told: Sum, Z: np.ndarray) -> Sum:
    """The same sum with maps that, averaged over either column of the encoded rows Z (n, d), say nothing."""
    intercept, lines, maps = told.intercept, list(told.lines), []
    for (i, j), values in zip(told.basis.pairs_, told.maps, strict=True):
        knots_i, knots_j = told.basis.pair_knots_[i], told.basis.pair_knots_[j]
        p, q = tents(Z[:, i], knots_i).mean(axis=0), tents(Z[:, j], knots_j).mean(axis=0)
        of_i, of_j, mean = values @ q, p @ values, float(p @ values @ q)
        lines[i], lines[j] = lines[i].plus(Line(knots_i, of_i)), lines[j].plus(Line(knots_j, of_j))
        maps.append(values - of_i[:, None] - of_j[None, :] + mean)
        intercept -= mean
    return Sum(intercept, lines, maps, told.basis)


def centred(told: Sum, Z: np.ndarray) -> Sum:
    """The same sum with lines whose mean over the encoded rows Z (n, d) is 0."""
    means = [float(line(z).mean()) for line, z in zip(told.lines, Z.T, strict=True)]
    lines = [line.shifted(-mean) for line, mean in zip(told.lines, means, strict=True)]
    return Sum(told.intercept + sum(means), lines, told.maps, told.basis)


def _curve(
    column: Column, x: np.ndarray, y: np.ndarray, encoded: Sequence[EncodedColumn], told: Sum, Z: np.ndarray
) -> dict[str, Any]:
    places = [k for k, e in enumerate(encoded) if e.name == column.name]
    added = np.sum([told.lines[k](Z[:, k]) for k in places], axis=0)
    if column.kind == "categorical":
        at: list[Any] = list(column.levels)
        has = [[np.array([float(encoded[k].level == level)]) for k in places] for level in at]
        log_odds = [float(sum(told.lines[k](h)[0] for k, h in zip(places, row, strict=True))) for row in has]
        place = np.array([at.index(level) for level in x])
        seen: dict[str, Any] = {"edges": [], **counted(place, y, np.arange(len(at) + 1) - 0.5)}
    else:
        line, only = told.lines[places[0]], encoded[places[0]]
        at, log_odds = (line.at * only.spread + only.mean).tolist(), line.values.tolist()
        edges = edges_of(x)
        seen = {"edges": edges.tolist(), **counted(x, y, edges)}
    weight = float(np.std(added))
    return {"name": column.name, "unit": column.unit, "weight": weight, "at": at, "log_odds": log_odds, **seen}


def _pair(
    k: int, columns: dict[str, Column], encoded: Sequence[EncodedColumn], told: Sum, Z: np.ndarray, y: np.ndarray
) -> dict[str, Any]:
    places = told.basis.pairs_[k]
    x = [Z[:, j] * encoded[j].spread + encoded[j].mean for j in places]
    axes = [
        {
            "name": encoded[j].name,
            "level": encoded[j].level,
            "unit": columns[encoded[j].name].unit,
            "at": (told.basis.pair_knots_[j] * encoded[j].spread + encoded[j].mean).tolist(),
        }
        for j in places
    ]
    seen = counted_pairs(x[0], x[1], y)
    weight = float(np.std(told.map_values(k, Z)))
    return {"axes": axes, "weight": weight, "log_odds": told.maps[k].tolist(), **seen}


def _heaviest_first(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(parts, key=lambda part: -part["weight"])
