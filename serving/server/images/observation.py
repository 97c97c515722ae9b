"""What is seen of the images that were looked at: classes, confidence, drift of their statistics."""

from collections.abc import Sequence

import numpy as np

from serving.model_folder import Feature
from serving.server.drift import Drift

CONFIDENCES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Upper bounds of the confidence histogram; the last bucket goes to 1."""


class Seen:
    """statistics: how those of the training images were distributed; n_classes: of the model."""

    def __init__(self, statistics: Sequence[Feature], n_classes: int) -> None:
        self._low, self._high = (np.array([getattr(one, end) for one in statistics]) for end in ("low", "high"))
        self.drift = Drift([one.edges for one in statistics], [one.shares for one in statistics])
        self.classes = np.zeros(n_classes, dtype=np.int64)
        self.confidences = np.zeros(len(CONFIDENCES) + 1, dtype=np.int64)
        self.confidence = 0.0
        self.out_of_range = np.zeros(len(statistics), dtype=np.int64)

    def took(self, codes: np.ndarray, confidence: np.ndarray, statistics: np.ndarray) -> None:
        """Images were called by classes codes (n,) with probabilities confidence (n,); statistics (n, s)."""
        self.classes += np.bincount(codes, minlength=len(self.classes))
        found = np.searchsorted(CONFIDENCES, confidence, side="left")
        self.confidences += np.bincount(found, minlength=len(self.confidences))
        self.confidence += float(confidence.sum())
        self.out_of_range += ((statistics < self._low) | (statistics > self._high)).sum(axis=0)
        self.drift.hold(statistics)
