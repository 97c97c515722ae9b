"""The terminal summary of an image run: a few aligned lines of plain text."""

from collections.abc import Iterator, Mapping
from typing import Any

from rarefault.report import roles
from rarefault.report.formats import clean, finite, probability, seconds

Values = Mapping[str, Any]
_MOST_WARNINGS = 4


def facts_of(result: Values) -> Iterator[tuple[str, str]]:
    """(what, text) of the first lines: run, data, warnings, verdict, test, model."""
    data, test, defects = result["data"], result["test"], result["defects"]
    spent = sum(step["seconds"] for step in result["steps"] if not step["cached"])
    simulated = " (simulated)" if roles.is_simulated(data["notes"]) else ""
    counts = ", ".join(f"{row['train'] + row['test']} {clean(row['name'], 40)}" for row in data["classes"])
    yield "Run", f"{result['pipeline']} {clean(result['run_id'], 80)}, {seconds(spent)}"
    yield "Data", f"{clean(data['name'], 80)}{simulated}: {data['images']} images ({counts})"
    yield from (("Warning", clean(text)) for text in data["warnings"][:_MOST_WARNINGS])
    yield "Verdict", clean(result["helped"]["sentence"])
    yield "Selected", clean(result["selected_because"])
    yield "Test", ", ".join(f"{name} {_estimate(test[key])}" for name, key in _SHOWN)
    if defects:
        found = defects["count"] - defects["missed"]
        clean_images = data["test_images"] - defects["count"]
        alarms = f"{defects['false_alarms']} false alarms in {clean_images} clean images"
        yield "Images", f"{found} of {defects['count']} defects found, {defects['missed']} missed, {alarms}"
    model = result["model"]
    yield "Model", f"{clean(model['name'])} version {clean(model['version'])}, {model['alias']}: {clean(model['why'])}"
    yield "Address", clean(model["uri"])


_SHOWN = (("macro F1", "macro_f1"), ("accuracy", "accuracy"))
COLUMNS = ("", "strategy", "inner macro F1", "vs yardstick", "P(better)")


def rows_of(result: Values) -> Iterator[tuple[str, ...]]:
    """A line for each strategy of the inner folds."""
    for strategy in result["strategies"]:
        difference = strategy["inner_difference"] or {}
        inner = (strategy["inner"] or {}).get("macro_f1")
        value = difference.get("value")
        yield (
            "*" if strategy["name"] == result["selected"] else "",
            clean(strategy["name"], 30),
            _estimate(inner) if inner else strategy["status"],
            f"{value:+.3f}" if finite(value) else "-",
            probability(difference.get("p_better")),
        )


def _estimate(estimate: Values) -> str:
    if not finite(estimate["value"]):
        return "-"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
