"""The tables of the report as rows of plain text, ready for the template."""

from collections.abc import Iterator, Mapping
from typing import Any

from rarefault.report import roles
from rarefault.report.formats import (
    DASH,
    clean,
    finite,
    flat,
    interval,
    number,
    percent,
    probability,
    seconds,
    sentence,
    signed,
)
from rarefault.report.schema import SIMILARITY_METRICS, TEST_METRICS

Values = Mapping[str, Any]
Cell = dict[str, str]

METRIC_TITLES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "f2": "F2",
    "g_mean": "G\u2011mean",
    "pr_auc": "PR\u2011AUC",
}
SIMILARITY_TITLES = {
    "ks_complement": ("KS-C", "1 is alike"),
    "correlation_similarity": ("CS", "1 is alike"),
    "wasserstein": ("WD", "0 is alike"),
    "jensen_shannon": ("JS", "0 is alike"),
    "copy_share": ("Copies", "share of rows"),
}
_STATUS_WORDS = {"dropped": "stopped early", "failed": "failed", "fell-back": "fell back"}
_OBJECTIVES = {
    "wasserstein": "Wasserstein distance, lower is better",
    "inner-f2": "1 \u2212 F2 on the inner folds, lower is better",
}
_HALF_METRICS = ("accuracy", "precision", "recall", "f1", "f2", "g_mean")


def cell(estimate: Values | None) -> Cell:
    """A value with its interval."""
    return {"value": number(estimate["value"]) if estimate else DASH, "interval": interval(estimate, digits=2)}


def strategy_rows(result: Values) -> list[dict[str, Any]]:
    """Table II: every candidate on the test rows, and beside the tuned baseline on the inner folds."""
    return [_strategy_row(result, strategy) for strategy in result.get("strategies", ())]


def _strategy_row(result: Values, strategy: Values) -> dict[str, Any]:
    difference = strategy["inner_difference"]
    return {
        "title": clean(strategy["title"], 80),
        "parts": _parts(strategy),
        "badges": _badges(result, strategy),
        "selected": strategy["name"] == result["selected"],
        "failed": strategy["test"] is None,
        "reason": sentence(strategy["reason"])[:300],
        "threshold": number(strategy["threshold"]),
        "cells": [cell((strategy["test"] or {}).get(name)) for name in TEST_METRICS],
        "inner": cell(inner_objective(result, strategy["inner"])),
        "difference": {
            "value": signed(difference["value"]) if difference else DASH,
            "interval": interval(difference, sign=True),
        },
        "p_better": probability(difference["p_better"]) if difference else DASH,
        "seconds": seconds(strategy["seconds"]),
    }


def inner_objective(result: Values, inner: Values | None) -> Values | None:
    """The estimate, among the inner-fold metrics, of what the run's thresholds were tuned for."""
    inner = inner or {}
    return inner.get("f2") if result["objective"] == "F2" else inner.get("objective", inner.get("f2"))


def _parts(strategy: Values) -> str:
    """Generator and filter, unless the title already names them."""
    parts = [part for part in (strategy["generator"], strategy["filter"]) if part]
    title = _letters(strategy["title"])
    return "" if all(_letters(part) in title for part in parts) else clean(" + ".join(parts), 60)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _badges(result: Values, strategy: Values) -> list[tuple[str, str]]:
    """(kind, words) of what is special about a strategy."""
    badges = []
    if strategy["name"] == result["selected"]:
        badges.append(("selected", "selected"))
    if strategy["name"] == result["baseline"]:
        badges.append(("baseline", "baseline"))
    if roles.is_paper(strategy):
        badges.append(("paper", "the paper's"))
    if strategy["status"] in _STATUS_WORDS:
        badges.append(("status", _STATUS_WORDS[strategy["status"]]))
    return badges


def half_rows(result: Values) -> list[dict[str, Any]]:
    """The same models at threshold 0.5, as the paper reports them; empty where none was measured there."""
    return [
        {
            "title": clean(s["title"], 80),
            "badges": [badge for badge in _badges(result, s) if badge[0] != "status"],
            "selected": s["name"] == result["selected"],
            "cells": [cell(s["test_at_half"].get(name)) for name in _HALF_METRICS],
        }
        for s in result.get("strategies", ())
        if s["test_at_half"]
    ]


def half_titles() -> list[str]:
    """The column titles of `half_rows`."""
    return [METRIC_TITLES[name] for name in _HALF_METRICS]


def similarity_rows(result: Values) -> list[dict[str, Any]]:
    """Table I: each generator against held-out real rows, with the real-half-versus-real-half figure beside it."""
    return [
        {
            "generator": clean(roles.title(result, row["generator"]), 60),
            "label": "faulty rows" if row["label"] == "fault" else "all rows",
            "cells": [_pair(row["metrics"][name], name) for name in SIMILARITY_METRICS],
        }
        for row in result["similarity"]
    ]


def _pair(pair: Values, name: str) -> Cell:
    show = percent if name == "copy_share" else number
    return {"value": show(pair["value"]), "reference": show(pair["reference"])}


def part_rows(data: Values) -> list[tuple[str, Any, Any, str]]:
    """(part, rows, faults, share of faults) of the whole table, and of its parts where it was split."""
    parts = [("All rows", data["rows"], data["faults"])]
    if data["test_rows"]:
        parts.append(("Training", data["train_rows"], data["train_faults"]))
        parts.append(("Test, set aside at ingest", data["test_rows"], data["test_faults"]))
    return [(name, rows, faults, percent(faults / rows) if rows else DASH) for name, rows, faults in parts]


def step_rows(steps: list[Values]) -> list[dict[str, Any]]:
    """Each step with its share of the longest step, for a bar."""
    longest = max((step["seconds"] for step in steps), default=0.0)
    return [
        {
            "name": clean(step["name"], 60),
            "seconds": "from the cache" if step["cached"] else seconds(step["seconds"]),
            "width": 0 if step["cached"] or not longest else round(100 * step["seconds"] / longest, 1),
            "memory": f"{step['peak_memory_mb']:.0f} MB" if finite(step["peak_memory_mb"]) else DASH,
        }
        for step in steps
    ]


def best_settings(details: Values) -> list[tuple[str, str]]:
    """The settings of the best trial of the search."""
    study = details.get("study") or {}
    best = next((t for t in study.get("trials") or [] if t["number"] == study.get("best")), None)
    return list(flat(best["params"])) if best else []


def objective_title(study: Values, limit: int = 80) -> str:
    """What the search's objective is called on the page."""
    name = str(study.get("objective", "objective"))
    return clean(_OBJECTIVES.get(name, name), limit)


def trial_counts(details: Values) -> str:
    """How many trials ran and how they ended: `20 trials: 12 complete, 8 pruned`."""
    trials = (details.get("study") or {}).get("trials") or []
    states = [str(trial["state"]).lower() for trial in trials]
    ended = ", ".join(f"{states.count(state)} {clean(state, 20)}" for state in dict.fromkeys(states))
    return f"{len(trials)} trials: {ended}" if trials else ""


def lineage_rows(result: Values) -> Iterator[tuple[str, str]]:
    """(what, value) pairs that name everything the run was made from."""
    yield "Run", clean(result["run_id"])
    yield "Code version", clean(result["code_version"])
    yield "Seed", str(result["seed"])
    yield "Data fingerprint", clean(result["data"]["fingerprint"])
    generator, model = result.get("generator"), result.get("model")
    if generator:
        origin = "trained in this run" if generator["trained_here"] else "from the registry"
        yield "Generator", f"{clean(generator['name'])} version {clean(generator['version'])}, {origin}"
        yield "Generator address", clean(generator["uri"])
    if model:
        yield "Model", f"{clean(model['name'])} version {clean(model['version'])}"
        yield "Model address", clean(model["uri"])
        yield "Registry", clean(model["registry"])
