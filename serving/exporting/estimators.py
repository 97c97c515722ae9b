"""Which estimator is exported how."""

from collections.abc import Callable
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from rarefault.classifiers.ensemble import WideExtraTrees
from serving.exporting.additive import additive_part
from serving.exporting.encoding import Encoding
from serving.exporting.linear import linear_part
from serving.exporting.parts import Part
from serving.exporting.support_vectors import support_vectors_part
from serving.exporting.trees import boosting_part, forest_part, tree_part

MEMBERS: dict[type, Callable[[Any, Encoding, str], Part]] = {
    LogisticRegression: linear_part,
    Pipeline: additive_part,
    DecisionTreeClassifier: tree_part,
    WideExtraTrees: forest_part,
    HistGradientBoostingClassifier: boosting_part,
    CalibratedClassifierCV: support_vectors_part,
}


def estimator_part(estimator: Any, encoding: Encoding) -> Part:
    """The predictor of a fitted estimator; raises ValueError for one that has no export."""
    if not isinstance(estimator, VotingClassifier):
        return _member(estimator, encoding, "model")
    weights = [float(weight) for weight in estimator.weights]
    parts = [_member(e, encoding, name) for name, e in estimator.named_estimators_.items()]
    members = [{"weight": w, "predictor": part.spec} for w, part in zip(weights, parts, strict=True)]
    return Part({"kind": "vote", "members": members}, {k: v for part in parts for k, v in part.files.items()})


def _member(estimator: Any, encoding: Encoding, file: str) -> Part:
    if type(estimator) not in MEMBERS:
        known = ", ".join(sorted(kind.__name__ for kind in MEMBERS))
        raise ValueError(f"a {type(estimator).__name__} cannot be exported; accepted: {known}, or a vote of them")
    return MEMBERS[type(estimator)](estimator, encoding, file)
