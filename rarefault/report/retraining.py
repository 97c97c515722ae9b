"""What the report of a retrain run says first: the decision, the drift, and challenger beside champion."""

from collections.abc import Mapping
from typing import Any

from rarefault.report.formats import (
    clean,
    count,
    finite,
    interval,
    number,
    percent,
    probability,
    quantity,
    sentence,
    signed,
)
from rarefault.report.tables import METRIC_TITLES

Values = Mapping[str, Any]

_HEADLINES = {
    "keep": "The champion stays.",
    "wait": "Retraining waits for labels.",
    "champion": "A new champion was trained.",
    "challenger": "A challenger was trained; the champion stays.",
}
_MOST_ROWS = 30


def retraining(result: Values) -> dict[str, Any] | None:
    """What the sections of a retrain run show, or None in a run of another pipeline."""
    if "decision" not in result:
        return None
    decision, model = result["decision"], result["model"]
    headline = _HEADLINES[(model["alias"] or "challenger") if model else decision["action"]]
    return {
        "headline": headline,
        "sentence": sentence(decision["sentence"]),
        "outcome": sentence(model["why"]) if model else "",
        "champion": f"{clean(result['champion']['name'])} version {clean(result['champion']['version'])}",
        "age": number(decision["age_days"], 1),
        "tiles": [
            _rows_tile(result["batches"]),
            _drift_tile(result["drift"]),
            _performance_tile(result["performance"]),
        ],
        "drift": _drift(result["drift"]),
        "performance": _performance(result["performance"]),
        "comparison": _comparison(result["comparison"]),
    }


def _rows_tile(batches: Values) -> dict[str, str]:
    files = f"from {count(batches['files'])} file{'s'[: batches['files'] != 1]}"
    return {
        "name": "New rows",
        "value": count(batches["new_rows"]),
        "words": f"{files}; {count(batches['new_labelled'])} of them have a label",
    }


def _drift_tile(drift: Values) -> dict[str, str]:
    if not drift["judged"]:
        return {"name": "Drifted features", "value": "–", "words": sentence(drift["reason"])}
    n = sum(feature["drifted"] for feature in drift["features"])
    rows = f"{count(drift['recent_rows'])} new rows against {count(drift['reference_rows'])} training rows"
    words = f"of {count(len(drift['features']))}; p {probability(drift['p'])}; {rows}"
    return {"name": "Drifted features", "value": count(n), "words": words}


def _performance_tile(performance: Values) -> dict[str, str]:
    name = f"{title(performance['metric'])} of the champion, new rows"
    if not performance["judged"]:
        return {"name": name, "value": "–", "words": sentence(performance["reason"])}
    found, before = performance["metrics"][performance["metric"]], performance["registered"]
    words = f"95 % interval {interval(found, 2)}; at registration {number(before['value'], 2)}"
    return {"name": name, "value": number(found["value"], 2), "words": words}


def title(metric: str) -> str:
    """What people call a metric."""
    return METRIC_TITLES.get(metric, clean(metric.replace("_", "-"), 40))


def _drift(drift: Values) -> dict[str, Any]:
    rows = [_feature_row(feature) for feature in drift["features"]]
    return {
        "judged": drift["judged"],
        "reason": sentence(drift["reason"]),
        "level": percent(drift["level"]),
        "block": count(drift["block"]),
        "rows": rows[:_MOST_ROWS],
        "more": rows[_MOST_ROWS:],
    }


def _feature_row(feature: Values) -> dict[str, Any]:
    return {
        "name": clean(feature["name"], 80),
        "drifted": feature["drifted"],
        "distance": number(feature["distance"]),
        "usual": number(feature["usual"]),
        "p": number(feature["p"]),
        "before": quantity(feature["reference"]["mean"], feature["unit"]),
        "now": quantity(feature["recent"]["mean"], feature["unit"]),
        "shift": signed(feature["shift"], 2),
        "missing": _missing(feature),
    }


def _missing(feature: Values) -> str:
    shares = [feature[part]["missing"] for part in ("reference", "recent")]
    return " → ".join(map(percent, shares)) if any(shares) else ""


def _performance(performance: Values) -> dict[str, Any] | None:
    metrics = performance["metrics"]
    if not metrics:
        return None
    change = performance["difference"]
    said = f"{signed(change['value'])} ({interval(change, sign=True)})" if change else ""
    return {
        "rows": count(performance["rows"]),
        "faults": count(performance["faults"]),
        "metric": title(performance["metric"]),
        "change": said,
        "dropped": performance["dropped"],
        "cells": [(title(name), number(found["value"]), interval(found)) for name, found in metrics.items()],
    }


def _comparison(comparison: Values | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    difference = comparison["difference"]
    if difference is None or not finite(difference["value"]):
        return {"said": "", "reason": sentence(f"Not compared: {comparison['reason']}."), "rows": []}
    ours, theirs = comparison["challenger_metrics"], comparison["champion_metrics"]
    return {
        "reason": "",
        "said": (
            f"{clean(comparison['metric'], 20)}: {signed(difference['value'])} for the challenger (95 % interval "
            f"{interval(difference, sign=True)}), P(better) {probability(difference['p_better'])}, on "
            f"{count(comparison['rows'])} untouched rows with {count(comparison['faults'])} faults."
        ),
        "rows": [(title(name), _cell(ours[name]), _cell(theirs[name])) for name in ours],
    }


def _cell(found: Values) -> dict[str, str]:
    return {"value": number(found["value"]), "interval": interval(found)}
