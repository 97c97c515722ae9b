"""SMOTE and its kin, through imbalanced-learn: new rows on the lines between neighbouring rows of a class.

Chawla et al., SMOTE (2002); Han et al., Borderline-SMOTE (2005); He et al., ADASYN (2008).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import pandas as pd

from rarefault.generators.base import Generator, Progress
from rarefault.generators.table.codes import RowCodes


@dataclass(frozen=True)
class OversamplingSettings:
    """k_neighbors: rows of the class to interpolate towards, >= 1; fewer where the class is smaller.

    m_neighbors: rows around a row that tell whether it is on the border (borderline-smote alone), >= 1.
    """

    k_neighbors: int = 5
    m_neighbors: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("k_neighbors", "m_neighbors"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")


class Smote(Generator):
    """SMOTE on standardised columns; SMOTE-NC (numbers and levels) or SMOTE-N (levels only) where there are levels.

    Keeps the real rows. `notes_` says where a variant could not be used and plain SMOTE took its place.
    """

    name = "smote"
    Settings = OversamplingSettings
    settings: OversamplingSettings
    title: ClassVar[str] = "SMOTE"

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        if len(self.class_counts_) < 2:
            raise ValueError(f"{self.name} needs rows of both classes, got only class {next(iter(self.class_counts_))}")
        self.codes_ = RowCodes().fit(X)
        self.rows_ = self.codes_.encode(X)
        self.labels_ = y.astype(np.int64)
        self._prepare()

    def _prepare(self) -> None:
        self.notes_: list[str] = []
        self.scale_ = np.where(self.codes_.categorical_, 1.0, self.rows_.std(axis=0))
        self.scale_[self.scale_ == 0] = 1.0

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        label = cast(int, label)
        if n == 0:
            return self.codes_.decode(self.rows_[:0])
        if self.class_counts_[label] < 2:
            raise ValueError(f"{self.name} needs two or more rows of class {label} to draw between, got 1")
        rows = self._variant(n, label)
        if rows is None:
            rows = self._plain(n, label)
        return self.codes_.decode(rows * self.scale_)

    def _plain(self, n: int, label: int) -> np.ndarray:
        """Draw n rows (n, d), in standardised units, by SMOTE."""
        from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

        common = {"k_neighbors": self._k(label), **self._request(n, label)}
        categorical = self.codes_.categorical_
        if categorical.all():
            return self._new_rows(SMOTEN(**common))
        if categorical.any():
            return self._new_rows(SMOTENC(np.flatnonzero(categorical).tolist(), **common))
        return self._new_rows(SMOTE(**common))

    def _variant(self, n: int, label: int) -> np.ndarray | None:
        """What a variant of SMOTE draws, or None where it cannot."""
        return None

    def _k(self, label: int) -> int:
        return min(self.settings.k_neighbors, self.class_counts_[label] - 1)

    def _request(self, n: int, label: int) -> dict[str, Any]:
        seed = int(self.rng_.integers(2**31))
        return {"sampling_strategy": {label: self.class_counts_[label] + n}, "random_state": seed}

    def _new_rows(self, sampler: Any) -> np.ndarray:
        rows, _ = sampler.fit_resample(self.rows_ / self.scale_, self.labels_)
        return np.asarray(rows[len(self.rows_) :], dtype=np.float64)  # imbalanced-learn puts the new rows last

    def _note(self, label: int, why: str) -> None:
        note = f"{self.title} cannot be used for class {label} ({why}); plain SMOTE drew the rows instead."
        if note not in self.notes_:
            self.notes_.append(note)

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"rows": self.rows_, "labels": self.labels_}, {"columns": self.codes_.to_json()}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.codes_ = RowCodes.from_json(facts["columns"])
        self.rows_, self.labels_ = arrays["rows"], arrays["labels"]
        self._prepare()


class BorderlineSmote(Smote):
    """Borderline-SMOTE 1: only rows of the class that are surrounded by other classes are drawn from."""

    name = "borderline-smote"
    title = "Borderline-SMOTE"

    def _variant(self, n: int, label: int) -> np.ndarray | None:
        from imblearn.over_sampling import BorderlineSMOTE

        if self.codes_.categorical_.any():
            self._note(label, "there are categorical columns")
            return None
        m = min(self.settings.m_neighbors, len(self.rows_) - 1)
        rows = self._new_rows(BorderlineSMOTE(k_neighbors=self._k(label), m_neighbors=m, **self._request(n, label)))
        if len(rows) < n:
            self._note(label, "no row is on the border to another class")
            return None
        return rows


class Adasyn(Smote):
    """ADASYN: more rows are drawn where more neighbours belong to other classes."""

    name = "adasyn"
    title = "ADASYN"

    def _variant(self, n: int, label: int) -> np.ndarray | None:
        from imblearn.over_sampling import ADASYN

        if self.codes_.categorical_.any():
            self._note(label, "there are categorical columns")
            return None
        # ADASYN rounds the number of rows drawn around each row of the class, so it is asked for enough to pick n from
        enough = n + self.class_counts_[label]
        try:
            rows = self._new_rows(ADASYN(n_neighbors=self._k(label), **self._request(enough, label)))
        except RuntimeError:  # imbalanced-learn's sign that no row of the class has a neighbour of another
            self._note(label, "no row has a neighbour of another class")
            return None
        return rows[self.rng_.permutation(len(rows))[:n]]
