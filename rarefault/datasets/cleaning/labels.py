"""The label column: which rows are faulty, whatever way the file spells it."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from rarefault.datasets.files.numerals import is_missing, read_number
from rarefault.datasets.wording import counted, listed, shown
from rarefault.errors import InputError

_FAULTY_NAMES = """
    1 true yes y fail fails failed failure fault faulty broken nok n.ok not_ok not-ok notok ng bad ko defect defective
    defekt reject rejected scrap anomaly anomalous abnormal error nio n.i.o n.i.o. schlecht ausschuss difettoso guasto
    scarto damaged
"""
_GOOD_NAMES = "0 -1 false no n pass passed ok okay good io i.o i.o. healthy normal gut buono conforme intact nominal"
_FAULTY = frozenset([*_FAULTY_NAMES.split(), "not ok"])
_GOOD = frozenset(_GOOD_NAMES.split())
OTHER = "other"
_FLAGS = ({"0", "1"}, {"-1", "1"}, {"false", "true"}, {"no", "yes"}, {"n", "y"})
"""Pairs that answer a question which only the column's name asks: is it faulty, or is it good?"""


@dataclass(frozen=True)
class Labels:
    """What the label column says.

    column: its name; kept: (n,) bool, rows that have a label; y: (kept,) int8, 1 = fault; codes: (kept,) one integer
    per class as the file has it; positive and negative: the spellings for a faulty and a good part.
    """

    column: str
    kept: np.ndarray
    y: np.ndarray
    codes: np.ndarray
    positive: str
    negative: str
    repairs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_labels(values: pd.Series, positive: object | None, where: str) -> Labels:
    """Read a label column; spaces, case and 1 / 1.0 / '1' make no difference.

    `positive` names the faulty value; it may be left out when the two values tell. Raises InputError, beginning with
    `where`, for one class, for more than two without `positive`, and for a `positive` that does not occur.
    """
    where = f"{where}: the label column {shown(values.name)}"
    keys, spelled = _classes(values, where)
    kept = keys >= 0
    repairs = [] if kept.all() else [f"{counted(int((~kept).sum()), 'row')} without a label dropped"]
    repairs += _merged(spelled)
    names = [forms.most_common(1)[0][0] for forms in spelled.values()]
    classes = list(spelled)
    if len(classes) < 2:
        lost = f" ({repairs[0]}; an empty cell, NA, '-' and '?' count as missing)" if not kept.all() else ""
        raise InputError(f"{where} holds {listed(names) or 'no value'} only{lost}; accepted: two classes")
    warnings: list[str] = []
    if positive is None:
        counts = np.bincount(keys[kept], minlength=len(classes))
        chosen, why = _inferred(classes, names, counts, where)
        told = f"{shown(names[chosen])} in {shown(values.name)} is taken as faulty ({why})"
        warnings.append(f"{told}: no positive value was given; --positive names another")
    else:
        chosen = _chosen(positive, classes, names, where)
    negative = names[1 - chosen] if len(classes) == 2 else OTHER
    if len(classes) > 2:
        others = listed(name for i, name in enumerate(names) if i != chosen)
        repairs.append(f"the label is {shown(names[chosen])} against the rest: {others}")
    codes = keys[kept]
    column = str(values.name)
    return Labels(column, kept, (codes == chosen).astype(np.int8), codes, names[chosen], negative, repairs, warnings)


def label_key(value: object) -> str | None:
    """One spelling for equal labels: 1, 1.0 and ' 1 ' are '1'; texts lose case and outer spaces; None when missing."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (float, np.integer, np.floating)):
        return _number_key(float(value))
    text = str(value).strip()
    if is_missing(text):
        return None
    number = read_number(text) if text.replace(".", "").lstrip("+-").isdigit() else None
    return text.casefold() if number is None else _number_key(number)


def _number_key(number: float) -> str | None:
    if not math.isfinite(number):
        return None
    return str(int(number)) if number.is_integer() else repr(number)


def _classes(values: pd.Series, where: str) -> tuple[np.ndarray, dict[str, Counter[str]]]:
    """A class number for each row (-1 = missing), and how often each class is spelled how."""
    plain = values.astype(object).where(values.notna(), None)
    try:
        codes, distinct = pd.factorize(plain.map(_exact))
    except TypeError as problem:
        raise InputError(f"{where} holds nested values; accepted: text, numbers or true / false") from problem
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    numbers: dict[str, int] = {}
    spelled: dict[str, Counter[str]] = {}
    lookup = np.full(len(distinct) + 1, -1)
    for i, (_, value) in enumerate(distinct):
        key = label_key(value)
        if key is not None:
            lookup[i] = numbers.setdefault(key, len(numbers))
            spelled.setdefault(key, Counter())[_spelling(value, key)] += int(counts[i])
    return lookup[codes], spelled


def _exact(value: Hashable) -> tuple[str, Hashable] | None:
    """Keeps True and 1 apart, which are equal in Python."""
    return None if value is None else (type(value).__name__, value)


def _spelling(value: object, key: str) -> str:
    return str(value).strip() if isinstance(value, (str, bool, np.bool_)) else key


def _merged(spelled: dict[str, Counter[str]]) -> list[str]:
    return [f"the labels {listed(sorted(forms))} are read as one class" for forms in spelled.values() if len(forms) > 1]


def _chosen(positive: object, classes: Sequence[str], names: Sequence[str], where: str) -> int:
    key = label_key(positive)
    truth = {"1": "true", "0": "false"} if set(classes) <= {"true", "false"} else {"true": "1", "false": "0"}
    for candidate in (key, truth.get(key or "")):
        if candidate in classes:
            return classes.index(candidate)
    raise InputError(f"{where} never holds the positive value {shown(positive)}; accepted: one of {listed(names, 12)}")


def _inferred(classes: Sequence[str], names: Sequence[str], counts: np.ndarray, where: str) -> tuple[int, str]:
    """Which class is faulty, and why: the word that says so, or else the rarer one; of equal flags the raised one."""
    if len(classes) > 2:
        first = list(zip(names, counts.tolist(), strict=True))[:6]
        found = ", ".join(f"{shown(name)} ({counted(count, 'row')})" for name, count in first)
        more = f" and {len(classes) - 6} more" if len(classes) > 6 else ""
        told = f"{where} holds {len(classes)} classes: {found}{more}"
        raise InputError(f"{told}; accepted: two, or one of them as --positive")
    rarer = f"the rarer value, {counts.min():,} of {counts.sum():,} rows"
    flags = set(classes) in _FLAGS
    if flags and counts[0] != counts[1]:
        return int(np.argmin(counts)), rarer
    if "1" not in classes or flags:
        for known, pick in ((_FAULTY, 0), (_GOOD, 1)):
            members = [i for i, name in enumerate(classes) if name in known]
            if len(members) == 1:
                return abs(members[0] - pick), "the usual word"
    if counts[0] == counts[1]:
        told = f"{where} does not tell which of {listed(names)} is faulty"
        raise InputError(f"{told}; accepted: one of them as --positive")
    return int(np.argmin(counts)), rarer
