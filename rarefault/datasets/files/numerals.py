"""Numbers and gaps as text spells them: decimal comma or point, thousands separators, NA and its relatives."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

_GAPS = ("", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "null", "-", "--", "---", "?", ".", "<na>", "nat")
_EXCEL_ERRORS = "#div/0! #value! #ref! #name? #num! #null! #nv #wert! #bezug! #zahl! #n/d"
MISSING = frozenset([*_GAPS, *_EXCEL_ERRORS.split()])
"""Spellings of a missing value, compared without case and surrounding spaces. A number such as -9999 is none."""

_NUMERIC_SHARE = 0.8
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    spaces = "'\u2019 \u00a0\u202f"
    grouped = rf"[1-9][0-9]{{0,2}}([{thousands}{spaces}])[0-9]{{3}}(?:\1[0-9]{{3}})*"
    return re.compile(rf"[+-]?(?:(?:{grouped}|[0-9]+)(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+){_EXPONENT}")


_NUMBER = {".": _pattern(".", ","), ",": _pattern(",", ".")}
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_CLEARLY = {
    ".": re.compile(rf"[+-]?(?:[0-9]*\.(?:[0-9]{{1,2}}|[0-9]{{4,}})|[0-9]{{4,}}\.[0-9]*|0+\.[0-9]+){_EXPONENT}"),
    ",": re.compile(rf"[+-]?(?:[0-9]*,(?:[0-9]{{1,2}}|[0-9]{{4,}})|[0-9]{{4,}},[0-9]*|0+,[0-9]+){_EXPONENT}"),
}
_BOTH = {
    ".": re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*"),
    ",": re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*"),
}
_SMALL = re.compile(r"[+-]?[0-9]{1,3}")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,])[0-9]{3}")


def is_missing(text: str) -> bool:
    """Whether a text stands for no value."""
    return text.strip().casefold() in MISSING


def spellings() -> list[str]:
    """The missing-value spellings in the cases that files use, for a parser that compares exactly."""
    return sorted({form for text in MISSING for form in (text, text.upper(), text.capitalize())} | {"NaN", "NaT"})


def read_number(text: str, decimal: str = ".") -> float | None:
    """The number that a text spells with this decimal mark ('.' or ','), thousands separators allowed, or None."""
    text = text.strip().replace("\u2212", "-")
    if _NUMBER[decimal].fullmatch(text):
        mantissa = re.sub("[^0-9eE+.,-]", "", text).replace("," if decimal == "." else ".", "")
        return float(mantissa.replace(",", "."))
    return float(text) if _INFINITE.fullmatch(text) else None


def is_number(text: str) -> bool:
    """Whether a text spells a number, with whatever decimal mark."""
    return read_number(text, ".") is not None or read_number(text, ",") is not None


def holds_numbers(column: Sequence[str]) -> bool:
    """Whether at least four in five of its texts that are no gaps spell numbers."""
    present = [text for text in column if not is_missing(text)]
    return bool(present) and sum(map(is_number, present)) >= _NUMERIC_SHARE * len(present)


def decimal_mark(texts: Iterable[str], likely: str | None = None) -> str | None:
    """The decimal mark that texts point to: '.', ',' or None when nothing tells.

    `1,5` and `1.234,5` tell; `1,234` could be either, and counts only when no other text tells and no mark is `likely`.
    """
    votes = {".": 0, ",": 0}
    weak = {".": 0, ",": 0}
    for text in map(str.strip, texts):
        for mark in ".,":
            votes[mark] += bool(_CLEARLY[mark].fullmatch(text) or _BOTH[mark].fullmatch(text))
        if match := _AMBIGUOUS.fullmatch(text):
            weak[match[1]] += 1
    if votes["."] != votes[","]:
        return max(votes, key=lambda mark: votes[mark])
    if likely is None and (weak["."] > 0) != (weak[","] > 0):
        return "." if weak["."] else ","
    return likely


def thousands_mark(column: Iterable[str]) -> str | None:
    """The mark that groups thousands in a column such as `950`, `999`, `1.012`; None where it may be a decimal mark.

    It groups them if three digits follow it throughout, and a whole number without it exceeds all with it as decimals.
    """
    present = [text for text in column if not is_missing(text)]
    marked = {mark: [text for text in present if mark in text] for mark in ".,"}
    for mark, texts in marked.items():
        plain = [int(text) for text in present if _SMALL.fullmatch(text)]
        if (
            texts
            and len(plain) > 1
            and len(texts) + len(plain) == len(present)
            and all(map(_AMBIGUOUS.fullmatch, texts))
        ):
            return mark if max(plain) > max(float(text.replace(mark, ".")) for text in texts) else None
    return None


def read_numbers(texts: Sequence[str], decimal: str = ".") -> np.ndarray:
    """Each text as float64, NaN where it spells no number; the other decimal mark is used if more texts fit it."""
    best = [read_number(text, decimal) for text in texts]
    if None in best:
        other = [read_number(text, "," if decimal == "." else ".") for text in texts]
        best = min(best, other, key=lambda found: found.count(None))
    return np.array([np.nan if value is None else value for value in best], dtype=np.float64)
