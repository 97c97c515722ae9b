"""What the panels of a life share: their size, their axes, what is marked in them."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from rarefault.report.formats import shorten
from rarefault.report.svg import GREEN, MUTED, VERMILLION, new_figure

Values = Mapping[str, Any]
_MOST_DOTS = 3000


def panel_size(shown: list[Values]) -> tuple[float, float]:
    """A wide panel for one machine, smaller ones for several."""
    return (9.2, 3.0) if len(shown) == 1 else (4.6, 2.8)


def panel(shown: list[Values], machine: Values) -> tuple[Figure, Axes]:
    """An empty panel for one of the machines shown, with its name where there are several."""
    figure = new_figure(*panel_size(shown))
    axes = figure.add_subplot()
    if len(shown) > 1:
        axes.set_title(shorten(machine["name"], 40), fontweight="bold")
    return figure, axes


def thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions and values, thinned where there are more than can be seen."""
    at = np.arange(len(values))
    if len(at) > _MOST_DOTS:
        at = np.unique(np.linspace(0, len(at) - 1, _MOST_DOTS).astype(int))
    return at, values[at]


def along(axes: Axes, hours: np.ndarray) -> None:
    """The axis of snapshots, and above it that of their hours (n,) where they are known (else NaN)."""
    at = np.arange(len(hours), dtype=float)
    axes.set_xlim(-0.01 * len(at), 1.01 * len(at))
    axes.set_xlabel("snapshot")
    axes.grid(axis="y")
    if len(at) < 2 or not hours[-1] > hours[0]:
        return

    n, step = len(at), (hours[-1] - hours[0]) / (len(at) - 1)
    # Past the ends time goes on at its mean pace, or a tick there would be drawn on the last snapshot.
    places = np.array([-n, *at, 2 * n - 1])
    moments = np.array([hours[0] - n * step, *hours, hours[-1] + n * step])

    def to_hours(snapshot: Any) -> Any:
        return np.interp(snapshot, places, moments)

    def to_snapshot(hour: Any) -> Any:
        return np.interp(hour, moments, places)

    above = axes.secondary_xaxis("top", functions=(to_hours, to_snapshot))
    above.set_xlabel("hours", fontsize=8, color=MUTED)
    above.tick_params(labelsize=8)


def learned(axes: Axes, healthy: np.ndarray) -> None:
    """Shade the snapshots that the model learned from."""
    rows = np.flatnonzero(healthy)
    breaks = np.flatnonzero(np.diff(rows) > 1)
    for number, run in enumerate(np.split(rows, breaks + 1) if len(rows) else []):
        label = "learned from" if number == 0 else None
        axes.axvspan(run[0] - 0.5, run[-1] + 0.5, color=GREEN, alpha=0.1, linewidth=0, label=label)


def mark_onset(axes: Axes, machine: Values) -> None:
    """A line at the onset, and one at the alarm where that is another snapshot."""
    if machine["onset"] is not None:
        axes.axvline(machine["onset"], color=VERMILLION, linewidth=1.2, label=f"onset, {machine['onset']}")
    if machine["alarm"] is not None and machine["alarm"] != machine["onset"]:
        axes.axvline(machine["alarm"], color=VERMILLION, linewidth=1, linestyle=":", label=f"alarm, {machine['alarm']}")


def logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    """A logarithmic axis whose ticks are plain numbers, at 1, 2 and 5 times the powers of ten."""
    axes.set_xscale("log") if which == "x" else axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def wide(values: np.ndarray) -> bool:
    """Whether positive values span more than a factor of 6, so that a logarithmic axis shows them better."""
    low, high = np.quantile(values, [0.01, 0.99]) if len(values) else (1.0, 1.0)
    return bool(low > 0 and high / low > 6)
