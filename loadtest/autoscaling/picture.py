"""Pods and response times over time, as a PNG file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from loadtest.autoscaling.cluster import Trace

SLICE = 5.0  # seconds that one point of the latency curve stands for
COLOURS = ("#1f6fb2", "#d1602f", "#3f8f4f", "#8a5aa8", "#b0901f", "#5f6b76")
DASHES = ("-", "--", ":")


def p95_over_time(trace: Trace, width: float = SLICE) -> tuple[np.ndarray, np.ndarray]:
    """Middle of each slice, s, and the 95th percentile of the requests sent in it, ms; slices without any left out."""
    slices = (trace.times / width).astype(int)
    filled = np.unique(slices)
    return (filled + 0.5) * width, np.array([np.percentile(trace.latencies[slices == one], 95) for one in filled])


def draw(traces: Mapping[str, Trace], title: str, file: Path) -> None:
    """Two panels, one curve a trace: ready pods, and p95 on a logarithmic axis."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)
    pods, latency = figure.subplots(2, 1, sharex=True)
    for i, (says, trace) in enumerate(traces.items()):
        colour, dashes = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        pods.step(trace.checks[:, 0], trace.checks[:, 2], where="post", color=colour, linestyle=dashes, label=says)
        latency.plot(*p95_over_time(trace), color=colour, linestyle=dashes)
    pods.set_ylabel("pods ready")
    pods.set_ylim(bottom=0)
    pods.yaxis.get_major_locator().set_params(integer=True)
    latency.set_ylabel("p95, ms")
    latency.set_yscale("log")
    latency.set_xlabel("seconds")
    for axes in (pods, latency):
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title)
    figure.legend(*pods.get_legend_handles_labels(), loc="outside lower center", frameon=False, fontsize=9, ncols=2)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
