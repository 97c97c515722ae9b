"""The report of a degradation run as one HTML file that needs nothing else."""

from collections.abc import Mapping
from typing import Any

from rarefault.report import degradation_tables as rows_of
from rarefault.report import formats, roles, tables, verdict
from rarefault.report.checks import check_result
from rarefault.report.degradation_figures import draw_degradation, shown_machines
from rarefault.report.page import environment

Values = Mapping[str, Any]
_SHOWN_ITEMS = 12


def render_degradation(result: Values, details: Values) -> str:
    """The report as HTML text; `details` are what figures are drawn of (see `draw_degradation`).

    Raises ValueError where `check_result` does.
    """
    check_result(result)
    template = environment().get_template("degradation.html.j2")
    page = template.render(figures=draw_degradation(result, details), **_view(result))
    return page.encode("utf-8", "replace").decode("utf-8")


def _view(result: Values) -> dict[str, Any]:
    return {
        "result": result,
        "data": result["data"],
        "simulated": roles.is_simulated(result["data"]["notes"]),
        "shown_items": _SHOWN_ITEMS,
        "total_seconds": sum(step["seconds"] for step in result["steps"] if not step["cached"]),
        "finding": formats.sentence(formats.clean(result["finding"], 800)),
        "tiles": rows_of.tiles(result),
        "machines": rows_of.machine_rows(result),
        "drawn": len(shown_machines(result)),
        "rivals": rows_of.rival_rows(result),
        "severity": rows_of.severity_tables(result),
        "threshold": {
            "value": formats.quantity(result["threshold"]["value"]),
            "confidence": formats.percent(result["threshold"]["confidence"]),
        },
        "model": result["model"],
        "calls": [*verdict.calls(result), *_monitoring(result)],
        "steps": tables.step_rows(result["steps"]),
        "lineage": list(rows_of.lineage_rows(result)),
        "settings": list(formats.flat(result["settings"])),
        "indicator_settings": list(formats.flat(result["indicator"]["settings"])),
        "threshold_settings": list(formats.flat(result["threshold"]["settings"])),
    }


def _monitoring(result: Values) -> list[tuple[str, str]]:
    folder = formats.clean(result["deploy"]["model_folder"])
    return [("Watch a folder where new snapshots are dropped", f"rarefault monitor FOLDER --model {folder}")]
