"""Units of measurement: in a line below the column names, or behind each number of a column."""

import re
from collections import Counter
from collections.abc import Sequence

from rarefault.datasets.files.lines import Row, columns_of
from rarefault.datasets.files.numerals import holds_numbers, is_missing, is_number

_SYMBOLS = """
    A Ah Bq C F Gy H Hz J K L N Nm Ohm Pa S T V VA VAr W Wb Wh at bar cd d deg dB dBm eV ft g gal grad h in inch l lb
    lbf lm lx min mol oz ppm psi pcs rad rev rpm sec Sv t u U Upm Stk px \u00b0 \u00b0C \u00b0F \u2103 \u03a9
    \u2126 % \u2030
"""
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(_SYMBOLS.split(), key=len, reverse=True))
_POWERS = r"(?:\^?[-\u207b]?[1-4\u00b2\u00b3])?"
_FACTOR = rf"[pnu\u00b5\u03bcmcdhkMGT]?(?:[ms]{_POWERS}|{_SYMBOL})"
_UNIT = re.compile(rf"(?:1/)?{_FACTOR}(?:[ /*\u00b7.]{_FACTOR})*")
_CAPITALS = "MM CM NM KN KG BAR MBAR KPA MPA RPM SEC MIN DEG HZ KHZ KW PSI PCS"
_BRACKETED = re.compile(r"\[[^\[\]]{0,20}\]|\([^()]{0,20}\)|<[^<>]{0,20}>|\{[^{}]{0,20}\}")
_TYPE_NAMES = "text string str char varchar bool boolean int integer float double real numeric enum"
_TYPES = frozenset(_TYPE_NAMES.split())
_WORDS = _TYPES | frozenset(_CAPITALS.split())
_CALENDAR = re.compile(r"(?=.*[dmyhs]{2})[dmyhst]+(?:[ :./_-]+[dmyhst]+)+", re.IGNORECASE)

_WITH_UNIT = re.compile(r"([+-]?[0-9][0-9., \u00a0\u202f]*(?:[eE][+-]?[0-9]+)?)([^0-9].*)")


def find_units(rows: Sequence[Row], header: int, width: int) -> list[str] | None:
    """The unit of each column ('' for none) when the row below the names holds units or types, else None."""
    below = rows[header + 1 : header + 2]
    if len(rows) < header + 3 or len(below[0].fields) != width:
        return None
    texts = [text.strip() for text in below[0].fields]
    columns = columns_of(rows[header + 2 :], width)
    numeric = [text for text, column in zip(texts, columns, strict=True) if holds_numbers(column)]
    others = [text for text, column in zip(texts, columns, strict=True) if not holds_numbers(column)]
    if any(is_number(text) for text in numeric) or not all(is_missing(text) or _describes(text) for text in others):
        return None
    said = [text for text in numeric if not is_missing(text)]
    known = sum(map(_describes, said))
    return [_unit(text) for text in texts] if known and known >= len(said) / 2 else None


def _describes(text: str) -> bool:
    """Whether a text is a unit, a type or a date's pattern."""
    known = _UNIT.fullmatch(text) or _BRACKETED.fullmatch(text) or _CALENDAR.fullmatch(text)
    return bool(known) or not _WORDS.isdisjoint((text, text.casefold()))


def _unit(text: str) -> str:
    inner = text[1:-1].strip() if _BRACKETED.fullmatch(text) else text
    nothing = is_missing(inner) or inner.casefold() in _TYPES or _CALENDAR.fullmatch(inner)
    return "" if nothing else inner[:20]


def names_twice(rows: Sequence[Row], header: int, width: int) -> bool:
    """Whether the row below the names looks like more names: different texts above nothing but numbers."""
    below = rows[header + 1 : header + 2]
    if len(rows) < header + 4 or len(below[0].fields) != width:
        return False
    columns = columns_of(rows[header + 2 :], width)
    pairs = zip((text.strip() for text in below[0].fields), columns, strict=True)
    above = [text for text, column in pairs if holds_numbers(column)]
    return len(above) > 1 and len(set(above)) == len(above) and not any(is_number(t) or is_missing(t) for t in above)


def without_unit(texts: Sequence[str]) -> tuple[list[str], str]:
    """The texts without the unit that most of them have behind a number, and the unit; '' when there is none.

    One letter counts only after a blank: `3 A` is a current, `3A` may be a name.
    """
    parts = [_WITH_UNIT.fullmatch(text) for text in texts]
    behind = [part[2].strip() if part and _tells(part[1], part[2]) else "" for part in parts]
    unit = Counter(filter(None, behind)).most_common(1)
    if not unit:
        return list(texts), ""
    suffix = unit[0][0]
    bare = [
        part[1].strip() if part and found == suffix else text
        for text, part, found in zip(texts, parts, behind, strict=True)
    ]
    return bare, suffix


def _tells(number: str, suffix: str) -> bool:
    spaced = number[-1].isspace() or suffix[0].isspace()
    unit = suffix.strip()
    return bool(_UNIT.fullmatch(unit)) and (spaced or len(unit) > 1 or not unit.isalpha())
