"""The time column: numbers, or dates in the spellings of factory exports."""

from itertools import product

import numpy as np
import pandas as pd

from rarefault.datasets.files.numerals import is_missing, read_numbers
from rarefault.datasets.wording import shown
from rarefault.errors import InputError

ACCEPTED = "numbers, ISO 8601 dates, or day/month/year (also with '.' or '-') with or without hh:mm:ss"
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")
_DAYS = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y")
_DAY_FIRST = [day + clock for day, clock in product(_DAYS, _CLOCKS)]
_MONTH_FIRST = [day + clock for day, clock in product(("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y"), _CLOCKS)]
_YEAR_FIRST = ["ISO8601", *(day + clock for day, clock in product(("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"), _CLOCKS))]


def read_times(values: pd.Series, where: str) -> tuple[np.ndarray, list[str]]:
    """The times as float64 or datetime64[ns], (n,), gaps as NaN or NaT, and what should be known about them.

    Raises InputError, beginning with `where`, for a value that is no time.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        try:
            return _as_datetime(values), []
        except pd.errors.OutOfBoundsDatetime as problem:
            cause = f"{where}: the time column {shown(values.name)} holds a time before 1677 or after 2262"
            raise InputError(f"{cause}; accepted: {ACCEPTED}") from problem
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        return values.dt.total_seconds().to_numpy(np.float64), []
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_complex_dtype(values.dtype):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan), []
    texts = values.map(lambda value: None if pd.isna(value) or is_missing(str(value)) else str(value).strip())
    return _from_texts(texts.astype(object), f"{where}: the time column {shown(values.name)}")


def _from_texts(texts: pd.Series, where: str) -> tuple[np.ndarray, list[str]]:
    present = texts.dropna()
    numbers = read_numbers(list(present))
    if np.isfinite(numbers).all():
        out = np.full(len(texts), np.nan)
        out[texts.notna().to_numpy()] = numbers
        return out, []
    fits = [_first_fit(texts, forms) for forms in (_YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST)]
    found = [parsed for parsed in fits if parsed is not None]
    if not found:
        wrong = present[pd.to_datetime(present, format="mixed", errors="coerce", utc=True).isna().to_numpy()]
        example = shown((wrong if len(wrong) else present).iloc[0])
        raise InputError(f"{where} holds values that are no time, for example {example}; accepted: {ACCEPTED}")
    if len(found) == 1 or (found[0] == found[1]).all():
        return found[0], []
    ordered = [parsed for parsed in found if bool(np.all(np.diff(parsed[~np.isnat(parsed)]) >= np.timedelta64(0)))]
    if len(ordered) == 1:
        return ordered[0], []
    example = shown(present.iloc[0])
    return found[0], [f"{where} could be day/month or month/day, for example {example}; read as day/month"]


def _first_fit(texts: pd.Series, forms: list[str]) -> np.ndarray | None:
    """The times by the first format that reads every text, tried on a few texts first."""
    few = texts.dropna().iloc[:50]
    for form in forms:
        if pd.to_datetime(few, format=form, errors="coerce", utc=True).notna().all():
            parsed = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
            if parsed.notna().sum() == texts.notna().sum():
                return _as_datetime(parsed)
    return None


def _as_datetime(values: pd.Series) -> np.ndarray:
    """Nanoseconds in UTC, (n,) datetime64[ns]."""
    if getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    return values.astype("datetime64[ns]").to_numpy()
