"""Additive logistic regression: one readable curve a column, and maps of the few pairs that interact.

A generalised additive model (Hastie and Tibshirani, 1986) with pairwise terms (Lou et al., 2013, GA2M), written
as a basis in front of an ordinary penalised logistic regression: it keeps one named coefficient a term.
"""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from rarefault.classifiers.interactions import interacting_pairs


class AdditiveBasis(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Each column as itself plus tents at its quantiles, and products of coarse tents for interacting pairs.

    A tent is 1 at its knot and falls linearly to 0 at the neighbouring knots, so that a weighted sum of tents is a
    broken line. Beyond the range seen in fit a curve keeps its end value. Columns of one or two values get no tents.
    n_knots >= 2 a column; at most n_pairs >= 0 pairs, with pair_knots >= 2 a column, searched among the `screen`
    columns of largest effect of their own. X must be a complete numeric matrix (n, d), y must hold 0 and 1.
    """

    def __init__(
        self, n_knots: int = 8, n_pairs: int = 20, pair_knots: int = 4, screen: int = 40, random_state: int = 0
    ) -> None:
        self.n_knots, self.n_pairs, self.pair_knots = n_knots, n_pairs, pair_knots
        self.screen, self.random_state = screen, random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Place the knots and find the pairs; raises ValueError for settings out of range."""
        self._check_settings()
        X = validate_data(self, X, dtype=np.float64)
        y = np.asarray(y, dtype=np.float64)
        self.knots_ = [quantile_knots(x, self.n_knots) for x in X.T]
        self.pair_knots_ = [quantile_knots(x, self.pair_knots) for x in X.T]
        self.pairs_ = np.empty((0, 2), dtype=np.int64)
        if self.n_pairs:
            faint = _faint_scores(self._curves(X), y)
            self.pairs_ = interacting_pairs(X, y, faint, self.n_pairs, self.screen, self.random_state)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """The basis (n, terms), in the order of `get_feature_names_out`."""
        check_is_fitted(self, "pairs_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.hstack([self._curves(X), *(self._map(X, i, j) for i, j in self.pairs_)])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names such as `torque`, `torque ~ 40.1` (a tent) and `torque ~ 40.1 & wear ~ 200` (a product of tents)."""
        check_is_fitted(self, "pairs_")
        names = self._column_names(input_features)
        terms: list[str] = []
        for name, knots in zip(names, self.knots_, strict=True):
            terms.append(name)
            terms.extend(_tent_names(name, knots) if len(knots) > 2 else [])
        for i, j in self.pairs_:
            right = _tent_names(names[j], self.pair_knots_[j])
            terms.extend(f"{a} & {b}" for a in _tent_names(names[i], self.pair_knots_[i]) for b in right)
        return np.array(terms, dtype=object)

    def unpack(self, weights: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """What a weighted sum of the terms draws: each column's values at `knots_`, each pair's at `pair_knots_`.

        weights (terms,), in the order of `transform`. A column's broken line has shape (knots,), a pair's map, bilinear
        between its knots, (knots of the first, knots of the second): transform(X) @ weights is the sum of them all.
        """
        check_is_fitted(self, "pairs_")
        shapes = [(len(self.pair_knots_[i]), len(self.pair_knots_[j])) for i, j in self.pairs_]
        lengths = [1 + (len(knots) if len(knots) > 2 else 0) for knots in self.knots_] + [a * b for a, b in shapes]
        if len(weights) != sum(lengths):
            raise ValueError(f"weights must hold {sum(lengths)} numbers, got {len(weights)}")
        parts = np.split(np.asarray(weights, dtype=np.float64), np.cumsum(lengths)[:-1])
        lines = [
            part[0] * knots + (part[1:] if len(part) > 1 else 0.0)
            for part, knots in zip(parts, self.knots_, strict=False)
        ]
        maps = [part.reshape(shape) for part, shape in zip(parts[len(self.knots_) :], shapes, strict=True)]
        return lines, maps

    def _check_settings(self) -> None:
        if self.n_knots < 2 or self.pair_knots < 2:
            raise ValueError(f"n_knots and pair_knots must be >= 2, got {self.n_knots} and {self.pair_knots}")
        if self.n_pairs < 0 or self.screen < 2:
            raise ValueError(f"n_pairs must be >= 0 and screen >= 2, got {self.n_pairs} and {self.screen}")

    def _column_names(self, input_features: Any) -> list[str]:
        if input_features is None:
            input_features = getattr(self, "feature_names_in_", [f"x{j}" for j in range(len(self.knots_))])
        if len(input_features) != len(self.knots_):
            raise ValueError(f"input_features must name {len(self.knots_)} columns, got {len(input_features)}")
        return [str(name) for name in input_features]

    def _curves(self, X: np.ndarray) -> np.ndarray:
        blocks = []
        for x, knots in zip(X.T, self.knots_, strict=True):
            blocks.append(np.clip(x, knots[0], knots[-1])[:, None])
            if len(knots) > 2:
                blocks.append(tents(x, knots))
        return np.hstack(blocks)

    def _map(self, X: np.ndarray, i: int, j: int) -> np.ndarray:
        left, right = tents(X[:, i], self.pair_knots_[i]), tents(X[:, j], self.pair_knots_[j])
        return np.asarray((left[:, :, None] * right[:, None, :]).reshape(len(X), -1))  # (n, a, b) -> (n, a * b)


def quantile_knots(x: np.ndarray, n: int) -> np.ndarray:
    """At most n distinct knots of a column x (n_rows,), its smallest and largest value among them."""
    values = np.unique(x)
    return values if len(values) <= n else np.unique(np.quantile(x, np.linspace(0.0, 1.0, n)))


def tents(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Weights (n, len(knots)) of linear interpolation between knots; each row sums to 1."""
    weights = np.ones((len(x), 1))
    if len(knots) > 1:
        x = np.clip(x, knots[0], knots[-1])
        left = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
        share = (x - knots[left]) / (knots[left + 1] - knots[left])
        rows = np.arange(len(x))
        weights = np.zeros((len(x), len(knots)))
        weights[rows, left], weights[rows, left + 1] = 1.0 - share, share
    return weights


def additive_logistic(
    C: float = 0.1, n_knots: int = 8, n_pairs: int = 20, class_weight: str | None = None, random_state: int = 0
) -> Pipeline:
    """Unfitted pipeline `basis` -> `scale` -> `logistic`; C > 0 is the inverse strength of the L2 penalty."""
    basis = AdditiveBasis(n_knots=n_knots, n_pairs=n_pairs, random_state=random_state)
    logistic = LogisticRegression(C=C, class_weight=class_weight, max_iter=1000)
    return Pipeline([("basis", basis), ("scale", StandardScaler()), ("logistic", logistic)])


def _tent_names(name: str, knots: np.ndarray) -> list[str]:
    return [f"{name} ~ {knot:.6g}" for knot in knots]


def _faint_scores(curves: np.ndarray, y: np.ndarray) -> np.ndarray:
    # A weak fit of the curves: one that follows the labels would leave the pairs nothing to explain.
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    return np.asarray(model.fit(curves, y).predict_proba(curves)[:, 1])
