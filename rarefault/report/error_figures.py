"""What the models get right and wrong: confusion matrices, ROC and precision-recall curves, the threshold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from rarefault.report import roles
from rarefault.report.formats import finite, shorten
from rarefault.report.svg import AMBER, BLUE, GREY, INK, MUTED, VERMILLION, inline_svg, inline_svgs, new_figure

Values = Mapping[str, Any]

_MAX_POINTS = 2000  # matplotlib merges those that a pixel cannot tell apart


@inline_svgs
def confusions(result: Values) -> list[tuple[str, Figure]]:
    """Counts on the test rows for the untouched data, the paper's configuration and the selected strategy."""
    shown = _distinct([roles.untouched(result), roles.paper(result), roles.selected(result)])
    panels = []
    for strategy in shown:
        if strategy["confusion"]:
            figure = new_figure(3.05, 2.75)
            _confusion(figure.add_subplot(), strategy, strategy["name"] == result["selected"])
            panels.append((f"Confusion matrix on the test parts: {shorten(strategy['title'], 80)}.", figure))
    return panels


def _distinct(strategies: Sequence[Values | None]) -> list[Values]:
    return list({s["name"]: s for s in strategies if s is not None}.values())


def _confusion(axes: Axes, strategy: Values, selected: bool) -> None:
    counts = strategy["confusion"]
    matrix = np.array([[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]], dtype=float)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    scale = LinearSegmentedColormap.from_list("scale", ["#f4f7fa", BLUE if selected else "#8c9cab"])
    axes.imshow(shares, cmap=scale, vmin=0, vmax=1, aspect="auto")
    names = (("good, passed", "false alarm"), ("missed fault", "found fault"))
    for (row, column), share in np.ndenumerate(shares):
        color = _readable_on(scale(float(share)))
        n = int(matrix[row, column])
        axes.text(column, row - 0.1, f"{n}", ha="center", va="center", color=color, fontsize=14, fontweight="bold")
        axes.text(column, row + 0.2, names[row][column], ha="center", va="center", color=color, fontsize=8)
    axes.set_xticks([0, 1], ["good", "faulty"])
    axes.set_yticks([0, 1], ["good", "faulty"], rotation=90, va="center")
    axes.set_xlabel("what the model says")
    axes.set_ylabel("what the part is")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(shorten(strategy["title"], 34), fontweight="bold" if selected else "normal")


def _readable_on(background: Sequence[float]) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2 relative luminance)."""
    r, g, b = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in background[:3])
    return "white" if 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.21 else INK


@inline_svgs
def curves(result: Values, details: Values) -> list[tuple[str, Figure]]:
    """ROC and precision-recall curves on the test rows; the selected strategy's operating point is marked."""
    data = details.get("curves") or {}
    if not any(_points(c.get(kind)).size for c in data.values() for kind in ("roc", "pr")):
        return []
    figures = new_figure(4.6, 4.1), new_figure(4.6, 4.1)
    roc, pr = (figure.add_subplot() for figure in figures)
    twin = "untouched" if result["selected"] == result["baseline"] else result["baseline"]  # one model, two thresholds
    drawn = [s for s in result.get("strategies", ()) if s["name"] != twin]
    for strategy in sorted(drawn, key=lambda s: s["name"] == result["selected"]):
        style = _curve_style(result, strategy)
        for axes, kind in ((roc, "roc"), (pr, "pr")):
            points = _points(data.get(strategy["name"], {}).get(kind))
            if points.size:
                axes.plot(points[:, 0], points[:, 1], **style)
    roc.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":", label="guessing")
    rate = result["data"]["test_faults"] / max(result["data"]["test_rows"], 1)
    pr.axhline(rate, color=MUTED, linewidth=0.8, linestyle=":")
    _operating_points(roc, pr, roles.selected(result))
    _unit_square(roc, "share of good parts with a false alarm", "share of faulty parts found (recall)", "ROC curve")
    _unit_square(pr, "share of faulty parts found (recall)", "share of alarms that are right (precision)", "PR curve")
    handles, labels = roc.get_legend_handles_labels()
    unique = dict(zip(reversed(labels), reversed(handles), strict=True))
    roc.legend(unique.values(), unique.keys(), loc="lower right", frameon=True, edgecolor="none", framealpha=0.85)
    names = ("ROC curves", "Precision-recall curves")
    alts = (f"{name} of every strategy on the test parts, with the chosen operating point." for name in names)
    return list(zip(alts, figures, strict=True))


def _points(values: Any, width: int = 2) -> np.ndarray:
    """Rows (n, width) whose first value is finite, in their order, thinned to what a page can show."""
    points = np.array([] if values is None else values, dtype=float).reshape(-1, width)
    points = points[np.isfinite(points[:, 0])]  # a curve may start at an infinite threshold
    kept = np.unique(np.linspace(0, len(points) - 1, min(len(points), _MAX_POINTS)).astype(int))
    return np.asarray(points[kept])


def _curve_style(result: Values, strategy: Values) -> dict[str, Any]:
    title = shorten(strategy["title"], 40)
    if strategy["name"] == result["selected"]:
        return {"color": BLUE, "linewidth": 2.2, "label": f"selected: {title}", "zorder": 4}
    if roles.is_paper(strategy):
        return {"color": VERMILLION, "linewidth": 1.4, "linestyle": "-.", "label": title, "zorder": 3}
    if strategy["name"] == "untouched":
        return {"color": INK, "linewidth": 1.2, "linestyle": "--", "label": title, "zorder": 3}
    return {"color": GREY, "linewidth": 1, "label": "other strategies"}


def _operating_points(roc: Axes, pr: Axes, strategy: Values | None) -> None:
    counts = strategy["confusion"] if strategy else None
    if not counts:
        return
    recall = counts["tp"] / max(counts["tp"] + counts["fn"], 1)
    alarms = counts["fp"] / max(counts["fp"] + counts["tn"], 1)
    precision = counts["tp"] / max(counts["tp"] + counts["fp"], 1)
    marker: dict[str, Any] = {
        "marker": "o",
        "markersize": 9,
        "markerfacecolor": "white",
        "markeredgewidth": 2,
        "linestyle": "none",
    }
    for axes, x, y in ((roc, alarms, recall), (pr, recall, precision)):
        axes.plot(x, y, color=BLUE, label="chosen operating point", zorder=5, clip_on=False, **marker)


def _unit_square(axes: Axes, x: str, y: str, title: str = "") -> None:
    axes.set(xlim=(0, 1.005), ylim=(0, 1.02), xlabel=x, ylabel=y)
    axes.set_title(title, fontweight="bold")
    axes.grid()


@inline_svg("Precision, recall and F-score of the selected strategy at every decision threshold.")
def thresholds(result: Values, details: Values) -> Figure | None:
    """Precision, recall and F-beta of the selected strategy against its decision threshold."""
    strategy = roles.selected(result)
    data = (details.get("curves") or {}).get(result.get("selected"), {})
    points = _points(data.get("thresholds"), width=4)
    if strategy is None or not points.size:
        return None
    points = points[np.argsort(points[:, 0], kind="stable")]
    figure = new_figure(9.2, 3.3)
    axes = figure.add_subplot()
    lines = (("recall", 2, BLUE, "--"), ("precision", 1, AMBER, "-."), (f"F{result['beta']:g}", 3, INK, "-"))
    for name, column, color, dashes in lines:
        axes.plot(points[:, 0], points[:, column], color=color, linestyle=dashes, linewidth=1.8, label=name)
    if finite(strategy["threshold"]):
        axes.axvline(strategy["threshold"], color=MUTED, linewidth=1.2)
        axes.annotate(
            f"chosen threshold {strategy['threshold']:.3f}",
            (strategy["threshold"], 1.03),
            xytext=(4 if strategy["threshold"] < 0.75 else -4, 0),
            textcoords="offset points",
            ha="left" if strategy["threshold"] < 0.75 else "right",
            annotation_clip=False,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="on the test parts (1 is best)")
    axes.set_xlabel("decision threshold on the predicted fault probability")
    axes.grid()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return figure
