"""matplotlib figures as inline SVG that can share one page."""

import contextlib
import functools
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, ParamSpec

import matplotlib
from matplotlib.figure import Figure

P = ParamSpec("P")

INK, MUTED, RULE = "#1b2530", "#55616d", "#d5dbe1"
# Okabe and Ito (2008): told apart with every common kind of colour blindness
BLUE, VERMILLION, GREEN, AMBER, GREY = "#0072b2", "#d55e00", "#00795a", "#b87800", "#b4bcc4"
SLATE = "#5d7183"

_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,  # a column may be called $x$
    "axes.edgecolor": "#8b96a1",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 9.5,
    "axes.titlepad": 8.0,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.fonttype": "none",  # real text: small, searchable, in the page's own font
    "svg.hashsalt": "rarefault",
}
_SCALE = 1.2  # the page shows a figure this much larger than its inches
_DOTS_PER_INCH = 160  # of clouds of points, the only part that is no vector
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_REFERENCE = re.compile(r'(url\(#|href="#)([^)"]+)')
_ID = re.compile(r'\s+id="([^"]*)"')


def inline_svg(alt: str) -> Callable[[Callable[P, Figure | None]], Callable[P, str | None]]:
    """Make a function that draws a Figure return it as one `<svg>` element, or None where it drew nothing.

    alt: what a screen reader says. The ids inside the element start with the function's name, so that figures
    do not clash on one page. matplotlib's settings are put back afterwards.
    """

    def decorate(draw: Callable[P, Figure | None]) -> Callable[P, str | None]:
        @functools.wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> str | None:
            with _styled():
                figure = draw(*args, **kwargs)
                return None if figure is None else _embed(figure, draw.__name__, alt)

        return drawn

    return decorate


def inline_svgs(draw: Callable[P, list[tuple[str, Figure]]]) -> Callable[P, list[str]]:
    """The same for a function that draws several panels, each with what a screen reader says."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> list[str]:
        with _styled():
            panels = draw(*args, **kwargs)
            return [_embed(figure, f"{draw.__name__}{k}", alt) for k, (alt, figure) in enumerate(panels)]

    return drawn


@contextlib.contextmanager
def _styled() -> Iterator[None]:
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the page's fonts draw the text, not matplotlib's
        yield


def new_figure(width: float, height: float, margins: Mapping[str, float] | None = None) -> Figure:
    """An empty figure of that many inches, laid out automatically unless its margins are given."""
    figure = Figure(figsize=(width, height), layout=None if margins else "constrained", facecolor="none")
    if margins:
        figure.subplots_adjust(**margins)
    return figure


def _embed(figure: Figure, name: str, alt: str) -> str:
    buffer = io.StringIO()
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", dpi=_DOTS_PER_INCH, metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<(metadata|style)\b.*?</\1>", "", text, flags=re.DOTALL)
    used = {match.group(2) for match in _REFERENCE.finditer(text)}
    text = _TAG.sub(lambda tag: _prefix(tag.group(), name, used), text)
    pixels = _SCALE * 96 * figure.get_figwidth()
    opening = f'<svg role="img" aria-label="{escape(alt)}" style="max-width:{pixels:.0f}px"'
    head, rest = text.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head).replace("<svg", opening, 1)
    return re.sub(r">\s*\n\s*<", "><", f"{head}>{rest}".strip())


def _prefix(tag: str, name: str, used: set[str]) -> str:
    """Give the ids of one tag a prefix; drop those that nothing refers to."""
    tag = _REFERENCE.sub(rf"\g<1>{name}-\g<2>", tag)
    return _ID.sub(lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", tag)
