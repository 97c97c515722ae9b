"""Additive logistic regression -> ramps and products of ramps (see serving.predictors.additive)."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from rarefault.classifiers.additive import AdditiveBasis, tents
from serving.exporting.encoding import EncodedColumn, Encoding
from serving.exporting.parts import Part, weights_part


@dataclass
class Ramps:
    """Ramps and products of ramps, collected term by term."""

    intercept: float
    ramps: list[tuple[int, float, float]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    products: dict[tuple[int, int], float] = field(default_factory=dict)
    _known: dict[tuple[int, float, float], int] = field(default_factory=dict)

    def between(self, feature: int, knots: np.ndarray) -> list[int]:
        """The numbers of the ramps between neighbouring knots of a feature, (len(knots) - 1,)."""
        wanted = [(feature, float(a), float(b)) for a, b in pairwise(knots)]
        for ramp in wanted:
            if ramp not in self._known:
                self._known[ramp] = len(self.ramps)
                self.ramps.append(ramp)
                self.weights.append(0.0)
        return [self._known[ramp] for ramp in wanted]

    def add_curve(self, ramps: list[int], values: np.ndarray) -> None:
        """Add a broken line of the given values (len(ramps) + 1,) at the knots."""
        self.intercept += float(values[0])
        for ramp, change in zip(ramps, np.diff(values), strict=True):
            self.weights[ramp] += float(change)

    def add_map(self, left: list[int], right: list[int], values: np.ndarray) -> None:
        """Add a bilinear map of the given values (len(left) + 1, len(right) + 1) at the crossings of the knots."""
        self.add_curve(left, values[:, 0])
        self.add_curve(right, values[0] - values[0, 0])
        changes = np.diff(np.diff(values, axis=0), axis=1)
        for a, row in zip(left, changes, strict=True):
            for b, change in zip(right, row, strict=True):
                self.products[a, b] = self.products.get((a, b), 0.0) + float(change)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of the weight file but for centre and scale."""
        feature, start, end = np.array(self.ramps, dtype=np.float64).reshape(-1, 3).T
        left, right = np.array(list(self.products), dtype=np.int64).reshape(-1, 2).T
        return {
            "intercept": np.array([self.intercept]),
            "feature": feature.astype(np.int64),
            "start": start,
            "width": end - start,
            "ramp_weight": np.array(self.weights, dtype=np.float64),
            "left": left,
            "right": right,
            "pair_weight": np.array(list(self.products.values()), dtype=np.float64),
        }


class Terms:
    """The terms of the basis in their order, as they enter the log-odds: slope * (term - mean)."""

    def __init__(self, scaler: StandardScaler, logistic: LogisticRegression) -> None:
        self._slopes, self._means = logistic.coef_[0] / scaler.scale_, scaler.mean_
        self._next = 0

    def take(self, values: np.ndarray) -> np.ndarray:
        """What the next terms add where they have the given values, (n_places, n_terms); (n_places,)."""
        taken = slice(self._next, self._next + values.shape[1])
        self._next = taken.stop
        # The mean goes first: of a column such as 12 m +- 1 nm, slope * mean would swallow the digits that count.
        return np.asarray((values - self._means[taken]) @ self._slopes[taken])


def additive_part(estimator: Pipeline, encoding: Encoding, file: str) -> Part:
    """Fold the basis, its scaling and the coefficients of a fitted additive_logistic into ramps."""
    basis, terms = estimator["basis"], Terms(estimator["scale"], estimator["logistic"])
    found = Ramps(float(estimator["logistic"].intercept_[0]))
    for column, knots in zip(encoding.columns, basis.knots_, strict=True):
        _add_curve(found, column, knots, terms)
    for i, j in basis.pairs_:
        _add_map(found, basis, encoding, int(i), int(j), terms)
    centre, scale = encoding.centres_and_scales()
    return weights_part("additive", {"centre": centre, "scale": scale, **found.arrays()}, file)


def _add_curve(found: Ramps, column: EncodedColumn, knots: np.ndarray, terms: Terms) -> None:
    values = terms.take(knots[:, None])
    if len(knots) > 2:
        values = values + terms.take(np.eye(len(knots)))
    places, weights = _places(column, knots)
    found.add_curve(found.between(column.feature, places), weights @ values)


def _add_map(found: Ramps, basis: AdditiveBasis, encoding: Encoding, i: int, j: int, terms: Terms) -> None:
    sides = [encoding.columns[i], encoding.columns[j]]
    knots = [basis.pair_knots_[i], basis.pair_knots_[j]]
    n_cells = len(knots[0]) * len(knots[1])
    values = terms.take(np.eye(n_cells)).reshape(len(knots[0]), len(knots[1]))
    places, weights = zip(*map(_places, sides, knots), strict=True)
    left, right = (found.between(side.feature, at) for side, at in zip(sides, places, strict=True))
    found.add_map(left, right, weights[0] @ values @ weights[1].T)


def _places(column: EncodedColumn, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a column's curve bends, (k,), and how much of the value at each knot it takes there, (k, len(knots)).

    A number bends at its knots; a category takes its value at each level, whatever the knots.
    """
    if column.level is None:
        return knots, np.eye(len(knots))
    levels = np.arange(column.n_levels)
    return levels.astype(np.float64), tents((levels == column.level).astype(np.float64), knots)
