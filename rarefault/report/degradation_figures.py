"""The figures of a degradation report: the paper's figures 11 and 14 to 19, for the user's machines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from rarefault.report.degradation_densities import density, windows
from rarefault.report.degradation_panels import along, learned, logarithmic, mark_onset, panel, thinned, wide
from rarefault.report.degradation_schema import STATES
from rarefault.report.formats import quantity, shorten
from rarefault.report.generator_figures import history
from rarefault.report.svg import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    INK,
    MUTED,
    SLATE,
    VERMILLION,
    inline_svg,
    inline_svgs,
    new_figure,
)

Values = Mapping[str, Any]

MOST_MACHINES = 6
"""So many machines are drawn: the worst ones."""
_COLORS = {"healthy": GREEN, "slight": AMBER, "severe": VERMILLION}
_MARKS = {"healthy": "o", "slight": "s", "severe": "D"}
_BEFORE, _AFTER = 15, 25
"""Snapshots around the onset that figure 19 shows."""


def draw_degradation(result: Values, details: Values) -> dict[str, list[Markup]]:
    """The panels (SVG) of every figure that has something to show, by name.

    details: `machines`, name -> arrays by snapshot (`indicators`, `degrees`, `kurtosis`, `healthy`, `hours`, and where
    known `truth`) and `windows` (`at`, `grid`, `density`); `healthy` (`points`, `grid`, `density`); `taus`; `study`.
    """
    shown = [machine for machine in shown_machines(result) if machine["name"] in details["machines"]]
    drawn: dict[str, str | list[str] | None] = {
        "stages": stages(result, details),
        "indicator": indicator(result, details, shown),
        "kurtosis": kurtosis(details, shown),
        "density": density(result, details),
        "windows": windows(result, details, shown),
        "degree": degree(result, details, shown),
        "onset": onset(result, details, shown),
        "history": history(details),
    }
    panels = {name: [svgs] if isinstance(svgs, str) else svgs or [] for name, svgs in drawn.items()}
    return {name: [Markup(svg) for svg in svgs] for name, svgs in panels.items() if svgs}


def shown_machines(result: Values) -> list[Values]:
    """The machines that are drawn: the worst ones, in the result's order."""
    machines = result["machines"]
    worst = sorted(machines, key=lambda machine: -machine["degree"])[:MOST_MACHINES]
    return [machine for machine in machines if machine in worst]


@inline_svg("Health indicator of the snapshots of each known state, with the thresholds tau 1 and tau 2.")
def stages(result: Values, details: Values) -> Figure | None:
    """Figure 11: the indicator at the known stages, one after the other."""
    found = [each for each in details["machines"].values() if each.get("truth") is not None]
    if not found:
        return None
    values, truth = (np.concatenate([each[key] for each in found]) for key in ("indicators", "truth"))
    figure = new_figure(9.2, 3.2)
    axes, start = figure.add_subplot(), 0
    for state in STATES:
        at, shown = thinned(values[truth == state])
        axes.scatter(at + start, shown, s=10, color=_COLORS[state], marker=_MARKS[state], linewidths=0, label=state)
        start += len(values[truth == state])
    for name, value in (details.get("taus") or {}).items():
        axes.axhline(value, color=MUTED, linewidth=1, linestyle="--")
        axes.text(1.01, value, name, transform=axes.get_yaxis_transform(), va="center", color=MUTED)
    if wide(values):
        logarithmic(axes, "y")
    axes.set_xlabel("snapshots, state by state")
    axes.set_ylabel("health indicator")
    axes.grid(axis="y")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3, markerscale=2)
    return figure


@inline_svgs
def indicator(result: Values, details: Values, shown: list[Values]) -> list[tuple[str, Figure]]:
    """Figure 14: the indicator over the life, with the threshold V."""
    panels, limit = [], result["threshold"]["value"]
    for machine in shown:
        values = details["machines"][machine["name"]]["indicators"]
        figure, axes = panel(shown, machine)
        learned(axes, details["machines"][machine["name"]]["healthy"])
        axes.plot(*thinned(values), "o", markersize=2.6, color=SLATE, markeredgewidth=0, label="snapshot")
        axes.axhline(limit, color=INK, linewidth=1.1, linestyle="--", label=f"threshold V, {quantity(limit)}")
        mark_onset(axes, machine)
        if wide(values):
            logarithmic(axes, "y")
        axes.set_ylabel("health indicator")
        along(axes, details["machines"][machine["name"]]["hours"])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=5 if len(shown) == 1 else 3)
        panels.append((f"Health indicator of {shorten(machine['name'], 60)} over its life.", figure))
    return panels


@inline_svgs
def kurtosis(details: Values, shown: list[Values]) -> list[tuple[str, Figure]]:
    """Figure 15: the kurtosis over the life, the usual feature beside the indicator."""
    panels = []
    for machine in shown:
        values = details["machines"][machine["name"]]["kurtosis"]
        figure, axes = panel(shown, machine)
        axes.plot(*thinned(values), "o", markersize=2.6, color=SLATE, markeredgewidth=0)
        axes.axhline(3, color=MUTED, linewidth=1, linestyle=":")
        axes.text(1.005, 3, "Gauss", transform=axes.get_yaxis_transform(), va="center", color=MUTED, fontsize=8)
        if wide(values):
            logarithmic(axes, "y")
        axes.set_ylabel("kurtosis")
        along(axes, details["machines"][machine["name"]]["hours"])
        panels.append((f"Kurtosis of {shorten(machine['name'], 60)} over its life.", figure))
    return panels


@inline_svgs
def degree(result: Values, details: Values, shown: list[Values]) -> list[tuple[str, Figure]]:
    """Figure 18: the degree of degradation over the life."""
    panels, severe = [], result["threshold"]["settings"].get("severe")
    for machine in shown:
        values = details["machines"][machine["name"]]["degrees"]
        figure, axes = panel(shown, machine)
        learned(axes, details["machines"][machine["name"]]["healthy"])
        axes.plot(*thinned(values), color=BLUE, linewidth=1.6, label="degree of degradation")
        if severe is not None:
            axes.axhline(severe, color=MUTED, linewidth=1, linestyle="--", label=f"severe from {severe:g}")
        mark_onset(axes, machine)
        axes.set_ylim(-0.02, 1.02)
        axes.set_ylabel("degree")
        along(axes, details["machines"][machine["name"]]["hours"])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=5 if len(shown) == 1 else 3)
        panels.append((f"Degree of degradation of {shorten(machine['name'], 60)} over its life.", figure))
    return panels


@inline_svgs
def onset(result: Values, details: Values, shown: list[Values]) -> list[tuple[str, Figure]]:
    """Figure 19: the degree around the onset, enlarged, with the limit."""
    panels, limit = [], result["threshold"]["settings"]["limit"]
    found = [machine for machine in shown if machine["onset"] is not None]
    for machine in found:
        values, at = details["machines"][machine["name"]]["degrees"], machine["onset"]
        first, last = max(0, at - _BEFORE), min(len(values), max(at, machine["alarm"] or at) + _AFTER)
        figure, axes = panel(found, machine)
        axes.plot(np.arange(first, last), values[first:last], "o-", markersize=3.5, color=BLUE, linewidth=1.2)
        axes.axhline(limit, color=INK, linewidth=1.1, linestyle="--", label=f"limit, {100 * limit:g} %")
        mark_onset(axes, machine)
        if machine["true_onset"] is not None:
            axes.axvline(machine["true_onset"], color=GREY, linewidth=3, zorder=0, label="true onset")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("snapshot")
        axes.set_ylabel("degree")
        axes.grid(axis="y")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4 if len(found) == 1 else 2)
        panels.append((f"Degree of {shorten(machine['name'], 60)} around its onset.", figure))
    return panels
