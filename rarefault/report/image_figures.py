"""The figures of an image report by name: what there is nothing to show of is left out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from rarefault.report.generator_figures import history
from rarefault.report.images.charts import confusion_matrices, distances, projections
from rarefault.report.images.sheets import (
    answers_sheet,
    contact_sheet,
    interpolation_sheet,
    nearest_sheet,
    translation_sheet,
)

Values = Mapping[str, Any]
Drawn = str | list[str] | None
Group = tuple[str, Drawn]
Figures = dict[str, list[tuple[str, list[Markup]]]]
_STAGES = {
    "produced": ("background", "defect produced", "background again"),
    "eliminated": ("real defect", "defect eliminated", "defect again"),
}


def draw_images(result: Values, details: Values) -> Figures:
    """Titled groups of panels (SVG) by figure.

    details: `entries` (name, title, label) say which generator and class `pictures` and `points` belong to, by name;
    `samples` are test images with codes and probabilities p; `study` is the search, or empty.
    """
    drawn: dict[str, Iterator[Group] | list[Group]] = {
        "distances": [("", _distances(result))],
        "sheets": _by_generator(details, _sheet),
        "strips": _by_generator(details, _translations),
        "interpolation": _by_generator(details, _interpolations),
        "nearest": _by_generator(details, _nearest),
        "tsne": _by_generator(details, _projections),
        "confusion": [("", _confusion(result))],
        "samples": [("", answers_sheet(**details["samples"], classes=_classes(result)))],
        "history": [("", history(details))],
    }
    figures: Figures = {}
    for name, groups in drawn.items():
        kept = [(title, [Markup(svg) for svg in _panels(svgs)]) for title, svgs in groups]
        figures[name] = [(title, svgs) for title, svgs in kept if svgs]
    return {name: groups for name, groups in figures.items() if groups}


def _panels(drawn: str | list[str] | None) -> list[str]:
    return [drawn] if isinstance(drawn, str) else drawn or []


def _classes(result: Values) -> list[str]:
    return [entry["name"] for entry in result["data"]["classes"]]


def _confusion(result: Values) -> list[str]:
    return confusion_matrices({"": np.array(result["confusion"])}, _classes(result))


def _distances(result: Values) -> list[str]:
    reports: dict[str, dict[str, Values]] = {}
    for entry in result["distances"]:
        reports.setdefault(entry["title"], {})[entry["label"]] = entry["fid"]
    return distances(reports)


def _by_generator(details: Values, draw: Callable[[Values, list[Values]], Drawn]) -> Iterator[Group]:
    """One panel for each generator, of its classes."""
    titles = dict.fromkeys(entry["title"] for entry in details["entries"])
    for title in titles:
        entries = [entry for entry in details["entries"] if entry["title"] == title]
        yield title, draw(details, entries)


def _pictures(details: Values, entries: list[Values]) -> Iterator[tuple[str, Mapping[str, np.ndarray]]]:
    for entry in entries:
        yield entry["label"], details["pictures"][entry["name"]]


def _sheet(details: Values, entries: list[Values]) -> str | None:
    found = dict(_pictures(details, entries))
    real = {label: pictures["real"] for label, pictures in found.items()}
    return contact_sheet(real, {label: pictures["drawn"] for label, pictures in found.items()}, lines=1)


def _nearest(details: Values, entries: list[Values]) -> str | None:
    return nearest_sheet(
        {
            label: {name: pictures[f"nearest_{name}"] for name in ("generated", "real", "distance")}
            for label, pictures in _pictures(details, entries)
        }
    )


def _interpolations(details: Values, entries: list[Values]) -> str | None:
    return interpolation_sheet(
        {
            label: {name: pictures[name] for name in ("latent", "fade")}
            for label, pictures in _pictures(details, entries)
            if "latent" in pictures
        }
    )


def _translations(details: Values, entries: list[Values]) -> str | None:
    strips = {
        label: [(title, pictures[way][:, at]) for way, stages in _STAGES.items() for at, title in enumerate(stages)]
        for label, pictures in _pictures(details, entries)
        if "produced" in pictures
    }
    return translation_sheet(strips) if strips else None


def _projections(details: Values, entries: list[Values]) -> list[str]:
    return projections({entry["label"]: details["points"][entry["name"]] for entry in entries})
