"""The figures of the verdict, each one inline SVG; what has nothing to show is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from rarefault.report import roles
from rarefault.report.formats import clean, finite, probability, signed
from rarefault.report.generator_figures import history, importances, pca
from rarefault.report.svg import AMBER, BLUE, GREY, INK, MUTED, VERMILLION, inline_svg, new_figure

Values = Mapping[str, Any]

_MAX_POINTS = 2000  # matplotlib merges those that a pixel cannot tell apart
_MAX_FEATURES = 15


def draw_all(result: Values, details: Values) -> dict[str, str]:
    """Every figure that has something to show, by name."""
    drawn = {
        "forest": forest(result),
        "confusions": confusions(result),
        "curves": curves(result, details),
        "thresholds": thresholds(result, details),
        "explanation": explanation(details),
        "pca": pca(details),
        "history": history(details),
        "importances": importances(details),
    }
    return {name: svg for name, svg in drawn.items() if svg is not None}


@inline_svg("Difference in F2 to the tuned baseline on the inner folds, with intervals, one row for each strategy.")
def forest(result: Values) -> Figure | None:
    """F2 difference to the tuned baseline on the inner folds, with its interval and P(better)."""
    rows = [s for s in result.get("strategies", ()) if _has_difference(s)]
    if not rows:
        return None
    figure = new_figure(9.2, 0.9 + 0.34 * len(rows))
    axes = figure.add_subplot()
    axes.axvline(0, color=MUTED, linewidth=1)
    for y, strategy in enumerate(rows):
        _forest_row(axes, y, strategy, strategy["name"] == result["selected"])
    axes.set_yticks(range(len(rows)), [clean(s["title"], 48) for s in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("F2 difference to the tuned baseline (left: worse, right: better)")
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
    axes.plot([d["low"], d["high"]], [y, y], color=color, linewidth=2.2 if selected else 1.4)
    axes.plot(d["value"], y, marker="D" if selected else "o", markersize=6.5 if selected else 5, color=color)
    label = f"{signed(d['value'])}, P(better) {probability(d['p_better'])}"
    axes.text(
        1.02, y, label, transform=axes.get_yaxis_transform(), va="center", color=INK, fontweight=_weight(selected)
    )


def _weight(strong: bool) -> str:
    return "bold" if strong else "normal"


@inline_svg("Confusion matrices on the test rows: untouched data, the paper's configuration, the selected strategy.")
def confusions(result: Values) -> Figure | None:
    """Counts on the test rows for the untouched data, the paper's configuration and the selected strategy."""
    shown = _distinct([roles.untouched(result), roles.paper(result), roles.selected(result)])
    shown = [s for s in shown if s["confusion"]]
    if not shown:
        return None
    figure = new_figure(3.05 * len(shown), 2.75)
    for i, strategy in enumerate(shown):
        selected = strategy["name"] == result["selected"]
        _confusion(figure.add_subplot(1, len(shown), i + 1), strategy, selected, first=i == 0)
    return figure


def _distinct(strategies: Sequence[Values | None]) -> list[Values]:
    return list({s["name"]: s for s in strategies if s is not None}.values())


def _confusion(axes: Axes, strategy: Values, selected: bool, first: bool) -> None:
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
    axes.set_yticks([0, 1], ["good", "faulty"] if first else ["", ""], rotation=90, va="center")
    axes.set_xlabel("predicted")
    axes.set_ylabel("actual" if first else "")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(clean(strategy["title"], 34), fontweight=_weight(selected))


def _readable_on(background: Sequence[float]) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2 relative luminance)."""
    r, g, b = ((c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in background[:3])
    return "white" if 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.21 else INK


@inline_svg("ROC curve and precision-recall curve of every strategy, with the chosen operating point.")
def curves(result: Values, details: Values) -> Figure | None:
    """ROC and precision-recall curves on the test rows; the selected strategy's operating point is marked."""
    data = details.get("curves") or {}
    if not any(_points(c.get(kind)).size for c in data.values() for kind in ("roc", "pr")):
        return None
    figure = new_figure(9.2, 4.1)
    roc, pr = figure.subplots(1, 2)
    for strategy in sorted(result.get("strategies", ()), key=lambda s: s["name"] == result["selected"]):
        style = _curve_style(result, strategy)
        for axes, kind in ((roc, "roc"), (pr, "pr")):
            points = _points(data.get(strategy["name"], {}).get(kind))
            if points.size:
                axes.plot(points[:, 0], points[:, 1], **style)
    roc.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
    rate = result["data"]["test_faults"] / max(result["data"]["test_rows"], 1)
    pr.axhline(rate, color=GREY, linewidth=0.8, linestyle=":")
    _operating_points(roc, pr, roles.selected(result))
    _unit_square(roc, "share of good parts with a false alarm", "share of faulty parts found (recall)", "ROC")
    _unit_square(pr, "share of faulty parts found (recall)", "share of alarms that are right (precision)", "PR")
    handles, labels = roc.get_legend_handles_labels()
    unique = dict(zip(reversed(labels), reversed(handles), strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3)
    return figure


def _points(values: Any, width: int = 2) -> np.ndarray:
    """Rows (n, width) whose first value is finite, in their order, thinned to what a page can show."""
    points = np.array([] if values is None else values, dtype=float).reshape(-1, width)
    points = points[np.isfinite(points[:, 0])]  # a curve may start at an infinite threshold
    kept = np.unique(np.linspace(0, len(points) - 1, min(len(points), _MAX_POINTS)).astype(int))
    return np.asarray(points[kept])


def _curve_style(result: Values, strategy: Values) -> dict[str, Any]:
    title = clean(strategy["title"], 40)
    if strategy["name"] == result["selected"]:
        return {"color": BLUE, "linewidth": 2.2, "label": f"selected: {title}", "zorder": 4}
    if roles.is_paper(strategy):
        return {"color": VERMILLION, "linewidth": 1.4, "linestyle": "-.", "label": title, "zorder": 3}
    if strategy["name"] == "untouched":
        return {"color": INK, "linewidth": 1.2, "linestyle": "--", "label": title, "zorder": 3}
    return {"color": GREY, "linewidth": 1, "label": "other candidates"}


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


@inline_svg("Precision, recall and F2 of the selected strategy at every decision threshold.")
def thresholds(result: Values, details: Values) -> Figure | None:
    """Precision, recall and F2 of the selected strategy against its decision threshold."""
    strategy = roles.selected(result)
    data = (details.get("curves") or {}).get(result.get("selected"), {})
    points = _points(data.get("thresholds"), width=4)
    if strategy is None or not points.size:
        return None
    points = points[np.argsort(points[:, 0], kind="stable")]
    figure = new_figure(9.2, 3.3)
    axes = figure.add_subplot()
    lines = (("recall", 2, BLUE, "--"), ("precision", 1, AMBER, "-."), ("F2", 3, INK, "-"))
    for name, column, color, dashes in lines:
        axes.plot(points[:, 0], points[:, column], color=color, linestyle=dashes, linewidth=1.8, label=name)
    if finite(strategy["threshold"]):
        axes.axvline(strategy["threshold"], color=MUTED, linewidth=1.2)
        axes.annotate(
            f"chosen threshold {strategy['threshold']:.3f}",
            (strategy["threshold"], 1.03),
            xytext=(4, 0),
            textcoords="offset points",
            annotation_clip=False,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="decision threshold on the predicted fault probability")
    axes.grid()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
    return figure


@inline_svg("The features that weigh most in the selected model.")
def explanation(details: Values) -> Figure | None:
    """The largest weights of the selected model, with intervals where known."""
    rows = [row for row in details.get("explanation") or [] if finite(row["weight"])]
    rows = sorted(rows, key=lambda row: -abs(row["weight"]))[:_MAX_FEATURES]
    if not rows:
        return None
    kind = clean(details.get("explanation_kind", "weight"))
    signed_weights = kind.startswith("coefficient")
    figure = new_figure(9.2, 0.9 + 0.27 * len(rows))
    axes = figure.add_subplot()
    weights = np.array([row["weight"] for row in rows])
    colors = [(VERMILLION if w > 0 else BLUE) if signed_weights else "#5d7183" for w in weights]
    axes.barh(range(len(rows)), weights, color=colors, height=0.62)
    for y, row in enumerate(rows):
        if finite(row.get("low")) and finite(row.get("high")):
            axes.plot([row["low"], row["high"]], [y, y], color=INK, linewidth=1.1)
    axes.set_yticks(range(len(rows)), [_feature(row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.grid(axis="x")
    axes.set_xlabel(kind + ("; left: speaks for good, right: speaks for faulty" if signed_weights else ""))
    axes.tick_params(axis="y", length=0)
    return figure


def _feature(row: Values) -> str:
    unit = clean(row.get("unit") or "", 16)
    return clean(row["feature"], 44) + (f" [{unit}]" if unit else "")
