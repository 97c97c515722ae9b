"""Sheets of small images as inline SVG, each image a PNG inside it, bounded in size."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

from rarefault.report.formats import clean, shorten
from rarefault.report.svg import INK

MOST_PIXELS = 200_000
"""In one sheet; larger images are shrunk. As PNG files 200,000 pixels in RGB are about .5 MB, .7 MB in the page."""

_GAP, _LINE, _LETTER, _BOLD, _TITLE = 4.0, 15.0, 6.8, 7.9, 135.0


@dataclass(frozen=True)
class Strip:
    """Images (n, c, h, w) uint8 of one kind.

    title, note: on its left, the title in bold; captions: one below each image, of one or more lines, or none; color:
    of a frame around each image, or empty.
    """

    title: str
    images: np.ndarray
    note: str = ""
    captions: Sequence[str] = ()
    color: str = ""


def png_uri(pixels: np.ndarray) -> str:
    """An image (c, h, w) uint8, grey or RGB, as a data address."""
    picture = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def sheet(strips: Sequence[Strip], alt: str, *, columns: int = 10, shown: int = 84) -> str | None:
    """Strips one below another, titles on the left, at most `columns` images in a line; None without any image.

    alt: what a screen reader says; shown: the width of an image in the page's pixels.
    """
    strips = [strip for strip in strips if len(strip.images)]
    if not strips:
        return None
    across = min(columns, max(len(strip.images) for strip in strips))
    parts: list[str] = []
    top = 0.0
    shrink = _shrinking(strips)
    for strip in strips:
        top = _draw(parts, strip, top, across, shown, shrink)
    width, height = _TITLE + across * (shown + _GAP), top
    return (
        f'<svg role="img" aria-label="{escape(alt)}" style="max-width:{width:.0f}px" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _shrinking(strips: Sequence[Strip]) -> float:
    pixels = sum(strip.images.size // strip.images.shape[1] for strip in strips)
    return float(min(1.0, (MOST_PIXELS / pixels) ** 0.5))


def _draw(parts: list[str], strip: Strip, top: float, across: int, shown: int, shrink: float) -> float:
    """Add a strip's elements; returns where the next one starts."""
    height = float(shown * strip.images.shape[2] / strip.images.shape[3])
    caption = _LINE * max((text.count("\n") + 1 for text in strip.captions), default=0)
    words = [(line, "600") for line in _wrapped(strip.title, _BOLD)] + [
        (line, "400") for line in _wrapped(strip.note, _LETTER)
    ]
    for k, (line, weight) in enumerate(words):
        parts.append(_text(0, top + _LINE * (k + 0.9), line, weight=weight))
    for at, pixels in enumerate(strip.images):
        row, column = divmod(at, across)
        x, y = _TITLE + column * (shown + _GAP), top + row * (height + caption + _GAP)
        parts.append(_image(_shrunk(pixels, shrink), x, y, shown, height, strip.color))
        for k, text in enumerate(strip.captions[at].split("\n") if strip.captions else ()):
            line = shorten(text, int(shown / _LETTER))
            parts.append(_text(x + shown / 2, y + height + _LINE * (k + 0.85), line, "middle"))
    rows = -(-len(strip.images) // across)
    return top + max(rows * (height + caption + _GAP), _LINE * (len(words) + 0.5)) + _GAP


def _shrunk(pixels: np.ndarray, share: float) -> np.ndarray:
    if share == 1.0:
        return pixels
    size = (max(1, int(pixels.shape[2] * share)), max(1, int(pixels.shape[1] * share)))
    return np.stack([np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BOX)) for channel in pixels])


def _image(pixels: np.ndarray, x: float, y: float, width: float, height: float, color: str) -> str:
    crisp = ' style="image-rendering:pixelated"' if pixels.shape[2] < width else ""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    frame = f'<rect {place} fill="none" stroke="{color}" stroke-width="3"/>' if color else ""
    return f'<image {place} href="{png_uri(pixels)}"{crisp}/>{frame}'


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{INK}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _wrapped(text: str, letter: float) -> list[str]:
    """Text in at most four lines; words are cut in the middle where they are too long."""
    most = int(_TITLE / letter)
    lines: list[str] = []
    for word in (shorten(word, most) for word in clean(text, 200).split()):
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines[:4]
