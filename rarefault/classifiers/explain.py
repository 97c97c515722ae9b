"""Why a classifier says fault: its coefficients or curves where it is a sum, permutation importance elsewhere."""

from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.columns import encoded_columns
from rarefault.classifiers.contributions import contributions, is_additive
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table


def explain(model: FaultClassifier, train: Table, test: Table, seed: int = 0) -> dict[str, Any]:
    """The explanation of a fitted model as result.json holds it; lists are sorted by weight, empty for other kinds.

    kind "coefficients": what a linear model adds to the log-odds; "curves": what an additive one adds, with the
    training rows beside it; "importances": how much PR-AUC is lost on the test rows when one column is shuffled.
    """
    found: dict[str, Any] = {"intercept": None, "coefficients": [], "curves": [], "pairs": [], "importances": []}
    estimator = model.pipeline_.named_steps["classify"]
    if is_additive(estimator):
        return {"kind": "curves", **found, **contributions(model, train)}
    if hasattr(estimator, "coef_"):
        intercept = float(np.ravel(estimator.intercept_)[0])
        return {"kind": "coefficients", **found, "intercept": intercept, "coefficients": _coefficients(model)}
    return {"kind": "importances", **found, "importances": _importances(model, test.X, test.y, seed)}


def _units(model: FaultClassifier) -> dict[str, str]:
    return {column.name: column.unit for column in model.schema.columns}


def _coefficients(model: FaultClassifier) -> list[dict[str, Any]]:
    """Log-odds = intercept + sum of per_unit * (value - mean); a level of a category counts as 1 or 0."""
    units, steps = _units(model), model.pipeline_.named_steps
    rows = [
        {
            "name": column.name,
            "level": column.level,
            "unit": units[column.name],
            "weight": float(weight),
            "mean": column.mean,
            "spread": column.spread if column.level is None else None,
            "per_unit": float(weight) / column.spread,
        }
        for column, weight in zip(encoded_columns(steps["encode"]), np.ravel(steps["classify"].coef_), strict=True)
    ]
    return sorted(rows, key=lambda row: -abs(row["weight"]))


def _importances(model: FaultClassifier, X: pd.DataFrame, y: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Mean, smallest and largest loss of PR-AUC over a few shuffles of each column (Breiman, 2001)."""
    from sklearn.metrics import average_precision_score

    rng, units = np.random.default_rng(seed), _units(model)
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
        rows.append({"name": name, "unit": units[name], "weight": float(np.mean(losses)), "low": low, "high": high})
    return sorted(rows, key=lambda row: -row["weight"])


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
