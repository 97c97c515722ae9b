"""Every figure of the report by name, as inline SVG; what has nothing to show is left out."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rarefault.report import roles
from rarefault.report.drift_figures import challenge, drift
from rarefault.report.error_figures import confusions, curves, thresholds
from rarefault.report.explanation_figures import effects, interactions, weights
from rarefault.report.formats import finite, probability, shorten, signed
from rarefault.report.generator_figures import history, importances, pca
from rarefault.report.svg import BLUE, INK, MUTED, VERMILLION, inline_svg, new_figure

Values = Mapping[str, Any]


def draw_all(result: Values, details: Values) -> dict[str, list[str]]:
    """The panels of every figure that has something to show, by name."""
    drawn: dict[str, str | list[str] | None] = {
        "drift": drift(result),
        "challenge": challenge(result),
        "forest": forest(result),
        "confusions": confusions(result),
        "curves": curves(result, details),
        "thresholds": thresholds(result, details),
        "weights": weights(result),
        "effects": effects(result),
        "interactions": interactions(result),
        "pca": pca(result, details),
        "history": history(details),
        "importances": importances(details),
    }
    return {name: [svg] if isinstance(svg, str) else svg for name, svg in drawn.items() if svg}


@inline_svg("Difference to the tuned baseline on the inner folds, with intervals, one row for each strategy.")
def forest(result: Values) -> Figure | None:
    """Difference to the tuned baseline on the inner folds, with its interval and P(better)."""
    rows = [s for s in result.get("strategies", ()) if _has_difference(s)]
    if not rows:
        return None
    figure = new_figure(9.2, 0.9 + 0.34 * len(rows))
    axes = figure.add_subplot()
    axes.axvline(0, color=MUTED, linewidth=1)
    for y, strategy in enumerate(rows):
        _forest_row(axes, y, strategy, strategy["name"] == result["selected"])
    axes.set_yticks(range(len(rows)), [shorten(s["title"], 48) for s in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(
        f"difference to the tuned baseline in {shorten(result['objective'], 40)} (left: worse, right: better)"
    )
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def _has_difference(strategy: Values) -> bool:
    difference = strategy["inner_difference"]
    return difference is not None and all(finite(difference[key]) for key in ("value", "low", "high"))


def _forest_row(axes: Axes, y: int, strategy: Values, selected: bool) -> None:
    d = strategy["inner_difference"]
    color = BLUE if selected else VERMILLION if roles.is_paper(strategy) else MUTED
    marker = "D" if selected else "s" if roles.is_paper(strategy) else "o"
    axes.plot([d["low"], d["high"]], [y, y], color=color, linewidth=2.2 if selected else 1.4)
    axes.plot(d["value"], y, marker=marker, markersize=6.5 if selected else 5, color=color)
    label = f"{signed(d['value'])}, P(better) {probability(d['p_better'])}"
    weight = "bold" if selected else "normal"
    axes.text(1.02, y, label, transform=axes.get_yaxis_transform(), va="center", color=INK, fontweight=weight)
