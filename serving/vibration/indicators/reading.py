"""Read whichever indicator a model folder describes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from serving.predictors.weights import file_of
from serving.vibration.indicators.arrays import Arrays
from serving.vibration.indicators.autoencoder import Autoencoder
from serving.vibration.indicators.levels import Kurtosis, Level
from serving.vibration.indicators.outlying import Isolation, MapDistance
from serving.vibration.indicators.spectra import PcaResidual, RelatedSimilarity

if TYPE_CHECKING:
    from serving.model_folder.fields import Fields


class Indicator(Protocol):
    """What a model computes of each snapshot."""

    @classmethod
    def read(cls, settings: "Fields", arrays: Arrays, channels: int, samples: int) -> Self:
        """The indicator for snapshots of so many channels and samples; raises BrokenModel."""
        ...

    def of(self, snapshots: np.ndarray) -> np.ndarray:
        """The indicator of snapshots (n, c, t) float32, (n,) float64."""
        ...


KINDS: Mapping[str, type[Indicator]] = {
    "isolation-forest": Isolation,
    "kurtosis": Kurtosis,
    "pca-residual": PcaResidual,
    "related-similarity": RelatedSimilarity,
    "rms": Level,
    "som-mqe": MapDistance,
    "vae": Autoencoder,
}
"""Indicators that are served, by the library's names."""


def read_indicator(spec: "Fields", files: Mapping[str, bytes], channels: int, samples: int) -> Indicator:
    """The indicator that model.json and the folder's files describe; raises BrokenModel."""
    kind = spec.text("kind")
    if kind not in KINDS:
        raise spec.refuse("kind", f"one of {', '.join(KINDS)}")
    arrays = Arrays(file_of(spec.values, files))
    return KINDS[kind].read(spec.part("settings"), arrays, channels, samples)
