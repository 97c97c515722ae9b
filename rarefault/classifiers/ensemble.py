"""A vote of three unlike classifiers: boosted trees, random trees and additive curves."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, VotingClassifier
from sklearn.utils.validation import check_is_fitted, validate_data

from rarefault.classifiers.additive import additive_logistic


class WideExtraTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Extremely randomised trees (Geurts et al., 2006) that look at least at `min_features` columns a split.

    The usual square root of the number of columns is only two or three on a narrow table, too few to meet the
    columns that interact. n_estimators >= 1, min_features >= 1.
    """

    def __init__(
        self,
        n_estimators: int = 300,
        min_features: int = 12,
        class_weight: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_estimators, self.min_features = n_estimators, min_features
        self.class_weight, self.random_state = class_weight, random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Grow the trees on X (n, d), y (n,); raises ValueError for settings out of range."""
        if self.n_estimators < 1 or self.min_features < 1:
            raise ValueError(
                f"n_estimators and min_features must be >= 1, got {self.n_estimators} and {self.min_features}"
            )
        X, y = validate_data(self, X, y, dtype=np.float64)
        d = X.shape[1]
        self.forest_ = ExtraTreesClassifier(
            n_estimators=self.n_estimators,
            max_features=min(d, max(int(d**0.5), self.min_features)),
            class_weight=self.class_weight,
            random_state=self.random_state,
        ).fit(X, y)
        self.classes_ = self.forest_.classes_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, (n, 2)."""
        check_is_fitted(self, "forest_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.forest_.predict_proba(X))

    def predict(self, X: Any) -> np.ndarray:
        """The more probable class of each row, (n,)."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


def mixed_vote(class_weight: str | None = None, random_state: int = 0) -> VotingClassifier:
    """Unfitted mean of probabilities, weighted 2 : 2 : 1, of boosting, extra trees and additive logistic regression.

    Works on a complete numeric matrix, scaled or not; boosting keeps scikit-learn's default settings.
    """
    boosting = HistGradientBoostingClassifier(
        class_weight=class_weight, early_stopping=False, random_state=random_state
    )
    trees = WideExtraTrees(class_weight=class_weight, random_state=random_state)
    curves = additive_logistic(class_weight=class_weight, random_state=random_state)
    members = [("boosting", boosting), ("trees", trees), ("curves", curves)]
    return VotingClassifier(members, voting="soft", weights=[2.0, 2.0, 1.0])
