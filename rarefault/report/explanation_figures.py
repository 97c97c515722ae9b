"""The explanation drawn: what weighs most, the curve of each column and the map of each pair of an additive model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from rarefault.report.explanation import heaviest, in_view, labelled, pair_name, shown_curves, shown_pairs
from rarefault.report.formats import finite, quantity, shorten
from rarefault.report.svg import BLUE, GREY, INK, MUTED, SLATE, VERMILLION, inline_svg, inline_svgs, new_figure

Values = Mapping[str, Any]

_MAX_LEVELS = 10
_CELLS = 48
_MARGINS = {"left": 0.21, "right": 0.84, "bottom": 0.18, "top": 0.985, "hspace": 0.06}
"""The same for every curve, so that panels side by side line up; the names of levels need room of their own."""
_RISK = LinearSegmentedColormap.from_list("risk", [BLUE, "#f7f7f7", VERMILLION])
_AXIS_TITLES = {
    "coefficients": "log-odds of a fault for one standard deviation more (left: less risk, right: more risk)",
    "curves": "how far it moves the log-odds of a fault (standard deviation over the training parts)",
    "importances": "PR-AUC lost on the test parts when the column is shuffled",
}


@inline_svg("The columns and pairs of columns that weigh most in the selected model, largest first.")
def weights(result: Values) -> Figure | None:
    """The largest weights of the selected model, with their range where known."""
    rows = [row for row in heaviest(result) if finite(row[1])]
    if not rows:
        return None
    kind = result["explanation"]["kind"]
    figure = new_figure(9.2, 0.9 + 0.27 * len(rows))
    axes = figure.add_subplot()
    axes.barh(range(len(rows)), [w for _, w, _ in rows], color=[_bar_color(kind, row) for row in rows], height=0.62)
    for y, (_, _, entry) in enumerate(rows):
        if "low" in entry:
            axes.plot([entry["low"], entry["high"]], [y, y], color=INK, linewidth=1.1)
    axes.set_yticks(range(len(rows)), [shorten(label, 48) for label, _, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.grid(axis="x")
    axes.set_xlabel(_AXIS_TITLES[kind])
    axes.tick_params(axis="y", length=0)
    return figure


def _bar_color(kind: str, row: tuple[str, float, Values]) -> str:
    if kind == "coefficients":
        return VERMILLION if row[1] > 0 else BLUE
    return GREY if "axes" in row[2] else SLATE


@inline_svgs
def effects(result: Values) -> list[tuple[str, Figure]]:
    """One panel for each of the heaviest columns: its curve, and where the good and the faulty training rows lie."""
    curves = shown_curves(result)
    limits = _limits([height for curve in curves for height in in_view(curve)[1]])
    return [(f"What {shorten(c['name'], 80)} adds to the log-odds of a fault.", _effect(c, limits)) for c in curves]


def _limits(heights: Sequence[float]) -> tuple[float, float]:
    low, high = min([0.0, *heights]), max([0.0, *heights])
    margin = max(0.08 * (high - low), 0.05)
    return low - margin, high + margin


def _effect(curve: Values, limits: tuple[float, float]) -> Figure:
    figure = new_figure(3.05, 2.75, _MARGINS if curve["edges"] else None)
    axes, strip = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
    axes.axhspan(0, limits[1], color=VERMILLION, alpha=0.08, linewidth=0)
    axes.axhspan(limits[0], 0, color=BLUE, alpha=0.08, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set_ylim(limits)
    axes.set_ylabel("less \u2190 risk \u2192 more")
    axes.tick_params(axis="x", length=0)
    _odds_axis(axes, limits)
    if curve["edges"]:
        _broken_line(axes, strip, curve)
    else:
        _levels(axes, strip, curve)
    strip.set(yticks=[], ylim=(0, None), ylabel="parts")
    strip.set_xlabel(shorten(labelled(curve), 38))
    for part in (axes, strip):
        part.yaxis.set_label_coords(-0.25, 0.5)
    return figure


def _odds_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """The same heights as factors of the odds, on the right."""
    wide = limits[1] - limits[0] > 7
    factors = np.array([1, 10, 100, 1000] if wide else [1, 3, 10, 30, 100])
    ticks = np.concatenate([-np.log(factors[:0:-1]), np.log(factors)])
    names = [f"\u00f7{f}" for f in factors[:0:-1]] + [f"\u00d7{f}" for f in factors]
    shown = [k for k, tick in enumerate(ticks) if limits[0] <= tick <= limits[1]]
    right = axes.secondary_yaxis("right")
    right.set_yticks(ticks[shown], [names[k] for k in shown])
    right.spines["right"].set_visible(False)
    right.tick_params(length=2)


def _broken_line(axes: Axes, strip: Axes, curve: Values) -> None:
    at, heights = in_view(curve)
    axes.plot(at, heights, color=INK, linewidth=1.8, marker="o" if len(at) <= 2 else "", markersize=4)
    edges = np.array(curve["edges"])
    strip.stairs(_shares(curve["good"]), edges, fill=True, color=GREY)
    strip.stairs(_shares(curve["faulty"]), edges, color=VERMILLION, linewidth=1.4)
    strip.set_xlim(edges[0], edges[-1])
    _number_ticks(strip, edges[-1] - edges[0])


def _locator() -> MaxNLocator:
    return MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])


def _number_ticks(axes: Axes, span: float) -> None:
    axes.xaxis.set_major_locator(_locator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, span)))


def _tick(value: float, span: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e5, " k")):
        if abs(value) >= size:
            size = min(size, 1e3) if letter == " k" else size
            return quantity(value / size, span=span / size) + letter
    return quantity(value, span=span)


def _levels(axes: Axes, strip: Axes, curve: Values) -> None:
    order = sorted(range(len(curve["at"])), key=lambda k: -(curve["good"][k] + curve["faulty"][k]))
    kept = sorted(order[:_MAX_LEVELS])
    places = np.arange(len(kept))
    axes.bar(places, [curve["log_odds"][k] for k in kept], color=INK, width=0.6)
    good, faulty = (_shares(curve[name]) for name in ("good", "faulty"))
    strip.bar(places - 0.16, good[kept], color=GREY, width=0.32)
    strip.bar(places + 0.16, faulty[kept], color="none", edgecolor=VERMILLION, linewidth=1.2, width=0.32)
    strip.set_xlim(-0.6, len(kept) - 0.4)
    names = [shorten(curve["at"][k], 14) for k in kept]
    turned = sum(map(len, names)) > 24
    strip.set_xticks(places, names, rotation=35 if turned else 0, ha="right" if turned else "center")


def _shares(counts: Sequence[int]) -> np.ndarray:
    values = np.asarray(counts, dtype=float)
    return np.asarray(values / max(values.sum(), 1.0))


@inline_svgs
def interactions(result: Values) -> list[tuple[str, Figure]]:
    """One map for each of the heaviest pairs: what both columns add together beyond their own curves."""
    name = "What {} add to the log-odds of a fault together."
    return [(name.format(shorten(pair_name(pair), 120)), _interaction(pair)) for pair in shown_pairs(result)]


def _highest(pair: Values) -> float:
    """The map's largest height, up or down, where it matters: in cells that hold at least 1 % of the training rows."""
    heights = np.abs(_bilinear(pair, *(_middles(edges) for edges in pair["edges"])))
    seen = np.array(pair["good"]) + np.array(pair["faulty"])
    return float(heights[seen >= 0.01 * seen.sum()].max(initial=1e-3))


def _middles(edges: Sequence[float] | np.ndarray) -> np.ndarray:
    return np.asarray((np.array(edges)[1:] + np.array(edges)[:-1]) / 2)


def _interaction(pair: Values) -> Figure:
    figure = new_figure(3.05, 2.75)
    axes = figure.add_subplot()
    (x_edges, x), (y_edges, y) = (_grid(axis, seen) for axis, seen in zip(pair["axes"], pair["edges"], strict=True))
    most = _highest(pair)
    mesh = axes.pcolormesh(
        x_edges, y_edges, _bilinear(pair, x, y).T, cmap=_RISK, vmin=-most, vmax=most, rasterized=True
    )
    good, faulty = np.array(pair["good"]), np.array(pair["faulty"])
    nobody = np.ma.masked_where(good + faulty > 0, np.ones(good.shape))
    axes.pcolormesh(*pair["edges"], nobody.T, cmap=ListedColormap(["#dfe4e8"]), rasterized=True)
    centres = [_middles(edges) for edges in pair["edges"]]
    i, j = np.nonzero(faulty)
    sizes = 6 + 60 * np.sqrt(faulty[i, j] / max(faulty.max(), 1))
    axes.scatter(centres[0][i], centres[1][j], s=sizes, facecolors="none", edgecolors=INK, linewidths=0.9)
    for axis, which, seen, most in zip((axes.xaxis, axes.yaxis), pair["axes"], pair["edges"], (32, 26), strict=True):
        _name_axis(axis, which, seen)
        axis.set_label_text(shorten(labelled({**which, "level": None}), most))
    figure.colorbar(mesh, ax=axes, ticks=MaxNLocator(3), aspect=16, extend="both", label="less \u2190 risk \u2192 more")
    return figure


def _grid(axis: Values, edges: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Cell edges and the values drawn in them: one cell a value where the column has few, fine cells elsewhere."""
    if _one_bin_a_value(axis, edges):
        return np.array(edges), np.array(axis["at"])
    fine = np.linspace(edges[0], edges[-1], _CELLS + 1)
    return fine, _middles(fine)


def _one_bin_a_value(axis: Values, edges: Sequence[float]) -> bool:
    at = axis["at"]
    return len(edges) == len(at) + 1 and all(a < x < b for x, a, b in zip(at, edges, edges[1:], strict=False))


def _bilinear(pair: Values, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The map's heights at every (x, y); (len(x), len(y))."""
    first, second = (np.array(axis["at"]) for axis in pair["axes"])
    along_x = np.array([np.interp(x, first, column) for column in np.array(pair["log_odds"]).T])  # (knots of y, x)
    return np.array([np.interp(y, second, row) for row in along_x.T])


def _name_axis(axis: Any, which: Values, edges: Sequence[float]) -> None:
    if which["level"] is not None:
        axis.set_major_locator(FixedLocator(which["at"]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: shorten(which["level"], 14) if value else "other"))
    else:
        few = _one_bin_a_value(which, edges)
        axis.set_major_locator(FixedLocator(which["at"]) if few else _locator())
        span = edges[-1] - edges[0]
        axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, span)))
