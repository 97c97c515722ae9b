"""What each kind of step costs as a table gets longer and wider.

    python -m benchmarks.growth.cost [--plot growth.png] [--runs 5]

The rows are simulated gearbox-line parts with their 66 features; wider tables have correlated Gaussian columns beside
them. An exponent is the slope between the two largest sizes on log-log axes: 1 when twice the rows cost twice the
time.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import log
from pathlib import Path
from statistics import median
from typing import TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from benchmarks.printing import machine, markdown
from rarefault.classifiers.columns import Completer
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.simulators.gearbox_line import FEATURES, LABEL, POSITIVE, GearboxLineSettings, simulate
from rarefault.datasets.splits import split
from rarefault.datasets.table import Table
from rarefault.generators.table.wgan import WGAN
from rarefault.steps.ingestion import read_checked
from rarefault.tuning.training import MOST_DRAWN, OVERSAMPLING, TrainingSettings, keep

Size = tuple[int, int]
"""Rows and columns."""
Seconds = dict[str, float]
Points = Sequence[tuple[int, float]]
T = TypeVar("T")

ROWS, COLUMNS, EPOCHS = (1_000, 10_000, 100_000), (66, 600), 10
CLASSIFIERS: dict[str, tuple[str, dict[str, str]]] = {
    "classify, logistic regression": ("logistic-regression", {}),
    "classify, additive": ("logistic-regression", {"form": "additive"}),
    "classify, gradient boosting": ("gradient-boosting", {}),
}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")


def widened(frame: pd.DataFrame, columns: int) -> pd.DataFrame:
    """The label and so many features: the line's own first, then mixtures of them with noise of half their scale."""
    own = frame[list(FEATURES)[:columns]]
    extra = columns - own.shape[1]
    if extra <= 0:
        return pd.concat([own, frame[LABEL]], axis=1)
    rng = np.random.default_rng(0)
    Z = own.to_numpy(np.float64)
    Z = (Z - Z.mean(axis=0)) / np.maximum(Z.std(axis=0), 1e-9)  # (n, d)
    mixed = Z @ rng.normal(size=(Z.shape[1], extra)) / np.sqrt(Z.shape[1]) + 0.5 * rng.normal(size=(len(Z), extra))
    more = pd.DataFrame(mixed.round(4), columns=[f"mixed_{k}" for k in range(extra)])
    return pd.concat([own, more, frame[LABEL]], axis=1)


def ingest(csv: Path) -> Table:
    """Read, check and split a file; returns all its rows, so that the other steps have the size they are named for."""
    table = read_checked(str(csv), LABEL, POSITIVE, "", "", [], {}).table
    for part in split(table.y):
        table.rows(part)
    return table


def fit_and_score(name: str, params: Mapping[str, str], table: Table) -> np.ndarray:
    return FaultClassifier(name, params, table.schema).fit(table.X, table.y).scores(table.X)


def measure(csv: Path, runs: int, epochs: int) -> Seconds:
    """Median seconds of every step on the rows of a CSV file."""
    seconds: Seconds = {}

    def timed(step: str, function: Callable[[], T]) -> T:
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            made = function()
            times.append(time.perf_counter() - start)
        seconds[step] = median(times)
        return made

    table = timed("ingest", lambda: ingest(csv))
    n, settings = len(table), TrainingSettings()
    rows = Completer().fit(table.X).transform(table.X)
    generator = timed("train", lambda: WGAN.from_params({"epochs": epochs}).fit(rows, table.y))
    drawn = timed("synthesize", lambda: generator.sample(min(OVERSAMPLING * n, MOST_DRAWN)))
    timed("filter", lambda: keep(drawn, rows, table.y, max(0, n - 2 * table.faults), "kmeans", settings))
    for step, (name, params) in CLASSIFIERS.items():
        timed(step, partial(fit_and_score, name, params, table))
    return seconds


def measure_all(sizes: Sequence[Size], runs: int, epochs: int) -> dict[Size, Seconds]:
    """Every step at every size, one thread each."""
    frame = simulate(GearboxLineSettings(n_rows=max(n for n, _ in sizes)))
    found = {}
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        csv = Path(folder) / "rows.csv"
        widened(frame.head(200), 5).to_csv(csv, index=False)
        measure(csv, 1, 1)  # so that no size pays for the imports
        for n, d in sizes:
            widened(frame.head(n), d).to_csv(csv, index=False)
            found[n, d] = measure(csv, runs, epochs)
    return found


def slope(points: Points) -> float:
    """d log(seconds) / d log(size) between the last two of (size, seconds)."""
    (size, seconds), (larger, longer) = points[-2:]
    return log(longer / seconds) / log(larger / size)


def lines(found: dict[Size, Seconds], step: str) -> tuple[Points, Points]:
    """(rows, seconds) at the fewest columns, and (columns, seconds) at the fewest rows."""
    fewest, narrowest = min(n for n, _ in found), min(d for _, d in found)
    longer = sorted((n, seconds[step]) for (n, d), seconds in found.items() if d == narrowest)
    wider = sorted((d, seconds[step]) for (n, d), seconds in found.items() if n == fewest)
    return longer, wider


def table(found: dict[Size, Seconds]) -> str:
    """Seconds of every step at every size, and how they grow."""
    sizes = sorted(found, key=lambda size: (size[1], size[0]))
    header = ["step, s", *(f"{n:,} x {d}" for n, d in sizes), "exponent of rows", "of columns"]
    rows = []
    for step in found[sizes[0]]:
        growth = [f"{slope(points):.2f}" if len(points) > 1 else "-" for points in lines(found, step)]
        rows.append([step, *(f"{found[size][step]:.3g}" for size in sizes), *growth])
    return markdown(header, rows)


def plot(found: dict[Size, Seconds], file: Path) -> None:
    """Both growths on log-log axes, as a PNG file."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    longer, wider = figure.subplots(1, 2, sharey=True)
    for step, colour in zip(next(iter(found.values())), COLOURS, strict=True):
        for axes, points in zip((longer, wider), lines(found, step), strict=True):
            axes.plot(*zip(*points, strict=True), marker="o", markersize=4, color=colour, label=step)
    _dress(longer, f"rows, {min(d for _, d in found)} columns each", {n for n, _ in found})
    _dress(wider, f"columns, {min(n for n, _ in found):,} rows each", {d for _, d in found})
    longer.set_ylabel("seconds, one thread")
    figure.legend(*longer.get_legend_handles_labels(), loc="outside right center", frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


def _dress(axes: Axes, title: str, sizes: set[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(sorted(sizes), [f"{size:,}" for size in sorted(sizes)])
    axes.set_xticks([], minor=True)
    axes.set_yscale("log")
    axes.set_xlabel(title)
    axes.grid(which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also draw the table as a PNG file")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of the WGAN; the steps then grow with the rows")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="table lengths, at the fewest columns")
    parser.add_argument("--columns", type=int, nargs="+", default=COLUMNS, help="table widths, at the fewest rows")
    asked = parser.parse_args(arguments)
    sizes = [(n, min(asked.columns)) for n in sorted(asked.rows)]
    sizes += [(min(asked.rows), d) for d in sorted(asked.columns)[1:]]
    found = measure_all(sizes, asked.runs, asked.epochs)
    print(f"{machine()}; medians of {asked.runs}")
    print(
        f"train: wgan, {asked.epochs} epochs; synthesize: {OVERSAMPLING} rows for each real one, at most "
        f"{MOST_DRAWN:,}; filter: kmeans on these; classify: fit, then score the same rows\n"
    )
    print(table(found))
    if asked.plot:
        plot(found, asked.plot)


if __name__ == "__main__":
    main()
