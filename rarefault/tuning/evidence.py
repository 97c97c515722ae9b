"""What the inner folds say of one strategy, beside the tuned baseline on the same folds."""

from typing import Any

import numpy as np

from rarefault.tuning.comparison import (
    InnerScores,
    Objective,
    compare_folds,
    fold_metrics,
    mean_with_interval,
    objectives,
)
from rarefault.tuning.strategies import STRATEGIES


def evidence(
    name: str, y: np.ndarray, inner: InnerScores, yardstick: InnerScores | None, objective: Objective, seed: int
) -> dict[str, Any]:
    """Means and intervals over the folds of strategy `name`, and its difference to the tuned baseline `yardstick`."""
    strategy = STRATEGIES[name]
    rows = fold_metrics(y, inner, objective, strategy.threshold == "tuned")
    difference = None
    if yardstick is not None:
        theirs = fold_metrics(y, yardstick.only(inner), objective, tuned=True)
        difference = compare_folds(objectives(rows), objectives(theirs), inner.folds_per_repeat, seed)
    return {
        "name": name,
        "inner": {key: mean_with_interval([row[key] for row in rows], seed) for key in rows[0]},
        "inner_difference": difference,
        "folds_tried": len(rows),
        "stopped_early": not inner.complete,
    }
