"""Columns of any kind -> features that a model can use; every change goes into the ledger."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rarefault.datasets.cleaning.ledger import Ledger
from rarefault.datasets.cleaning.typed import EXACT, typed
from rarefault.datasets.table import Column, Kind
from rarefault.datasets.wording import shown

_MOST_LEVELS = 200
_LEVEL_SHARE = 0.05
_FREE_TEXT_SHARE = 0.5
_ID_NAMES = "id uid udi uuid guid serial index idx row nr no number num key sn barcode matricola sequence seq"
_ID_WORDS = frozenset(_ID_NAMES.split())
LARGEST = 1e100
"""Numbers beyond it stand for no measurement, and their squares would overflow."""
NARROWEST = 1e-100
"""Numbers that differ by no more are constant: the square of such a spread is zero."""
_UNIT = re.compile(r"\[([^\[\]]{1,20})\]$")


@dataclass(frozen=True)
class Limits:
    """What a table must have.

    min_faults: faulty rows, >= 2; min_rows: rows, >= 4; max_missing: largest share of missing values in a column that
    is kept, 0 to 1; max_levels: texts that a category may take, >= 2 (more, up to 200, if under 5 % of the rows).
    """

    min_faults: int = 10
    min_rows: int = 40
    max_missing: float = 0.5
    max_levels: int = 50

    def __post_init__(self) -> None:
        if self.min_faults < 2:
            raise ValueError(f"min_faults must be >= 2, got {self.min_faults}")
        if self.min_rows < 4:
            raise ValueError(f"min_rows must be >= 4, got {self.min_rows}")
        if not 0 <= self.max_missing <= 1:
            raise ValueError(f"max_missing must be between 0 and 1, got {self.max_missing}")
        if self.max_levels < 2:
            raise ValueError(f"max_levels must be >= 2, got {self.max_levels}")


def clean_columns(
    frame: pd.DataFrame, limits: Limits, units: Mapping[str, str], decimal: str, ledger: Ledger
) -> tuple[pd.DataFrame, list[Column]]:
    """The usable features of `frame` (n, d) as float64 and categorical columns, and what each one is."""
    kept: dict[str, np.ndarray | pd.Categorical] = {}
    columns: list[Column] = []
    seen: dict[bytes, str] = {}
    for name in frame.columns:
        values = typed(frame[name], decimal, ledger)
        if values is None:
            continue
        finish = _category if values.dtype == object else _number
        feature = finish(values, name, limits, ledger)
        if feature is None:
            continue
        twin = seen.setdefault(_fingerprint(feature), name)
        if twin != name:
            ledger.drop(name, f"copy of {shown(twin)}")
            continue
        kept[name] = feature
        columns.append(_describe(name, feature, units.get(name) or ledger.units.get(name, "")))
    return pd.DataFrame(kept, index=pd.RangeIndex(len(frame))), columns


def _describe(name: str, feature: "np.ndarray | pd.Categorical", unit: str) -> Column:
    bracketed = _UNIT.search(name)
    unit = unit or (bracketed[1].strip() if bracketed else "")
    if isinstance(feature, pd.Categorical):
        return Column(name, "categorical", unit, tuple(feature.categories))
    return Column(name, _number_kind(feature), unit)


def _number_kind(values: np.ndarray) -> Kind:
    found = values[~np.isnan(values)]
    whole = bool((found == np.rint(found)).all() and np.abs(found).max() <= EXACT)
    return "integer" if whole else "continuous"


def _number(values: np.ndarray, name: str, limits: Limits, ledger: Ledger) -> np.ndarray | None:
    with np.errstate(invalid="ignore"):
        infinite = np.abs(values) > LARGEST
    if infinite.any():
        ledger.infinite[name] = int(infinite.sum())
        values = np.where(infinite, np.nan, values)
    found = values[~np.isnan(values)]
    if _dropped_for_gaps(len(found), len(values), name, limits, ledger):
        return None
    if found.max() - found.min() <= NARROWEST:
        ledger.drop(name, "constant")
        return None
    if len(found) == len(values) and _numbers_rows(values, name):
        ledger.drop(name, "row numbers, a different whole number in each row")
        return None
    return values + 0.0 if (np.signbit(values) & (values == 0)).any() else values  # no -0.0 beside 0.0


def _category(texts: np.ndarray, name: str, limits: Limits, ledger: Ledger) -> pd.Categorical | None:
    codes, levels = pd.factorize(texts, sort=True)
    found = int((codes >= 0).sum())
    if _dropped_for_gaps(found, len(texts), name, limits, ledger):
        return None
    if len(levels) == 1:
        ledger.drop(name, "constant")
        return None
    if len(levels) > _FREE_TEXT_SHARE * found:
        ledger.drop(name, "row names or free text, most texts occur once")
        return None
    if len(levels) > max(limits.max_levels, min(_MOST_LEVELS, _LEVEL_SHARE * found)):
        accepted = f"{limits.max_levels}, or {_LEVEL_SHARE:.0%} of the rows up to {_MOST_LEVELS}"
        ledger.drop(name, f"too many different texts, accepted: {accepted}")
        return None
    return pd.Categorical.from_codes(codes, categories=pd.Index(levels, dtype=object))


def _dropped_for_gaps(found: int, n: int, name: str, limits: Limits, ledger: Ledger) -> bool:
    if found == 0:
        ledger.drop(name, "no value at all")
    elif n - found > limits.max_missing * n:
        ledger.drop(name, f"more than {limits.max_missing:.0%} missing")
    else:
        return False
    return True


def _numbers_rows(values: np.ndarray, name: str) -> bool:
    """Whether complete values are whole, all different, and in order or named like an identifier."""
    if not (values == np.rint(values)).all():
        return False
    steps = np.diff(values)
    if (steps > 0).all() or (steps < 0).all():
        return True
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
    return not _ID_WORDS.isdisjoint(words) and len(np.unique(values)) == len(values)


def _fingerprint(feature: "np.ndarray | pd.Categorical") -> bytes:
    """Equal for equal columns; all NaN are alike."""
    if isinstance(feature, pd.Categorical):
        text = "\0".join(feature.categories).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text + feature.codes.astype(np.int64).tobytes(), digest_size=16).digest()
    plain = np.where(np.isnan(feature), np.nan, feature)
    return hashlib.blake2b(plain.tobytes(), digest_size=16, person=b"number").digest()
