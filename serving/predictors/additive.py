"""Curves and maps of interacting pairs, as sums of ramps.

A ramp climbs from 0 to 1 between two neighbouring knots. A broken line is its first value plus, for each piece, the
change along it times its ramp; a bilinear map adds products of two ramps, each times the mixed change in its cell. So
a model of any number of curves is two dot products, with no search for the right piece and nothing to cancel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from serving.errors import BrokenModel
from serving.predictors.logistic import logistic
from serving.predictors.weights import Weights, file_of

_CELLS = 1 << 16
"""How many ramps and products are evaluated at once: half a megabyte, which stays in the processor's cache."""


@dataclass(frozen=True)
class Additive:
    """Log-odds = intercept + ramps . ramp_weight + (ramps[left] * ramps[right]) . pair_weight.

    A ramp is clip((s - start) / width, 0, 1) of its feature's score s = (x - centre) / scale. centre and scale:
    (n_features,); feature, start, width and ramp_weight: (n_ramps,); left, right and pair_weight: (n_products,).
    A category's score is its level's index, so that ramps between neighbouring indices give any value a level.
    """

    intercept: float
    centre: np.ndarray
    scale: np.ndarray
    feature: np.ndarray
    start: np.ndarray
    width: np.ndarray
    ramp_weight: np.ndarray
    left: np.ndarray
    right: np.ndarray
    pair_weight: np.ndarray

    @classmethod
    def read(cls, spec: Mapping[str, Any], files: Mapping[str, bytes], n_features: int) -> Self:
        """Read the weights; raises BrokenModel for missing, misshapen or non-finite ones."""
        weights = Weights(file_of(spec, files))
        feature = weights.indices("feature", below=n_features)
        left = weights.indices("left", below=len(feature))
        model = cls(
            float(weights.numbers("intercept", 1)[0]),
            weights.numbers("centre", n_features),
            weights.numbers("scale", n_features),
            feature,
            weights.numbers("start", len(feature)),
            weights.numbers("width", len(feature)),
            weights.numbers("ramp_weight", len(feature)),
            left,
            weights.indices("right", below=len(feature), n=len(left)),
            weights.numbers("pair_weight", len(left)),
        )
        model._check()
        return model

    def _check(self) -> None:
        if (self.scale <= 0).any() or (self.width <= 0).any():
            raise BrokenModel("the weights 'scale' and 'width' must be > 0")
        with np.errstate(over="ignore"):
            largest = np.abs(self.ramp_weight).sum() + np.abs(self.pair_weight).sum() + abs(self.intercept)
        if not np.isfinite(largest):
            raise BrokenModel("the weights are so large that their sum is not finite")

    def probabilities(self, matrix: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of matrix (n, n_features); (n,)."""
        at_once = max(1, _CELLS // (len(self.feature) + len(self.left) + 1))
        if len(matrix) <= at_once:
            return logistic(self._log_odds(matrix))
        starts = range(0, len(matrix), at_once)
        return logistic(np.concatenate([self._log_odds(matrix[i : i + at_once]) for i in starts]))

    def _log_odds(self, matrix: np.ndarray) -> np.ndarray:
        # Features and ramps lie along the first axis, so that each is constant over a run of rows in memory.
        with np.errstate(over="ignore"):  # a value beyond every knot may become inf, which is clipped to 1
            scores = (matrix - self.centre) / self.scale
            ramps = np.ascontiguousarray(scores.T).take(self.feature, axis=0)  # (n_ramps, n)
            ramps -= self.start[:, None]
            ramps /= self.width[:, None]
        np.maximum(ramps, 0.0, out=ramps)
        np.minimum(ramps, 1.0, out=ramps)
        z = np.dot(self.ramp_weight, ramps)
        z += self.intercept
        if len(self.left):
            products = ramps.take(self.left, axis=0)  # (n_products, n)
            products *= ramps.take(self.right, axis=0)
            z += np.dot(self.pair_weight, products)
        return np.asarray(z)
