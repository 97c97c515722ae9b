"""Mixed-type rows <-> an exact float64 matrix: numbers as they are, levels as their positions."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class CodedColumn:
    """One column: its dtype if numeric, or its levels; low and high bound what decoding gives back."""

    name: Any
    dtype: str
    levels: tuple[Any, ...]
    low: float
    high: float
    whole: bool

    @property
    def categorical(self) -> bool:
        """Whether the column holds levels; numeric columns have none."""
        return self.dtype == "category"


class RowCodes:
    """Encodes rows as (n, d) float64 in column order; decoding clips to the range seen in fit and rounds."""

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn dtypes, levels and ranges from complete rows X (n, d); raises ValueError for infinities."""
        self.columns_ = tuple(_column(X[name]) for name in X.columns)
        return self._prepared()

    def _prepared(self) -> Self:
        self.low_ = np.array([c.low for c in self.columns_])
        self.high_ = np.array([c.high for c in self.columns_])
        self.whole_ = np.array([c.whole for c in self.columns_], dtype=bool)
        self.categorical_ = np.array([c.categorical for c in self.columns_], dtype=bool)
        return self

    def encode(self, X: pd.DataFrame) -> np.ndarray:
        """Rows as a float64 matrix (n, d)."""
        values = [X[c.name].cat.codes if c.categorical else X[c.name] for c in self.columns_]
        return np.column_stack([np.asarray(v, dtype=np.float64) for v in values])

    def decode(self, M: np.ndarray) -> pd.DataFrame:
        """A matrix (n, d) as rows with the columns and dtypes seen in fit."""
        values = np.clip(M, self.low_, self.high_)
        values[:, self.whole_] = np.rint(values[:, self.whole_])
        if all(c.dtype == "float64" for c in self.columns_):
            return pd.DataFrame(values, columns=[c.name for c in self.columns_])
        return pd.DataFrame({c.name: _decoded(values[:, i], c) for i, c in enumerate(self.columns_)})

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values that `from_json` reads back."""
        return [{**vars(c), "levels": list(c.levels)} for c in self.columns_]

    @classmethod
    def from_json(cls, values: list[dict[str, Any]]) -> Self:
        """Read what `to_json` wrote."""
        codes = cls()
        codes.columns_ = tuple(CodedColumn(**{**c, "levels": tuple(c["levels"])}) for c in values)
        return codes._prepared()


def _column(values: pd.Series) -> CodedColumn:
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = tuple(values.cat.categories)
        return CodedColumn(values.name, "category", levels, 0.0, len(levels) - 1.0, True)
    numbers = values.to_numpy(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"column {values.name!r} holds infinite or missing values; accepted: finite numbers")
    whole = bool(np.all(numbers == np.rint(numbers)))
    return CodedColumn(values.name, str(values.dtype), (), float(numbers.min()), float(numbers.max()), whole)


def _decoded(values: np.ndarray, column: CodedColumn) -> Any:
    if column.categorical:
        return pd.Categorical.from_codes(values.astype(np.intp), categories=pd.Index(column.levels))
    return values.astype(column.dtype)
