"""Random oversampling: real rows drawn again, with replacement. It adds no new rows; it is the yardstick."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rarefault.generators.base import Generator, Progress
from rarefault.generators.table.codes import RowCodes


@dataclass(frozen=True)
class ResampleSettings:
    """seed: picks the rows."""

    seed: int = 0


class Resample(Generator):
    """Draws real rows of a class with replacement (random oversampling)."""

    name = "resample"
    Settings = ResampleSettings

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        self.codes_ = RowCodes().fit(X)
        self.rows_ = self.codes_.encode(X)
        self.labels_ = y.astype(np.int64)

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        known = np.flatnonzero(self.labels_ == label)
        return self.codes_.decode(self.rows_[known[self.rng_.integers(len(known), size=n)]])

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"rows": self.rows_, "labels": self.labels_}, {"columns": self.codes_.to_json()}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.codes_ = RowCodes.from_json(facts["columns"])
        self.rows_, self.labels_ = arrays["rows"], arrays["labels"]
