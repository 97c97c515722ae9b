"""The estimators behind each classifier name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rarefault.settings import from_params

Weighting = Literal["none", "balanced"]


@dataclass(frozen=True)
class LogisticRegressionSettings:
    """How logistic regression is fitted.

    form: "linear", or "additive" for curves and interacting pairs (see AdditiveBasis); C: inverse strength of the L2
    penalty, > 0, by default 1 for the linear and 0.1 for the additive form; class_weight "balanced" weighs faults up
    to half of the loss.
    """

    form: Literal["linear", "additive"] = "linear"
    C: float | None = None
    class_weight: Weighting = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.C is not None and self.C <= 0:
            raise ValueError(f"C must be > 0, got {self.C}")


@dataclass(frozen=True)
class DecisionTreeSettings:
    """max_depth and min_leaf bound the tree, so that it stays readable."""

    max_depth: int = 6
    min_leaf: int = 5
    class_weight: Weighting = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_depth < 1 or self.min_leaf < 1:
            raise ValueError(f"max_depth and min_leaf must be >= 1, got {self.max_depth} and {self.min_leaf}")


@dataclass(frozen=True)
class SvmSettings:
    """C: inverse strength of the penalty, > 0; the kernel is a Gaussian with scikit-learn's `scale` width."""

    C: float = 1.0
    class_weight: Weighting = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.C <= 0:
            raise ValueError(f"C must be > 0, got {self.C}")


@dataclass(frozen=True)
class GradientBoostingSettings:
    """How histogram gradient boosting is fitted.

    form: "boosting" alone, or "vote" for a vote with extra trees and additive logistic regression (see mixed_vote),
    which keeps to its own sizes; learning_rate in (0, 1], iterations >= 1 and leaves >= 2.
    """

    form: Literal["boosting", "vote"] = "boosting"
    learning_rate: float = 0.1
    iterations: int = 100
    leaves: int = 31
    class_weight: Weighting = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate <= 1 or self.iterations < 1 or self.leaves < 2:
            raise ValueError(
                "learning_rate must lie in (0, 1], iterations be >= 1 and leaves >= 2, "
                f"got {self.learning_rate}, {self.iterations}, {self.leaves}"
            )


def _weight(settings: Any) -> str | None:
    return None if settings.class_weight == "none" else str(settings.class_weight)


def logistic_regression(settings: LogisticRegressionSettings) -> Any:
    """Logistic regression, the interpretable default; linear or additive."""
    if settings.form == "additive":
        from rarefault.classifiers.additive import additive_logistic

        return additive_logistic(settings.C or 0.1, class_weight=_weight(settings), random_state=settings.seed)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=settings.C or 1.0, class_weight=_weight(settings), max_iter=2000)


def decision_tree(settings: DecisionTreeSettings) -> Any:
    """One readable tree."""
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(
        max_depth=settings.max_depth,
        min_samples_leaf=settings.min_leaf,
        class_weight=_weight(settings),
        random_state=settings.seed,
    )


def svm(settings: SvmSettings) -> Any:
    """A support vector machine whose margins are turned into probabilities by Platt scaling."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold
    from sklearn.svm import SVC

    margins = SVC(C=settings.C, class_weight=_weight(settings))
    folds = StratifiedKFold(3, shuffle=True, random_state=settings.seed)
    return CalibratedClassifierCV(margins, method="sigmoid", cv=folds, ensemble=False)


def gradient_boosting(settings: GradientBoostingSettings) -> Any:
    """Histogram gradient boosting, alone or in a vote."""
    if settings.form == "vote":
        from rarefault.classifiers.ensemble import mixed_vote

        return mixed_vote(_weight(settings), settings.seed)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=settings.learning_rate,
        max_iter=settings.iterations,
        max_leaf_nodes=settings.leaves,
        class_weight=_weight(settings),
        early_stopping=False,
        random_state=settings.seed,
    )


@dataclass(frozen=True)
class ClassifierKind:
    """How a classifier is built: its settings dataclass, its estimator, and whether it wants scaled columns."""

    Settings: type
    build: Callable[[Any], Any]
    scaled: bool

    def estimator(self, params: Mapping[str, Any]) -> Any:
        """The unfitted estimator for plain settings; raises ValueError for unknown or wrong ones."""
        return self.build(from_params(self.Settings, params))


CLASSIFIERS: dict[str, ClassifierKind] = {
    "logistic-regression": ClassifierKind(LogisticRegressionSettings, logistic_regression, scaled=True),
    "decision-tree": ClassifierKind(DecisionTreeSettings, decision_tree, scaled=False),
    "svm": ClassifierKind(SvmSettings, svm, scaled=True),
    "gradient-boosting": ClassifierKind(GradientBoostingSettings, gradient_boosting, scaled=False),
}
