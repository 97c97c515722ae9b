"""Cron expressions as Kubeflow takes them: six fields, the seconds first."""

import re

from pipelines.cron import Cron
from rarefault.errors import InputError

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = (
    ("seconds", 0, 59, ()),
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_PART = re.compile(r"(\*|\?|[a-z0-9]{1,3}(?:-[a-z0-9]{1,3})?)(?:/([0-9]{1,2}))?")
ACCEPTED = "five fields such as '0 3 * * *' (minutes, hours, day, month, day of the week), or six with seconds first"


def six_fields(text: str) -> str:
    """The expression with seconds; five fields get second 0. Raises InputError naming the field that is wrong."""
    fields = text.lower().split()
    if len(fields) not in (5, 6):
        raise InputError(f"the schedule {text!r} has {len(fields)} fields; accepted: {ACCEPTED}")
    fields = fields if len(fields) == 6 else ["0", *fields]
    for value, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        for part in value.split(","):
            if not _sound(part, low, high, words):
                raise InputError(
                    f"the schedule {text!r} has {part!r} for the {name}; accepted: {low} to {high}, *, */5"
                )
    Cron(" ".join(fields))  # refuses times that never come
    return " ".join(fields)


def _sound(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = _PART.fullmatch(part)
    if not found or (found[2] is not None and not 1 <= int(found[2]) <= max(high, 1)):
        return False
    if found[1] in ("*", "?"):
        return True
    ends = [_number(end, low, words) for end in found[1].split("-")]
    return all(end is not None and low <= end <= high for end in ends) and ends == sorted(ends, key=lambda e: e or 0)


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text in words:
        return words.index(text) + low
    return int(text) if text.isdigit() else None
