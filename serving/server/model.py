"""One served version of a model: scores rows and keeps what it saw of them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.model_folder import Feature, ModelFolder
from serving.server.drift import Drift
from serving.server.observation import BLOCK, FEW, Glance, Observation
from serving.server.refusals import bad
from serving.server.schema import Schema

if TYPE_CHECKING:
    from serving.server.kinds import Kind


class Model:
    """A model folder under the name it is served with; missing: refuse or fill."""

    def __init__(self, folder: ModelFolder, name: str, missing: str) -> None:
        self.name, self.version = name, folder.version
        self.threshold = folder.threshold
        self.positive, self.negative = folder.labels
        self.features = folder.features
        self.created, self.facts, self.classifier = folder.created, folder.facts, folder.classifier
        self.example = [list(row) for row in folder.example_rows]
        self.schema = _schema(folder.features, missing)
        self.seen = _observation(folder.features)
        self._probabilities = folder.predictor().probabilities

    @property
    def kind(self) -> "Kind":
        """How it is asked and described."""
        from serving.server.tables import TABLES

        return TABLES

    def score_row(self, row: Sequence[Any]) -> float:
        """Probability of a fault of one row of width numbers; raises struct.error for anything else."""
        seen = self.seen
        used = seen.used
        self.schema.pack_into(seen.memory, used * self.schema.stride, *row)
        probability: float = self._probabilities(seen.places[used]).item(0)
        if not 0.0 <= probability <= 1.0:
            raise bad("the row cannot be scored: its values are too large")
        seen.took_one(probability >= self.threshold)
        return probability

    def score(self, rows: np.ndarray) -> np.ndarray:
        """Probability of a fault of each row of rows (n, width) of any number type, NaN where filling is on; (n,)."""
        return self._score_few(rows) if len(rows) <= FEW else self._score_many(rows)

    def _score_few(self, rows: np.ndarray) -> np.ndarray:
        block = self.seen.room(len(rows))
        block[...] = rows
        filled = self.schema.complete(block, 0)
        found = _checked(self._probabilities(block))
        self.seen.took_few(len(rows), self._faults(found), filled)
        return found

    def _score_many(self, rows: np.ndarray) -> np.ndarray:
        """In blocks, which stay in the processor's cache from one look at them to the next."""
        found, glance = np.empty(len(rows)), Glance(len(rows))
        for start in range(0, len(rows), BLOCK):
            block = np.array(rows[start : start + BLOCK], dtype=np.float64)
            outside = filled = None
            if not self.seen.all_inside(block):
                outside = self.seen.outside(len(block))
                if not math.isfinite(block.take(outside).sum()):
                    filled = self.schema.complete(block, start)
                    outside = None if self.seen.all_inside(block) else self.seen.outside(len(block))
            found[start : start + BLOCK] = self._probabilities(block)
            glance.add(block, outside, filled)
        self.seen.took(glance, self._faults(_checked(found)))
        return found

    def _faults(self, probabilities: np.ndarray) -> int:
        return int(np.count_nonzero(probabilities >= self.threshold))

    def labels(self, probabilities: np.ndarray) -> list[str]:
        """What each probability is called."""
        names = (self.negative, self.positive)
        return [names[fault] for fault in (probabilities >= self.threshold).tolist()]


def _checked(probabilities: np.ndarray) -> np.ndarray:
    if not (probabilities.min() >= 0.0 and probabilities.max() <= 1.0):  # NaN is neither
        at = int(np.argmin((probabilities >= 0.0) & (probabilities <= 1.0)))
        raise bad(f"row {at} cannot be scored: its values are too large")
    return probabilities


def _schema(features: Sequence[Feature], missing: str) -> Schema:
    levels = {at: feature.levels for at, feature in enumerate(features) if feature.levels}
    fills = [_fill(feature) for feature in features] if missing == "fill" else None
    return Schema([feature.name for feature in features], levels, fills)


def _fill(feature: Feature) -> float:
    return float(feature.levels.index(str(feature.fill)) if feature.levels else feature.fill)


def _observation(features: Sequence[Feature]) -> Observation:
    low = [-np.inf if feature.low is None else feature.low for feature in features]
    high = [np.inf if feature.high is None else feature.high for feature in features]
    return Observation(low, high, Drift([f.edges for f in features], [f.shares for f in features]))
