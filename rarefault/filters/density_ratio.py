"""Where faults are dense compared with good parts: a classifier's odds estimate that ratio (Sugiyama et al., 2012)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from rarefault.filters.base import Filter


@dataclass(frozen=True)
class DensityRatioSettings:
    """model: the classifier; folds: for cross-fitting, >= 2.

    quantile: rows count as fault-like from this quantile of the real faults' own cross-fitted probabilities on.
    """

    model: Literal["logistic", "boosting"] = "logistic"
    quantile: float = 0.25
    folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.quantile < 1:
            raise ValueError(f"quantile must be in [0, 1), got {self.quantile}")
        if self.folds < 2:
            raise ValueError(f"folds must be >= 2, got {self.folds}")


class DensityRatio(Filter):
    """Rows by their probability of being a good part, both classes weighing the same; that is their distance."""

    name = "density-ratio"
    accepts = "the real rows that look faulty to a classifier that has not seen them"
    Settings = DensityRatioSettings
    settings: DensityRatioSettings

    def _fit(self, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        faulty = (y == 1).astype(int)
        scarcest = int(np.bincount(faulty, minlength=2).min())
        if scarcest < 2:
            raise ValueError(f"density-ratio needs two or more rows of each class, got {scarcest} of one")
        folds = StratifiedKFold(min(self.settings.folds, scarcest), shuffle=True, random_state=self.settings.seed)
        unseen = cross_val_predict(self._model(), Z, faulty, cv=folds, method="predict_proba")[:, 0]
        self.d_max_ = float(np.quantile(unseen[faulty == 1], 1.0 - self.settings.quantile))
        self.model_ = self._model().fit(Z, faulty)
        return np.asarray(unseen <= self.d_max_)

    def _model(self) -> Any:
        if self.settings.model == "boosting":
            return HistGradientBoostingClassifier(class_weight="balanced", random_state=self.settings.seed)
        return LogisticRegression(class_weight="balanced", max_iter=1000, random_state=self.settings.seed)

    def _distance(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(self.model_.predict_proba(Z)[:, 0])
