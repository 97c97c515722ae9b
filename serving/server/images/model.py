"""One served version of a model of images: looks at them and keeps what it saw."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from serving.images.decision import decide, defect_probability
from serving.images.statistics import statistics
from serving.model_folder.images import ImageFolder
from serving.predictors.network import BLOCK
from serving.server.images.batches import Batch
from serving.server.images.observation import Seen

if TYPE_CHECKING:
    from serving.server.kinds import Kind


@dataclass(frozen=True)
class Found:
    """What was found of n images.

    probabilities: (n, k) float32; codes: the class of each, (n,); confidence: its probability, (n,) float32; defect:
    1 - the background's probability, (n,) float32, None without a background; statistics: (n, s).
    """

    probabilities: np.ndarray
    codes: np.ndarray
    confidence: np.ndarray
    defect: np.ndarray | None
    statistics: np.ndarray


class ImageModel:
    """A model folder under the name it is served with."""

    def __init__(self, folder: ImageFolder, name: str) -> None:
        self.name, self.version = name, folder.version
        self.classes, self.background, self.threshold = folder.classes, folder.background, folder.threshold
        self.preparation = folder.preparation
        self.created, self.facts, self.classifier = folder.created, folder.facts, folder.classifier
        self.statistics = folder.statistics
        self.seen = Seen(folder.statistics, len(folder.classes))
        self._at = folder.classes.index(folder.background) if folder.background else None
        self._probabilities = folder.network().probabilities

    @property
    def kind(self) -> "Kind":
        """How it is asked and described."""
        from serving.server.images.kind import IMAGES

        return IMAGES

    def look(self, batch: Batch) -> Found:
        """What is found of the images of a request; changes nothing, so that a thread may do it.

        A few at a time, so that the memory does not grow with the batch.
        """
        probabilities, measured = [], []
        for first in range(0, len(batch), BLOCK):
            images = batch.take(first, BLOCK, self.preparation)
            probabilities.append(self._probabilities(images))
            measured.append(statistics(images))
        return self._decided(np.concatenate(probabilities), np.concatenate(measured))

    def took(self, found: Found) -> None:
        """Count what was found; on the event loop, where it is read."""
        self.seen.took(found.codes, found.confidence, found.statistics)

    def labels(self, codes: np.ndarray) -> list[str]:
        """The names of classes (n,)."""
        return [self.classes[code] for code in codes.tolist()]

    def _decided(self, probabilities: np.ndarray, measured: np.ndarray) -> Found:
        codes = decide(probabilities, self._at, self.threshold)
        defect = None if self._at is None else defect_probability(probabilities, self._at)
        confidence = np.take_along_axis(probabilities, codes[:, None], axis=1)[:, 0]
        return Found(probabilities, codes, confidence, defect, measured)
