"""From a table's rows to the matrix a classifier wants."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class Completer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Fills gaps: numeric columns with the training median, categorical ones with the most frequent level.

    Also restores the columns' order and dtypes, so that a model can be given loosely typed rows.
    """

    def fit(self, X: pd.DataFrame, y: np.ndarray | None = None) -> Self:
        """Learn medians and modes from rows X (n, d)."""
        self.columns_ = list(X.columns)
        self.levels_ = {
            name: [str(level) for level in X[name].cat.categories]
            for name in self.columns_
            if isinstance(X[name].dtype, pd.CategoricalDtype)
        }
        self.fills_ = {name: self._fill(X[name]) for name in self.columns_}
        return self

    def _fill(self, values: pd.Series) -> Any:
        if values.name in self.levels_:
            modes = values.mode()
            return str(modes.iloc[0]) if len(modes) else self.levels_[str(values.name)][0]
        median = values.median()
        return 0.0 if np.isnan(median) else float(median)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """The rows (n, d), complete, in the training order; an unknown level counts as missing."""
        numeric = [name for name in self.columns_ if name not in self.levels_]
        filled = X[numeric].astype(np.float64).fillna({name: self.fills_[name] for name in numeric})
        if not self.levels_:
            return filled
        columns: dict[str, Any] = {name: filled[name] for name in numeric}
        for name, levels in self.levels_.items():
            values = pd.Categorical(X[name].astype(object), categories=levels)
            columns[name] = pd.Series(values, index=X.index).fillna(self.fills_[name])
        return pd.DataFrame({name: columns[name] for name in self.columns_}, index=X.index)


def column_encoder(X: pd.DataFrame, scale: bool) -> ColumnTransformer:
    """One-hot for the categorical columns of X, standard scores (or nothing) for the numeric ones."""
    categorical = [name for name in X.columns if isinstance(X[name].dtype, pd.CategoricalDtype)]
    numeric = [name for name in X.columns if name not in categorical]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, drop="if_binary")
    return ColumnTransformer(
        [("numeric", StandardScaler() if scale else "passthrough", numeric), ("categorical", one_hot, categorical)],
        verbose_feature_names_out=False,
    )


@dataclass(frozen=True)
class EncodedColumn:
    """A column of the encoded matrix: (value - mean) / spread of column `name`, or 1 where it has `level`, else 0."""

    name: str
    level: str | None = None
    mean: float = 0.0
    spread: float = 1.0


def encoded_columns(encoder: ColumnTransformer) -> list[EncodedColumn]:
    """What each column of a fitted encoder's matrix stands for, in the matrix's order."""
    found: list[EncodedColumn] = []
    for part, transformer, names in encoder.transformers_:
        if part == "numeric" and len(names):
            means = getattr(transformer, "mean_", np.zeros(len(names)))
            spreads = getattr(transformer, "scale_", np.ones(len(names)))
            found += [EncodedColumn(n, None, float(m), float(s)) for n, m, s in zip(names, means, spreads, strict=True)]
        elif part == "categorical" and len(names):
            dropped = [None] * len(names) if transformer.drop_idx_ is None else transformer.drop_idx_
            for name, levels, left_out in zip(names, transformer.categories_, dropped, strict=True):
                found += [EncodedColumn(name, str(v)) for k, v in enumerate(levels) if k != left_out]
    return found
