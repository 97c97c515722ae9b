"""Which images a report shows: real beside generated, nearest pairs, strips, right and wrong answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rarefault.report.formats import number
from rarefault.report.images.pictures import Strip, sheet
from rarefault.report.svg import GREEN, VERMILLION

_IN_A_LINE = 10


def contact_sheet(real: Mapping[str, np.ndarray], generated: Mapping[str, np.ndarray], lines: int = 2) -> str | None:
    """Real and generated images of each class, by class name, `lines` of ten each, spread over what is given."""
    strips = [
        Strip(label, _spread(images[label], lines * _IN_A_LINE), kind)
        for label in {**real, **generated}
        for kind, images in (("real", real), ("generated", generated))
        if label in images
    ]
    return sheet(strips, "Real and generated images of each class.", columns=_IN_A_LINE)


def nearest_sheet(pairs: Mapping[str, Mapping[str, np.ndarray]]) -> str | None:
    """For each class the pairs that `nearest_pairs` found: generated images above their nearest real ones."""
    strips = []
    for label, found in pairs.items():
        apart = [number(distance, 2) for distance in found["distance"]]
        strips.append(Strip(label, found["generated"], "generated"))
        strips.append(Strip(label, found["real"], "nearest real image, and its distance", apart))
    return sheet(strips, "Generated images above the real images that are nearest to them.", columns=_IN_A_LINE)


def interpolation_sheet(strips: Mapping[str, Mapping[str, np.ndarray] | None]) -> str | None:
    """For each class the strips that `interpolate` made: through the latent space above the pixel cross-fade."""
    rows = [
        Strip(label, found[kind][pair], title)
        for label, found in strips.items()
        if found is not None
        for pair in range(len(found["latent"]))
        for kind, title in (("latent", "through the latent space"), ("fade", "pixel cross-fade"))
    ]
    return sheet(rows, "Strips from one generated image to another, and their cross-fades.", columns=12)


def translation_sheet(strips: Mapping[str, Sequence[tuple[str, np.ndarray]]]) -> str | None:
    """For each class the stages of a translation, (title, images) one after another: before, after, back again.

    Images of one column belong together.
    """
    rows = [Strip(label, images[:_IN_A_LINE], title) for label, stages in strips.items() for title, images in stages]
    return sheet(rows, "Images before a translation, after it, and translated back.", columns=_IN_A_LINE)


def answers_sheet(
    images: np.ndarray, codes: np.ndarray, p: np.ndarray, classes: Sequence[str], most: int = 20
) -> str | None:
    """Right and wrong answers of a classifier on images (n, c, h, w), the surest first.

    codes: true positions (n,) among `classes`; p: probabilities (n, k). Below an image: what was said and, where that
    is wrong, what is true.
    """
    said, sure = p.argmax(axis=1), p.max(axis=1)
    parts = []
    for title, chosen, color in (("wrong", said != codes, VERMILLION), ("right", said == codes, GREEN)):
        at = np.flatnonzero(chosen)
        at = _alternating(at[np.argsort(-sure[at], kind="stable")], codes)[:most]
        captions = [_caption(classes, int(said[i]), int(codes[i])) for i in at]
        total = int(chosen.sum())
        shown = f"{total}" if total <= most else f"{most} of {total}"
        parts.append(Strip(title, images[at], shown, captions, color))
    return sheet(parts, "Test images that were classified wrongly and rightly.", columns=8, shown=100)


def _alternating(at: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The same positions, one of each true class in turn."""
    turn: dict[int, int] = {}
    keys = []
    for i in at:
        turn[int(codes[i])] = turn.get(int(codes[i]), -1) + 1
        keys.append(turn[int(codes[i])])
    return np.asarray(at[np.argsort(keys, kind="stable")])


def _caption(classes: Sequence[str], said: int, true: int) -> str:
    return classes[said] if said == true else f"said {classes[said]}\nis {classes[true]}"


def _spread(images: Any, most: int) -> np.ndarray:
    """At most `most` of the images, evenly spread: neighbours in a folder are often alike."""
    picked = np.linspace(0, len(images) - 1, min(most, len(images))).round().astype(int)
    shown: np.ndarray = np.asarray(images)[picked]
    return shown
