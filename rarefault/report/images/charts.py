"""Charts about generated images: t-SNE, distances, losses, the state of a training, confusion matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rarefault.report.formats import number, percent, shorten
from rarefault.report.svg import AMBER, BLUE, GREEN, GREY, INK, MUTED, VERMILLION, inline_svg, inline_svgs, new_figure

Values = Mapping[str, Any]

_MAX_POINTS = 400
_SCALE = LinearSegmentedColormap.from_list("share", ["#f4f7fa", BLUE])
_WHITE_FROM = 0.85  # where white text has the higher contrast on _SCALE


@inline_svgs
def projections(classes: Mapping[str, Values]) -> list[tuple[str, Figure]]:
    """Real and generated images of each class as `project_tsne` placed them."""
    panels = []
    for label, points in classes.items():
        figure = new_figure(3.05, 3.0)
        axes = figure.add_subplot()
        for kind, marker, color in (("real", "o", VERMILLION), ("generated", "x", BLUE)):
            xy = np.array(points[kind], dtype=float).reshape(-1, 2)
            axes.scatter(xy[:, 0], xy[:, 1], s=13, marker=marker, color=color, linewidths=0.8, label=kind)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(shorten(label, 34), fontweight="bold")
        axes.spines[:].set_visible(True)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        panels.append((f"t-SNE of real and generated images of {shorten(label, 60)}.", figure))
    return panels


_MARKS = (
    ("original", "o", BLUE, "against the real images"),
    ("augmented", "s", AMBER, "against classically augmented ones"),
    ("generated", "D", GREEN, "half of them against half of the real ones"),
)


@inline_svgs
def distances(reports: Mapping[str, Mapping[str, Values]]) -> list[tuple[str, Figure]]:
    """The FID of each generator, by its title and then by class, from `fid_report`: one panel for each class.

    Mean and spread over the draws; the dashed line is what real images reach against real ones, to be compared with
    the halves only.
    """
    labels = list(dict.fromkeys(label for classes in reports.values() for label in classes))
    return [
        (f"Distance of generated from real images: {shorten(label, 60)}.", _panel(reports, label)) for label in labels
    ]


def _panel(reports: Mapping[str, Mapping[str, Values]], label: str) -> Figure:
    rows = [(title, classes[label]) for title, classes in reports.items() if label in classes]
    figure = new_figure(4.6, 1.75 + 0.42 * len(rows))
    axes = figure.add_subplot()
    halves = [report["halves"]["real"] for _, report in rows if report["halves"]]
    if halves:
        axes.axvline(halves[0]["mean"], color=MUTED, linewidth=1.2, linestyle="--", label="real half against real half")
    for y, (_, report) in enumerate(rows):
        for k, (kind, marker, color, words) in enumerate(_MARKS):
            found = (report["halves"] or {}).get(kind) if kind == "generated" else (report[kind] or {}).get("fid")
            if found:
                at, name = y + 0.22 * (k - 1), words if y == 0 else None
                axes.errorbar(
                    found["mean"], at, xerr=found["spread"], fmt=marker, color=color, markersize=5, label=name
                )
    axes.set_yticks(range(len(rows)), [shorten(title, 24) for title, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("FID in " + shorten(rows[0][1]["network"], 44))
    axes.grid(axis="x")
    axes.set_title(shorten(label, 44), fontweight="bold")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)
    return figure


_NOTED = {"d_loss": "discriminator's loss", "g_loss": "generator's loss", "d_accuracy": "share told right"}


@inline_svgs
def losses(history: Mapping[str, Sequence[float]]) -> list[tuple[str, Figure]]:
    """What a training noted of each loop: `label/name` or `name` -> values; one panel for each label.

    Thin lines are the values, thick ones their moving mean over a fiftieth of the loops.
    """
    groups: dict[str, dict[str, Sequence[float]]] = {}
    for key, values in history.items():
        label, _, name = key.rpartition("/")
        groups.setdefault(label, {})[name] = values
    return [
        (f"Losses of the training: {shorten(label, 60) or 'all classes'}.", _losses(label, parts))
        for label, parts in groups.items()
    ]


def _losses(label: str, parts: Mapping[str, Sequence[float]]) -> Figure:
    figure = new_figure(4.6, 3.1)
    axes = figure.add_subplot()
    colors = (BLUE, VERMILLION, GREEN, AMBER, INK, MUTED, GREY)
    for k, (name, values) in enumerate(parts.items()):
        color = colors[k % len(colors)]
        loops, seen, mean = _thinned(np.asarray(values, dtype=float))
        axes.plot(loops, seen, color=color, linewidth=0.6, alpha=0.35)
        axes.plot(loops, mean, color=color, linewidth=1.6, label=shorten(_NOTED.get(name, name.replace("_", " ")), 24))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("loop")
    axes.grid()
    if label:
        axes.set_title(shorten(label, 44), fontweight="bold")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _thinned(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loops, values and moving means, at most 400 of each."""
    width = max(1, len(values) // 50)
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    mean = np.convolve(padded, np.full(width, 1 / width), mode="valid")
    step = max(1, -(-len(values) // _MAX_POINTS))
    return np.arange(1, len(values) + 1)[::step], values[::step], mean[::step]


_HEALTH = {
    "diversity": "diversity, share of the real images'",
    "distinct": "distance to the nearest other image, share",
    "rank": "directions in which images vary, share",
    "spectrum": "rank of the discriminator's weights, share",
    "saturation": "loops in which the discriminator is always right",
    "recognised": "taken for the right class by the critic",
}


@inline_svg("What the training says of each class: diversity, distinct images, ranks, saturation of the discriminator.")
def health(classes: Mapping[str, Values], limits: Mapping[str, float]) -> Figure | None:
    """The state of a training from a generator's `health_`, one row for each quantity, one mark for each class.

    limits: below which a quantity means a collapse; shown as a bar. Collapsed classes are open and vermillion.
    """
    names = [name for name in _HEALTH if any(name in found for found in classes.values())]
    if not names:
        return None
    figure = new_figure(9.2, 1.0 + 0.36 * len(names))
    axes = figure.add_subplot()
    markers = "osD^vP*X"
    for k, (label, found) in enumerate(classes.items()):
        rows = [y for y, name in enumerate(names) if name in found]
        values = [min(float(found[names[y]]), 1.5) for y in rows]
        color = VERMILLION if found["collapsed"] else BLUE
        title = shorten(label, 24) + (" (collapsed)" if found["collapsed"] else "")
        fill = "none" if found["collapsed"] else color
        axes.scatter(
            values,
            rows,
            s=44,
            marker=markers[k % len(markers)],
            facecolors=fill,
            edgecolors=color,
            label=title,
            zorder=3,
        )
    for y, name in enumerate(names):
        if name in limits:
            axes.plot([limits[name]] * 2, [y - 0.36, y + 0.36], color=MUTED, linewidth=2.2, zorder=2)
    axes.set_yticks(range(len(names)), [_HEALTH[name] for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("bar: collapsed when below; values above 1.5 are shown there")
    axes.grid(axis="x")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", ncols=1)
    return figure


@inline_svgs
def confusion_matrices(matrices: Mapping[str, np.ndarray], classes: Sequence[str]) -> list[tuple[str, Figure]]:
    """Counts (k, k), true classes down and answers across, by title; shaded by the share of the true class."""
    size = max(3.05, 0.95 + 0.62 * len(classes))
    panels = []
    for title, matrix in matrices.items():
        figure = new_figure(size, size)
        _matrix(figure.add_subplot(), np.asarray(matrix, dtype=float), classes)
        figure.axes[0].set_title(shorten(title, int(11 * size)), fontweight="bold")
        panels.append((f"Confusion matrix: {shorten(title, 80)}.", figure))
    return panels


def _matrix(axes: Axes, matrix: np.ndarray, classes: Sequence[str]) -> None:
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap=_SCALE, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        color = "white" if share > _WHITE_FROM else INK
        value = matrix[row, column]
        text = number(value, 0 if float(value).is_integer() else 1)
        axes.text(column, row, f"{text}\n{percent(share)}" if value else "0", ha="center", va="center", color=color)
    names = [shorten(name, 14) for name in classes]
    axes.set_xticks(
        range(len(names)), names, rotation=0 if len(names) <= 3 else 40, ha="center" if len(names) <= 3 else "right"
    )
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("what the inspector says")
    axes.set_ylabel("what the image shows")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
