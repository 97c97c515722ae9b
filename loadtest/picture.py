"""Rate and latency of a run over time, as a PNG file."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from loadtest.profiles import Profile
from loadtest.records import Records, over_time

POINTS = 240  # at most, over the whole run


def draw(profile: Profile, records: Records, title: str, file: Path) -> None:
    """Two panels: what was asked, answered and wrong, a second; and p50, p95, p99 with the limit."""
    width = max(min(1.0, profile.seconds / 10), profile.seconds / POINTS)
    series = over_time(records, profile.seconds, width)
    figure = Figure(figsize=(9, 6), layout="constrained")
    FigureCanvasAgg(figure)
    rate, latency = figure.subplots(2, 1, sharex=True)
    seconds = np.linspace(0, profile.seconds * (1 - 1e-9), 400)
    rate.plot(seconds, profile.asked_rate(seconds), color="#999999", linestyle="--", label="asked")
    rate.plot(series["second"], series["rate"], color="#1f6fb2", label="answered")
    rate.plot(series["second"], series["errors"], color="#c03a2b", label="errors")
    rate.set_ylabel("requests/s")
    rate.set_ylim(bottom=0)
    for name, colour in (("p50", "#3f8f4f"), ("p95", "#1f6fb2"), ("p99", "#d1602f")):
        latency.plot(series["second"], series[name], color=colour, label=name)
    latency.axhline(profile.p95, color="#999999", linestyle="--", label=f"limit of p95, {profile.p95:g} ms")
    latency.set_ylabel("latency, ms")
    latency.set_yscale("log")
    latency.set_xlabel("seconds")
    for axes in (rate, latency):
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    figure.suptitle(title)
    figure.savefig(file, dpi=150)
