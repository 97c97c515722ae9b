"""The Wasserstein GAN of Bonfiglioli's MLOps paper (section III-A): all rows, no condition.

Torch is imported when a generator is fitted or sampled, so that its settings can be read without.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from rarefault.generators.base import Generator, Progress, Range
from rarefault.generators.table.encoding import TableEncoder

if TYPE_CHECKING:
    from rarefault.generators.table.mlp import MLP


@dataclass(frozen=True)
class WGANSettings:
    """How the networks look and how they learn; the paper searches the ranges given here.

    latent: size of the noise (10-500); layers: hidden layers (1-5); neurons: in each of them (32-512);
    epochs: how often the critic sees each row, so that there are epochs * n / (batch * n_critic) generator steps;
    max_steps: at most so many generator steps; batch: rows of each kind in one critic update; n_critic: critic
    updates before each generator update; lr: learning rate of RMSProp; clip: largest absolute weight of the critic;
    gradient_penalty: its weight (Gulrajani et al., 2017), > 0 replaces clipping; slope: of LeakyReLU below zero,
    in (0, 1); averaging: decay of the exponential average of the generator's weights that rows are drawn from, in
    [0, 1), 0 to draw from the last weights as the paper does; device: where to train, "auto" being a GPU if any.
    """

    latent: int = 64
    layers: int = 2
    neurons: int = 128
    epochs: int = 300
    batch: int = 64
    n_critic: int = 5
    lr: float = 5e-4
    clip: float = 0.01
    gradient_penalty: float = 0.0
    slope: float = 0.2
    averaging: float = 0.0
    max_steps: int | None = None
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("latent", "layers", "neurons", "epochs", "batch", "n_critic", "max_steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be >= 1, got {value}")
        for name in ("lr", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        if not self.gradient_penalty >= 0:
            raise ValueError(f"gradient_penalty must be >= 0, got {self.gradient_penalty}")
        if not 0 < self.slope < 1:
            raise ValueError(f"slope must be between 0 and 1, got {self.slope}")
        if not 0 <= self.averaging < 1:
            raise ValueError(f"averaging must be >= 0 and < 1, got {self.averaging}")
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")
        if self.device not in ("cpu", "cuda", "auto"):
            raise ValueError(f"device must be 'cpu', 'cuda' or 'auto', got {self.device!r}")


class WGAN(Generator):
    """Learns the rows of all classes together; which class a drawn row belongs to is left to a filter.

    `fit` calls `progress` about a hundred times, and raises ValueError when training diverges and when the device
    "cuda" is asked for but absent.
    """

    name: ClassVar[str] = "wgan"
    Settings: ClassVar[type] = WGANSettings
    conditional: ClassVar[bool] = False
    previews: ClassVar[bool] = True
    searched: ClassVar[Mapping[str, Range]] = {
        "layers": (1, 5, "int"),
        "neurons": (32, 512, "log-int"),
        "latent": (10, 500, "log-int"),
        "epochs": (50, 600, "log-int"),
        "batch": (32, 256, "log-int"),
        "lr": (1e-4, 2e-3, "log"),
    }
    """The bounds of layers, neurons and latent (noise) are the paper's; it does not give the others."""

    settings: WGANSettings
    network_: "MLP"

    def _fit(self, X: pd.DataFrame, y: np.ndarray, progress: Progress | None) -> None:
        from rarefault.generators.table.wgan_training import Trainer

        if X.shape[1] == 0:
            raise ValueError(f"{self.name} needs at least one column, got none")
        self.encoder_ = TableEncoder().fit(X)
        rows = self.encoder_.encode(X)
        trainer = Trainer(self.settings, rows, self._conditions(y), self._groups(y))
        self.network_ = trainer.generator
        self._reseed()  # progress may draw rows already
        trainer.run(progress)
        self.network_ = trainer.generator

    def _conditions(self, y: np.ndarray) -> np.ndarray:
        """What the networks are told about each row, (n, k)."""
        return np.empty((len(y), 0), dtype=np.float32)

    def _groups(self, y: np.ndarray) -> np.ndarray | None:
        """Groups 0, 1, ... that batches hold equally many rows of, (n,); None: as many as there are."""
        return None

    def _sample(self, n: int, label: int | None) -> pd.DataFrame:
        return self.encoder_.decode_chunks(self._draw(n, 0, self.rng_), n)

    def _draw(self, n: int, label: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Encoded rows, of class `label` if the networks know classes, in pieces (d, m) valid until the next one."""
        from rarefault.generators.table.wgan_training import draw

        return draw(self.network_, n, self._conditions(np.array([label]))[0], int(rng.integers(2**63)))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {"generator": self.network_.flat.cpu().numpy()}, {"encoder": self.encoder_.to_json()}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        from rarefault.generators.table.wgan_training import load_generator

        self.encoder_ = TableEncoder.from_json(facts["encoder"])
        k = self._conditions(np.zeros(1)).shape[1]
        self.network_ = load_generator(self.settings, self.encoder_.width_, k, arrays["generator"])
