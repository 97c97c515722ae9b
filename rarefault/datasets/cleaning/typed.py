"""Any column -> float64 numbers or tidy texts."""

import datetime
import numbers
import re
from decimal import Decimal

import numpy as np
import pandas as pd
from pandas.api import types

from rarefault.datasets.cleaning.ledger import Ledger
from rarefault.datasets.files.numerals import is_missing, read_numbers
from rarefault.datasets.files.units import without_unit
from rarefault.datasets.wording import counted, shown

NUMERIC_SHARE = 0.95
EXACT = 2.0**53
_TIMES = (datetime.date, datetime.time, datetime.timedelta, pd.Period, np.datetime64, np.timedelta64)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
_DAY = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))"
_TIME_TEXT = re.compile(rf"{_CLOCK}|{_DAY}(?:[T ]+{_CLOCK}\s*(?:Z|[+-]\d{{2}}:?\d{{2}})?)?")


def typed(values: pd.Series, decimal: str, ledger: Ledger) -> np.ndarray | None:
    """The column as float64 (n,) with NaN for gaps, or as texts (n,) object with None; None when it was dropped."""
    name, dtype = str(values.name), values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _texts(values.astype(object), name, ledger)
    if types.is_timedelta64_dtype(dtype):
        ledger.note(name, "durations became seconds")
        return np.asarray(values.dt.total_seconds().to_numpy(np.float64))
    if types.is_complex_dtype(dtype) or isinstance(dtype, (pd.IntervalDtype, pd.SparseDtype)):
        ledger.drop(name, "neither numbers nor texts")
        return None
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        ledger.drop(name, "dates or times")
        return None
    if types.is_numeric_dtype(dtype):
        return _as_float(values, name, ledger)
    return _from_objects(values.astype(object), decimal, ledger)


def _as_float(values: pd.Series, name: str, ledger: Ledger) -> np.ndarray:
    if types.is_bool_dtype(values.dtype):
        ledger.note(name, "true / false became 1 / 0")
    out: np.ndarray = values.to_numpy(np.float64, na_value=np.nan)
    if types.is_integer_dtype(values.dtype) and np.nanmax(np.abs(out), initial=0.0) > EXACT:
        ledger.note(name, "whole numbers above 2^53 were rounded to the nearest float")
    return out


def _from_objects(values: pd.Series, decimal: str, ledger: Ledger) -> np.ndarray | None:
    name = str(values.name)
    present = values[values.notna().to_numpy()]
    kinds = set(present.map(type))
    if all(issubclass(kind, str) for kind in kinds):
        return _from_texts(_texts(values, name, ledger), name, decimal, ledger)
    if all(issubclass(kind, _TIMES) for kind in kinds):
        ledger.drop(name, "dates or times")
        return None
    if all(issubclass(kind, (numbers.Real, Decimal, np.bool_)) for kind in kinds):
        if kinds <= {bool, np.bool_}:
            ledger.note(name, "true / false became 1 / 0")
        return values.where(values.notna(), None).map(_to_float).to_numpy(np.float64)
    if not all(issubclass(kind, (str, numbers.Real, Decimal, np.bool_, *_TIMES)) for kind in kinds):
        ledger.drop(name, "neither numbers nor texts")
        return None
    ledger.note(name, "numbers and texts are mixed; all were read as texts")
    return _from_texts(_texts(values, name, ledger), name, decimal, ledger)


def _to_float(value: numbers.Real | Decimal | None) -> float:
    try:
        return float("nan") if value is None or value != value else float(value)
    except OverflowError:
        return float("inf")


def _texts(values: pd.Series, name: str, ledger: Ledger) -> np.ndarray:
    """Stripped texts, (n,) object, None for gaps; spellings of a missing value are counted."""
    out = np.full(len(values), None, dtype=object)
    spelled = 0
    for i, (value, gap) in enumerate(zip(values, values.isna(), strict=True)):
        if not gap:
            text = str(value).strip()
            missing = is_missing(text)
            spelled += missing
            out[i] = None if missing else text
    if spelled:
        ledger.note(name, f"{counted(spelled, 'text')} such as NA, '-' or an empty text read as missing")
    return out


def _from_texts(texts: np.ndarray, name: str, decimal: str, ledger: Ledger) -> np.ndarray | None:
    codes, levels = pd.factorize(texts)
    if not len(levels):
        return np.full(len(texts), np.nan)
    counts = np.bincount(codes[codes >= 0])
    found, unit = _numbers(list(levels), decimal)
    reads = ~np.isnan(found)
    if counts[reads].sum() >= NUMERIC_SHARE * counts.sum():
        ledger.note(name, _number_sentence(levels, found, counts))
        ledger.units[name] = unit
        return np.append(found, np.nan)[codes]
    times = np.array([_TIME_TEXT.fullmatch(text) is not None for text in levels])
    if counts[times].sum() >= NUMERIC_SHARE * counts.sum():
        ledger.drop(name, "dates or times")
        return None
    return texts


def _numbers(levels: list[str], decimal: str) -> tuple[np.ndarray, str]:
    """A number for each text, NaN for none, and the unit behind them when no text is a number alone."""
    found = read_numbers(levels, decimal)
    if not np.isnan(found).all():
        return found, ""
    bare, unit = without_unit(levels)
    return (read_numbers(bare, decimal), unit) if unit else (found, "")


def _number_sentence(levels: np.ndarray, found: np.ndarray, counts: np.ndarray) -> str:
    reads = ~np.isnan(found)
    first = int(np.flatnonzero(reads)[0])
    example = f"for example {shown(levels[first])} as {found[first]:g}"
    told = f"{counted(int(counts[reads].sum()), 'text')} read as numbers ({example})"
    if reads.all():
        return told
    wrong = shown(levels[int(np.flatnonzero(~reads)[0])])
    return f"{told}; {int(counts[~reads].sum()):,} could not be read (for example {wrong}) and became missing"
