"""A result and its details as one HTML file that needs nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rarefault.report import formats, roles, tables, verdict
from rarefault.report.checks import check_result
from rarefault.report.explanation import explanation
from rarefault.report.retraining import retraining
from rarefault.report.schema import TEST_METRICS

_SHOWN_ITEMS = 12


def render(result: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    """The report as HTML text.

    result: what result.json holds (see docs/result-json.md); raises ValueError where `check_result` does.
    details: the arrays behind the figures; every key may be missing, and so is then its section.
    """
    check_result(result)
    from rarefault.report.figures import draw_all  # matplotlib takes most of a second to import

    figures = {name: [Markup(svg) for svg in svgs] for name, svgs in draw_all(result, details).items()}
    page = environment().get_template("template.html.j2").render(figures=figures, **_view(result, details))
    return page.encode("utf-8", "replace").decode("utf-8")


def environment() -> Environment:
    """How pages are rendered; names of data sets, columns and classes come from outside and are escaped."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # names of data sets, columns and settings come from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        clean=formats.clean,
        sentence=formats.sentence,
        count=formats.count,
        percent=formats.percent,
        number=formats.number,
        seconds=formats.seconds,
        moment=formats.moment,
    )
    return made


def _view(result: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any]:
    data = result["data"]
    split = data["split"]
    return {
        "result": result,
        "data": data,
        "simulated": roles.is_simulated(data["notes"]),
        "split": formats.clean(split if isinstance(split, str) else _pairs(split)),
        "shown_items": _SHOWN_ITEMS,
        "total_seconds": sum(step["seconds"] for step in result["steps"] if not step["cached"]),
        "verdict": verdict.verdict(result),
        "generator_verdict": verdict.generator_verdict(result, details),
        "paper": roles.paper(result),
        "filter": result.get("filter"),
        "model": result.get("model"),
        "generator": result.get("generator"),
        "calls": verdict.calls(result),
        "objective": formats.clean(result.get("objective", ""), 40),
        "metric_titles": [tables.METRIC_TITLES[name] for name in TEST_METRICS],
        "strategies": tables.strategy_rows(result),
        "at_half": tables.half_rows(result),
        "half_titles": tables.half_titles(),
        "similarity": tables.similarity_rows(result),
        "similarity_titles": list(tables.SIMILARITY_TITLES.values()),
        "parts": tables.part_rows(data),
        "steps": tables.step_rows(result["steps"]),
        "best_settings": tables.best_settings(details),
        "trial_counts": tables.trial_counts(details),
        "lineage": list(tables.lineage_rows(result)),
        "settings": list(formats.flat(result["settings"])),
        "generator_settings": list(formats.flat((result.get("generator") or {"settings": {}})["settings"])),
        "explanation": explanation(result),
        "retraining": retraining(result),
    }


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {text}" for name, text in formats.flat(values))
