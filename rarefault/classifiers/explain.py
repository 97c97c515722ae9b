"""Why a classifier says fault: coefficients where it has them, permutation importance elsewhere."""

from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.table import FaultClassifier

COEFFICIENT = "coefficient (per standard deviation)"
PERMUTATION = "permutation importance (loss of PR-AUC)"


def explain(model: FaultClassifier, X: pd.DataFrame, y: np.ndarray, seed: int = 0) -> tuple[str, list[dict[str, Any]]]:
    """What kind of weights, and one row per feature: feature, unit, weight (and low, high for importances).

    Coefficients are log-odds of a fault per standard deviation of the feature; importances are how much PR-AUC is
    lost on rows X (n, d), y (n,) when one feature is shuffled (Breiman, 2001), with the spread of the shuffles.
    """
    units = {column.name: column.unit for column in model.schema.columns}
    estimator = model.pipeline_.named_steps["classify"]
    names = _encoded_names(model)
    coefficients = np.ravel(getattr(estimator, "coef_", []))
    if len(coefficients) == len(names):
        rows = [
            {"feature": n, "unit": units.get(n, ""), "weight": float(w)}
            for n, w in zip(names, coefficients, strict=True)
        ]
        return COEFFICIENT, sorted(rows, key=lambda row: -abs(row["weight"]))
    return PERMUTATION, _permutation(model, X, y, units, seed)


def _encoded_names(model: FaultClassifier) -> list[str]:
    return [str(name) for name in model.pipeline_.named_steps["encode"].get_feature_names_out()]


def _permutation(
    model: FaultClassifier, X: pd.DataFrame, y: np.ndarray, units: dict[str, str], seed: int
) -> list[dict[str, Any]]:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(seed)
    X, y = _thinned(X, y, rng)
    whole = average_precision_score(y, model.scores(X))
    repeats = 5 if X.shape[1] <= 20 else 2
    rows = []
    for name in X.columns:
        losses = []
        for _ in range(repeats):
            shuffled = X.assign(**{name: X[name].to_numpy()[rng.permutation(len(X))]})
            shuffled[name] = shuffled[name].astype(X[name].dtype)
            losses.append(whole - average_precision_score(y, model.scores(shuffled)))
        low, high = float(min(losses)), float(max(losses))
        rows.append(
            {"feature": name, "unit": units.get(name, ""), "weight": float(np.mean(losses)), "low": low, "high": high}
        )
    return sorted(rows, key=lambda row: -abs(row["weight"]))


def _thinned(
    X: pd.DataFrame, y: np.ndarray, rng: np.random.Generator, most: int = 600
) -> tuple[pd.DataFrame, np.ndarray]:
    """At most `most` rows, every fault among them: importance needs no more."""
    if len(X) <= most:
        return X, y
    faults = np.flatnonzero(y == 1)[: most // 2]
    good = rng.permutation(np.flatnonzero(y == 0))[: most - len(faults)]
    rows = np.sort(np.concatenate([faults, good]))
    return X.iloc[rows], y[rows]
