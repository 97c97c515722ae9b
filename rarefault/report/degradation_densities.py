"""Densities of the health indicator: of healthy snapshots, and of windows along a life (the paper's figures 16, 17)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from rarefault.report.degradation_panels import logarithmic, panel_size
from rarefault.report.formats import quantity, shorten
from rarefault.report.svg import BLUE, GREEN, INK, SLATE, VERMILLION, inline_svg, inline_svgs, new_figure

Values = Mapping[str, Any]
_AGES = LinearSegmentedColormap.from_list("age", ["#9fb4c6", BLUE, VERMILLION])


@inline_svg("Density of the health indicator of healthy snapshots, with the threshold V.")
def density(result: Values, details: Values) -> Figure:
    """Figure 16: the kernel density of healthy indicators and the threshold V."""
    found, limit = details["healthy"], result["threshold"]["value"]
    figure = new_figure(9.2, 2.8)
    axes = figure.add_subplot()
    axes.plot(found["grid"], found["density"], color=GREEN, linewidth=1.6)
    axes.fill_between(found["grid"], found["density"], color=GREEN, alpha=0.15, linewidth=0)
    axes.plot(found["points"], np.zeros(len(found["points"])), "|", color=SLATE, markersize=9, clip_on=False)
    axes.axvline(limit, color=INK, linewidth=1.1, linestyle="--")
    top = float(np.max(found["density"]))
    axes.text(limit, top, f" V = {quantity(limit)}", va="top", color=INK)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("health indicator of healthy snapshots")
    axes.set_ylabel("density")
    return figure


@inline_svgs
def windows(result: Values, details: Values, shown: list[Values]) -> list[tuple[str, Figure]]:
    """Figure 17: the density of the indicators in windows along the life; what lies beyond V is filled."""
    panels, limit = [], result["threshold"]["value"]
    for machine in shown:
        found = details["machines"][machine["name"]]["windows"]
        grid, rows = found["grid"], found["density"] / found["density"].max(axis=1, keepdims=True)
        figure = new_figure(panel_size(shown)[0], 4.0)
        axes, n = figure.add_subplot(), len(rows)
        for k, (at, row) in enumerate(zip(found["at"], rows, strict=True)):
            color, base = _AGES(k / max(n - 1, 1)), n - 1 - k
            axes.fill_between(grid, base, base + 1.5 * row, color="white", linewidth=0, zorder=2 * k)
            axes.fill_between(
                grid, base, base + 1.5 * row, where=grid > limit, color=color, alpha=0.5, linewidth=0, zorder=2 * k
            )
            axes.plot(grid, base + 1.5 * row, color=color, linewidth=1.2, zorder=2 * k + 1)
            axes.text(-0.01, base, f"{at}", transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=8)
        axes.axvline(limit, color=INK, linewidth=1.1, linestyle="--", zorder=3 * n)
        axes.text(limit, n + 0.6, " V", va="top", zorder=3 * n)
        if found["log"]:
            logarithmic(axes, "x")
        axes.set_yticks([])
        axes.set_ylabel("window that ends with snapshot", labelpad=28)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("health indicator")
        if len(shown) > 1:
            axes.set_title(shorten(machine["name"], 40), fontweight="bold")
        panels.append((f"Densities of windows along the life of {shorten(machine['name'], 60)}.", figure))
    return panels
