"""CTGAN (Xu et al., Modeling Tabular Data using Conditional GAN, 2019), trained by the Synthetic Data Vault.

SDV is an optional extra and is needed for `fit` alone: what it learns is taken out as plain arrays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from rarefault.generators.base import Generator, Progress, Range
from rarefault.generators.table.codes import RowCodes
from rarefault.generators.table.ctgan_network import CTGANNetwork

_LABEL = "label"
_ROUNDS = 20


@dataclass(frozen=True)
class CTGANSettings:
    """Sizes and rates as in SDV; pac rows are judged together, so batch_size must be a multiple of it, and even.

    layers: neurons of each hidden layer of generator and critic; critic_steps: critic updates a generator update.
    """

    epochs: int = 300
    batch_size: int = 500
    pac: int = 10
    latent_dim: int = 128
    layers: tuple[int, ...] = (256, 256)
    learning_rate: float = 2e-4
    critic_steps: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "pac", "latent_dim", "critic_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.batch_size % 2 or self.batch_size % self.pac:
            raise ValueError(f"batch_size must be even and a multiple of pac={self.pac}, got {self.batch_size}")
        if not self.layers or min(self.layers) < 1:
            raise ValueError(f"layers must be one or more sizes >= 1, got {list(self.layers)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be > 0, got {self.learning_rate}")


class CTGAN(Generator):
    """Draws rows of a class from a conditional GAN that generates the label as one more column.

    Columns are standardised before SDV sees them, because its mixtures cannot resolve spreads below 0.001. A row is
    kept when its generated label is the one that was asked for; after 20 rounds the rows still missing are taken
    from those with another label.
    """

    name = "ctgan"
    Settings = CTGANSettings
    settings: CTGANSettings
    searched: ClassVar[Mapping[str, Range]] = {"epochs": (50, 500, "log-int"), "batch_size": (100, 500, "hundreds")}

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        from rarefault.generators.table.ctgan_training import train

        if len(X) < 2:
            raise ValueError(f"{self.name} needs two or more rows, got {len(X)}")
        self.codes_ = RowCodes().fit(X)
        M = self.codes_.encode(X)
        levels = self.codes_.categorical_
        self.centre_ = np.where(levels, 0.0, M.mean(axis=0))
        self.scale_ = np.where(levels | (np.ptp(M, axis=0) == 0), 1.0, M.std(axis=0))
        frame = _plain_frame((M - self.centre_) / self.scale_, levels, y)
        self.network_ = train(frame, self.settings, progress)

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        kept, spare, missing = [np.empty((0, len(self.centre_)))], [], n
        for _ in range(_ROUNDS):
            if missing == 0:
                break
            values = self.network_.sample(missing, {_LABEL: str(label)}, self.rng_)
            agrees = values[:, -1] == label
            kept.append(values[agrees, :-1])
            spare.append(values[~agrees, :-1])
            missing -= int(agrees.sum())
        values = np.concatenate(kept + spare)[:n]
        return self.codes_.decode(values * self.scale_ + self.centre_)

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, spans = self.network_.state()
        return {**arrays, "centre": self.centre_, "scale": self.scale_}, {
            "columns": self.codes_.to_json(),
            "spans": spans,
        }

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        self.codes_ = RowCodes.from_json(facts["columns"])
        self.centre_, self.scale_ = arrays["centre"], arrays["scale"]
        self.network_ = CTGANNetwork.restore(arrays, facts["spans"])


def _plain_frame(M: np.ndarray, categorical: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Columns 0, 1, ... and the label, levels written as whole numbers: no name or value that SDV could trip over."""
    columns = {str(i): M[:, i].astype(int).astype(str) if levels else M[:, i] for i, levels in enumerate(categorical)}
    return pd.DataFrame({**columns, _LABEL: y.astype(int).astype(str)})
