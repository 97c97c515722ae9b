"""The figures of a generator: its rows beside the real ones, and the search that found it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rarefault.report import roles
from rarefault.report.formats import clean, finite, percent, shorten
from rarefault.report.svg import BLUE, GREEN, MUTED, SLATE, VERMILLION, inline_svg, new_figure
from rarefault.report.tables import objective_title

Values = Mapping[str, Any]

_MAX_DOTS = 700
_MAX_PANELS = 6
_MAX_SETTINGS = 15


@inline_svg("Real and synthetic rows on the first two principal components, one panel for each generator.")
def pca(result: Values, details: Values) -> Figure | None:
    """Real good, real faulty and synthetic rows on two principal components, a panel for each generator."""
    data = details.get("pca") or {}
    synthetic = [(roles.title(result, n), p) for n, p in (data.get("synthetic") or {}).items()][:_MAX_PANELS]
    if any(not len(_dots(data.get(part))[0]) for part in ("good", "fault")):
        return None
    panels: list[tuple[str, Any]] = [("real rows only", []), *synthetic]
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = new_figure(9.2, 0.5 + 3.1 * lines)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (name, points) in zip(grid, panels, strict=False):
        _pca_panel(axes, data, name, points)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[: len(panels)][-columns:]:
        axes.tick_params(labelbottom=True)
    explained = [percent(share) for share in data.get("explained") or [None, None]]
    figure.supxlabel(f"first principal component ({explained[0]} of the variance)", fontsize=9)
    figure.supylabel(f"second principal component ({explained[1]})", fontsize=9)
    handles, labels = grid[min(1, len(panels) - 1)].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, markerscale=2)
    return figure


def _pca_panel(axes: Axes, data: Values, name: str, synthetic: Any) -> None:
    axes.scatter(*_dots(data["good"]), s=6, color="#9aa7b3", linewidths=0, label="real good", rasterized=True)
    axes.scatter(
        *_dots(data["fault"]), s=11, marker="^", color=VERMILLION, linewidths=0, label="real faulty", rasterized=True
    )
    if len(synthetic):
        x, y = _dots(synthetic)
        axes.scatter(x, y, s=11, marker="x", color=BLUE, linewidths=0.7, label="synthetic", rasterized=True)
    axes.set_title(shorten(name, 30), fontweight="bold")
    axes.grid()


def _dots(values: Any) -> tuple[np.ndarray, np.ndarray]:
    points = np.array([] if values is None else values, dtype=float).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    kept = points[:: max(1, -(-len(points) // _MAX_DOTS))]
    return kept[:, 0], kept[:, 1]


@inline_svg("Objective of every trial of the search, and the best so far.")
def history(details: Values) -> Figure | None:
    """The objective of every trial in order, and the best so far."""
    study = details.get("study") or {}
    trials = [t for t in study.get("trials") or [] if finite(t.get("value"))]
    if not trials:
        return None
    figure = new_figure(4.6, 3.2)
    axes = figure.add_subplot()
    done = [t for t in trials if str(t["state"]).lower() == "complete"]
    stopped = [t for t in trials if str(t["state"]).lower() != "complete"]
    for rows, marker, color, label in ((stopped, "x", MUTED, "stopped early"), (done, "o", BLUE, "finished")):
        if rows:
            axes.scatter(*_numbered(rows), marker=marker, s=26, color=color, label=label)
    best = [t for t in trials if t["number"] == study.get("best")]
    if done and best:
        numbers, values = _numbered(done)
        best_so_far = np.maximum if best[0]["value"] >= max(values) > min(values) else np.minimum
        axes.step(numbers, best_so_far.accumulate(values), where="post", color=BLUE, linewidth=1, label="best so far")
        axes.scatter(*_numbered(best), s=130, facecolors="none", edgecolors=GREEN, linewidths=1.6, label="kept")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="trial", ylabel=objective_title(study, 48))
    axes.grid()
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, columnspacing=1, handletextpad=0.3)
    return figure


def _numbered(trials: list[Values]) -> tuple[list[int], list[float]]:
    return [t["number"] for t in trials], [t["value"] for t in trials]


@inline_svg("Share of the objective's variation that each setting of the search explains.")
def importances(details: Values) -> Figure | None:
    """How much of the objective each searched setting explains."""
    shares = (details.get("study") or {}).get("importances") or {}
    rows = sorted(((n, s) for n, s in shares.items() if finite(s)), key=lambda row: -row[1])[:_MAX_SETTINGS]
    if not rows:
        return None
    figure = new_figure(4.6, 3.2)
    axes = figure.add_subplot()
    axes.barh(range(len(rows)), [100 * share for _, share in rows], color=SLATE, height=0.62)
    axes.set_yticks(range(len(rows)), [clean(name, 24) for name, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("importance in the search (%)")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    return figure
