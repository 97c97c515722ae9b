"""Logistic regression -> centres, coefficients in the features' own units, and a coefficient a level."""

from typing import Any

import numpy as np

from serving.exporting.encoding import Encoding
from serving.exporting.parts import Part, weights_part


def linear_part(estimator: Any, encoding: Encoding, file: str) -> Part:
    """Fold scaling and one-hot encoding into the coefficients of a fitted LogisticRegression."""
    centre, scale = encoding.centres_and_scales()
    slopes = estimator.coef_[0]
    coefficient = np.zeros(encoding.n_features)
    levels: list[tuple[int, int, float]] = []
    for column, slope in zip(encoding.columns, slopes, strict=True):
        if column.level is None:
            coefficient[column.feature] = slope / scale[column.feature]
        else:
            levels.append((column.feature, column.level, float(slope)))
    feature, level, level_coefficient = np.array(levels, dtype=np.float64).reshape(-1, 3).T
    arrays = {
        "intercept": estimator.intercept_,
        "centre": centre,
        "coefficient": coefficient,
        "level_feature": feature.astype(np.int64),
        "level": level,
        "level_coefficient": level_coefficient,
    }
    return weights_part("linear", arrays, file)
