"""The terminal summary of a run: a few aligned lines of plain text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rarefault.report import degradation_text, image_text, roles
from rarefault.report.degradation_schema import PIPELINE as DEGRADATION
from rarefault.report.formats import clean, finite, probability, seconds
from rarefault.report.image_schema import PIPELINES as IMAGE_PIPELINES

Values = Mapping[str, Any]

_COLUMNS = ("", "strategy", "F2 [95 %]", "recall", "precision", "PR-AUC", "vs baseline", "P(better)")

_MOST_WARNINGS = 4
_OWN: Mapping[str, Any] = {**dict.fromkeys(IMAGE_PIPELINES, image_text), DEGRADATION: degradation_text}
"""The pipelines whose summaries have modules of their own."""


def render_text(result: Values) -> str:
    """The verdict, the model, the data and one line a strategy; no control characters, no trailing newline."""
    own = _OWN.get(result["pipeline"])
    facts = list(own.facts_of(result) if own else _facts(result))
    width = max(len(name) for name, _ in facts)
    lines = [f"{name:<{width}}  {text}" for name, text in facts]
    if own:
        lines += ["", *_aligned([own.COLUMNS, *own.rows_of(result)])]
    elif result.get("strategies"):
        lines += ["", *_aligned([_COLUMNS, *(_row(result, s) for s in result["strategies"])])]
    return "\n".join(line.rstrip() for line in lines)


def _facts(result: Values) -> Iterator[tuple[str, str]]:
    data = result["data"]
    spent = sum(step["seconds"] for step in result["steps"] if not step["cached"])
    yield "Run", f"{result['pipeline']} {clean(result['run_id'], 80)}, {seconds(spent)}"
    simulated = " (simulated)" if roles.is_simulated(data["notes"]) else ""
    yield "Data", f"{clean(data['name'], 80)}{simulated}: {data['rows']} rows, {data['faults']} faults, {_found(data)}"
    yield from (("Warning", clean(text)) for text in _warnings(data["warnings"]))
    if "decision" in result:
        yield "Decision", clean(result["decision"]["sentence"])
    chosen = roles.selected(result)
    if chosen is not None:
        yield "Verdict", clean(result["helped"]["sentence"])
        yield "Selected", f"{clean(chosen['title'], 100)}: {clean(result['selected_because'])}"
        yield "Test", ", ".join(f"{name} {_estimate(chosen['test'][name])}" for name in ("recall", "precision", "f2"))
        yield "Parts", _parts(chosen["confusion"])
    generator, model = result.get("generator"), result.get("model")
    if generator and chosen is None:
        yield "Generator", f"{_version(generator)}: {clean(generator['uri'])}"
    if model:
        yield "Model", f"{_version(model)}, {clean(model['alias']) or 'no alias'}: {clean(model['why'])}"
        yield "Address", clean(model["uri"])


def _version(registered: Values) -> str:
    return f"{clean(registered['name'])} version {clean(registered['version'])}"


def _found(data: Values) -> str:
    repairs, warnings = len(data["repairs"]), len(data["warnings"])
    words = f"{data['features']} features; {repairs} repair{'s'[: repairs != 1]}"
    return f"{words}, {warnings} warning{'s'[: warnings != 1]}"


def _warnings(texts: Sequence[str]) -> Sequence[str]:
    hidden = len(texts) - _MOST_WARNINGS
    return [*texts[:_MOST_WARNINGS], *([f"{hidden} more in the report"] if hidden > 0 else [])]


def _parts(counts: Values) -> str:
    faults, good = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"]
    return f"{counts['tp']} of {faults} faults found, {counts['fn']} missed, {counts['fp']} false alarms in {good} good"


def _estimate(estimate: Values) -> str:
    if not finite(estimate["value"]):
        return "-"
    value = f"{estimate['value']:.3f}"
    known = finite(estimate["low"]) and finite(estimate["high"])
    return f"{value} [{estimate['low']:.3f}, {estimate['high']:.3f}]" if known else value


def _plain(value: Any, form: str = ".3f") -> str:
    return format(value, form) if finite(value) else "-"


def _row(result: Values, strategy: Values) -> tuple[str, ...]:
    mark = "*" if strategy["name"] == result["selected"] else ""
    name, test, difference = clean(strategy["name"], 30), strategy["test"], strategy["inner_difference"] or {}
    if test is None:
        return mark, name, strategy["status"], "-", "-", "-", "-", "-"
    shown = [_plain(test[metric]["value"]) for metric in ("recall", "precision", "pr_auc")]
    gain = _plain(difference.get("value"), "+.3f")
    return mark, name, _estimate(test["f2"]), *shown, gain, probability(difference.get("p_better"))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with two spaces between columns: words to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [text.ljust(w) if i < 3 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))]
        yield "  ".join(cells)
