"""A Wasserstein GAN whose generator and critic are also told the class of each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rarefault.generators.base import Progress
from rarefault.generators.table.calibration import MarginalCalibration
from rarefault.generators.table.wgan import WGAN, WGANSettings

_CALIBRATION_ROWS = 4096


@dataclass(frozen=True)
class ConditionalWGANSettings(WGANSettings):
    """WGANSettings with averaging by default, and two of its own.

    balance: batches hold equally many rows of each class ("equal"), or as many as the table does ("share");
    calibrate: give each numeric column the marginal distribution of its class's training rows, see
    MarginalCalibration.
    """

    averaging: float = 0.998
    balance: Literal["equal", "share"] = "equal"
    calibrate: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.balance not in ("equal", "share"):
            raise ValueError(f"balance must be 'equal' or 'share', got {self.balance!r}")


class ConditionalWGAN(WGAN):
    """Like WGAN, but the class is an input of both networks, so that rows of one class can be drawn.

    `sample` with a label draws that class; without, the classes as often as in training.
    """

    name: ClassVar[str] = "conditional-wgan"
    Settings: ClassVar[type] = ConditionalWGANSettings
    conditional: ClassVar[bool] = True

    settings: ConditionalWGANSettings
    calibration_: MarginalCalibration | None = None

    @property
    def classes_(self) -> list[int]:
        """The classes seen in fit, in increasing order."""
        return sorted(self.class_counts_)

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        self.calibration_ = None
        super()._fit(X, y, progress)
        if self.settings.calibrate:
            self.calibration_ = self._calibrate(self.encoder_.encode(X), y)

    def _calibrate(self, rows: np.ndarray, y: np.ndarray) -> MarginalCalibration:
        d = len(self.encoder_.numeric_)
        real = [rows[y == label, :d].T for label in self.classes_]
        # Not from rng_: what `progress` drew must not matter, nor shall the first rows be those calibrated on.
        rng = np.random.default_rng([self.settings.seed, 2])
        drawn = [self._draw(_CALIBRATION_ROWS, label, rng) for label in self.classes_]
        return MarginalCalibration.fit([np.hstack([Z[:d].copy() for Z in pieces]) for pieces in drawn], real)

    def _conditions(self, y: np.ndarray) -> np.ndarray:
        one_hot: np.ndarray = (y[:, None] == np.array(self.classes_)).astype(np.float32)
        return one_hot

    def _groups(self, y: np.ndarray) -> np.ndarray | None:
        if self.settings.balance == "share":
            return None
        positions: np.ndarray = np.searchsorted(self.classes_, y)
        return positions

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        if label is None:
            raise ValueError(f"{self.name} draws one class at a time, got None")
        return self.encoder_.decode_chunks(self._calibrated(n, label), n)

    def _calibrated(self, n: int, label: int) -> Iterator[np.ndarray]:
        for Z in self._draw(n, label, self.rng_):
            if self.calibration_ is not None:
                self.calibration_.apply(Z, self.classes_.index(label))
            yield Z

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, facts = super()._state()
        if self.calibration_ is not None:
            arrays |= {"calibration.drawn": self.calibration_.drawn, "calibration.real": self.calibration_.real}
        return arrays, facts

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        super()._restore(arrays, facts)
        if "calibration.drawn" in arrays:
            self.calibration_ = MarginalCalibration(arrays["calibration.drawn"], arrays["calibration.real"])
