"""Has the champion become worse? Its figures on new labelled rows beside those it was registered with."""

import math
from collections.abc import Mapping
from typing import Any

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table
from rarefault.metrics.detection import bootstrap_intervals
from rarefault.tuning.comparison import f_name

FEWEST_FAULTS = 10
"""Of fewer faulty rows nothing is said."""
_SHOWN = ("recall", "precision", "pr_auc")

Estimates = Mapping[str, Mapping[str, float]]


def measure(
    model: FaultClassifier,
    rows: Table,
    registered: Estimates,
    *,
    beta: float = 2.0,
    max_drop: float = 0.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Figures of `model` on new labelled rows, and whether F-beta has dropped since `registered`; plain values.

    It has dropped if the whole 95 % interval of the difference lies below -max_drop; the interval holds the chance in
    the new rows and in the rows it was registered with. With fewer than 10 faults, or good rows, nothing is judged.
    """
    metric = f_name(beta)
    facts: dict[str, Any] = {"metric": metric, "rows": len(rows), "faults": rows.faults, "max_drop": max_drop}
    if min(rows.faults, len(rows) - rows.faults) < FEWEST_FAULTS:
        return {**facts, **unjudged(f"only {rows.faults} of {len(rows)} new labelled rows are faulty")}
    found = bootstrap_intervals(rows.y, model.scores(rows.X), model.threshold, seed=seed, beta=beta)
    metrics = {name: found[name] for name in (metric, *_SHOWN)}
    if metric not in registered:
        return {**facts, **unjudged(f"the champion was registered without {metric}"), "metrics": metrics}
    before = registered[metric]
    difference = _difference(found[metric], before)
    return {
        **facts,
        "judged": True,
        "reason": "",
        "dropped": difference["high"] < -max_drop,
        "metrics": metrics,
        "registered": dict(before),
        "difference": difference,
    }


def unjudged(reason: str) -> dict[str, Any]:
    """What `measure` says where nothing can be judged."""
    return {
        "judged": False,
        "reason": reason,
        "dropped": False,
        "metrics": None,
        "registered": None,
        "difference": None,
    }


def _difference(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Now minus before with the 95 % interval of two independent estimates (half widths add as variances do)."""
    value = now["value"] - before["value"]
    half = math.hypot(*((part["high"] - part["low"]) / 2.0 for part in (now, before)))
    return {"value": value, "low": value - half, "high": value + half}
