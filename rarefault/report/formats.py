"""Numbers, dates and untrusted names as short plain text."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from numbers import Real
from typing import Any

DASH = "\u2013"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


def clean(text: object, limit: int = 400) -> str:
    """Text on one line without control, direction or surrogate characters, cut to `limit` characters."""
    plain = " ".join(_CONTROL.sub(" ", str(text)).split())
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


def shorten(text: object, limit: int) -> str:
    """Clean text cut in the middle: long names of columns differ at their ends."""
    plain = clean(text, 10_000)
    head = (limit - 1) // 2
    return plain if len(plain) <= limit else f"{plain[:head]}…{plain[len(plain) - (limit - 1 - head) :]}"


def sentence(text: object) -> str:
    """Clean text with true minus signs and no line break before a % sign."""
    return re.sub(r"(?<=\d) %", "\u00a0%", re.sub(r"(?<![\w\u2212-])-(?=\d)", "\u2212", clean(text)))


def plain(text: str) -> str:
    """Text for terminals and other programs: blanks in place of narrow and no-break spaces."""
    return re.sub("[\u00a0\u202f\u2009]", " ", text)


def finite(value: Any) -> bool:
    """Whether `value` is a number that can be shown."""
    return isinstance(value, Real) and math.isfinite(value)


def number(value: Any, digits: int = 3) -> str:
    """A fixed-point number, or a dash where there is none."""
    return f"{value:.{digits}f}" if finite(value) else DASH


def signed(value: Any, digits: int = 3) -> str:
    """A number with its sign, or a dash."""
    return f"{value:+.{digits}f}".replace("-", "\u2212") if finite(value) else DASH


def count(value: Any) -> str:
    """A whole number with narrow spaces between thousands."""
    return f"{value:,.0f}".replace(",", "\u202f") if finite(value) else DASH


def quantity(value: Any, unit: str = "", span: float = 0.0) -> str:
    """A measured value and its unit, as exact as a range of width `span` asks for: 20.825 mm, 12 900 000, 2.1e\u221207.

    Four significant digits where no span is known.
    """
    if not finite(value):
        return DASH
    scale = span if span > 0 else abs(value) / 10
    digits = 2 - math.floor(math.log10(scale)) if scale > 0 else 0
    rounded = round(value, digits)
    if rounded and not 1e-4 <= abs(rounded) < 1e15:
        text = f"{rounded:.3g}"
    else:
        whole, _, rest = f"{abs(rounded):,.{max(digits, 0)}f}".partition(".")
        whole = whole.replace(",", "\u202f" if abs(rounded) >= 1e4 else "")
        text = "-" * bool(rounded < 0) + (f"{whole}.{rest.rstrip('0')}").rstrip(".")
    return text.replace("-", "\u2212") + (f"\u00a0{clean(unit, 16)}" if unit else "")


def factor(log_odds: Any) -> str:
    """What a difference in log-odds makes of the odds: \u00d7 2.7, \u00f7 12, \u00d7 1."""
    if not finite(log_odds):
        return DASH
    size = abs(log_odds)
    if size > math.log(1000):
        text = "more than 1000"
    else:
        times = math.exp(size)
        text = f"{times:.{2 if times < 1.995 else 1 if times < 9.95 else 0}f}"
        text = "1" if text == "1.00" else text
    return ("\u00f7" if log_odds < 0 and text != "1" else "\u00d7") + f"\u00a0{text}"


def percent(value: Any) -> str:
    """A share as a percentage, with one more digit near 0 and near 1."""
    if not finite(value):
        return DASH
    digits = 1 if 0 < value < 0.0995 or 0.995 <= value < 1 else 0
    return f"{100 * value:.{digits}f}\u202f%"


def probability(value: Any) -> str:
    """A probability with two digits; never rounded up to certainty."""
    if not finite(value):
        return DASH
    return "< 0.01" if value < 0.005 else "> 0.99" if value > 0.995 else f"{value:.2f}"


def interval(estimate: Mapping[str, Any] | None, digits: int = 3, sign: bool = False) -> str:
    """The ends of a 95 % interval, `low - high`, or an empty string where there is none."""
    if not estimate or not (finite(estimate.get("low")) and finite(estimate.get("high"))):
        return ""
    show = signed if sign else number
    return f"{show(estimate['low'], digits)}\u2009\u2013\u2009{show(estimate['high'], digits)}"


def seconds(value: Any) -> str:
    """A duration: 0.42 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if not finite(value):
        return DASH
    if value < 9.95:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(iso: str) -> str:
    """An ISO time as `23 Nov 2026, 06:03 UTC`; text that is no time stays as it is."""
    try:
        parsed = datetime.fromisoformat(iso)
    except ValueError:
        return clean(iso)
    shown = parsed.astimezone(UTC) if parsed.tzinfo else parsed
    return f"{shown.day} {shown:%b %Y, %H:%M}" + (" UTC" if parsed.tzinfo else "")


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as (dotted name, text) pairs, in their own order."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{clean(name)}.")
        else:
            yield f"{prefix}{clean(name)}", _setting(value)


def _setting(value: Any) -> str:
    if value is None or value == {} or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return clean(", ".join(_setting(item) for item in value))
    return clean(value)
