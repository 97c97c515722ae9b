"""The figures of a retrain run: how far each feature has drifted, and challenger beside champion."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from rarefault.report.formats import shorten
from rarefault.report.retraining import title
from rarefault.report.svg import BLUE, INK, MUTED, SLATE, VERMILLION, inline_svg, new_figure

Values = Mapping[str, Any]

_MOST = 20
_SIDES = (("challenger_metrics", "challenger", BLUE, "D", -0.14), ("champion_metrics", "champion", SLATE, "o", 0.14))


@inline_svg("Distance of each feature's new rows from the training rows, beside what is usual without drift.")
def drift(result: Values) -> Figure | None:
    """The features that have moved most, and how far rows of the same line are apart without drift."""
    features = (result.get("drift") or {"features": []})["features"][:_MOST]
    if not features:
        return None
    figure = new_figure(9.2, 0.9 + 0.26 * len(features))
    axes = figure.add_subplot()
    for y, feature in enumerate(features):
        color = VERMILLION if feature["drifted"] else SLATE
        axes.plot([feature["usual"], feature["distance"]], [y, y], color=color, linewidth=1.4)
        axes.plot(feature["usual"], y, marker="|", markersize=9, color=MUTED)
        axes.plot(feature["distance"], y, marker="D" if feature["drifted"] else "o", markersize=5.5, color=color)
    axes.set_yticks(range(len(features)), [shorten(feature["name"], 44) for feature in features])
    axes.set_ylim(len(features) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("largest difference of the distribution functions (0: alike, 1: nothing in common)")
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


@inline_svg("Metrics of challenger and champion on the same untouched rows, with intervals.")
def challenge(result: Values) -> Figure | None:
    """Challenger and champion side by side, each metric with its 95 % interval."""
    comparison = result.get("comparison")
    if not comparison or not comparison["difference"]:
        return None
    names = list(comparison["challenger_metrics"])
    figure = new_figure(9.2, 1.1 + 0.5 * len(names))
    axes = figure.add_subplot()
    for part, label, color, marker, offset in _SIDES:
        for k, name in enumerate(names):
            found, y = comparison[part][name], k + offset
            axes.plot([found["low"], found["high"]], [y, y], color=color, linewidth=2)
            axes.plot(found["value"], y, marker=marker, color=color, markersize=6, label=label if k == 0 else None)
    axes.set_yticks(range(len(names)), [title(name) for name in names], color=INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure
