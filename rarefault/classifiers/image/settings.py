"""How an inspector is built and trained."""

from dataclasses import dataclass
from typing import Literal

from rarefault.classifiers.image.networks import IMAGE_CLASSIFIERS


@dataclass(frozen=True)
class InspectorSettings:
    """The defaults are those of Table 7 of the ball-screw paper: 100 epochs, batch 32, Adam(2e-4, 0.5).

    network names an entry of IMAGE_CLASSIFIERS; width multiplies its channels; small_stem keeps small images large
    (networks with a stem). schedule: a constant learning rate, or one that rises to lr and falls to nothing once
    ("one-cycle", Smith and Topin, 2018), with which a tenth of the epochs and ten times the rate do. balance: "loss"
    weighs each class by the inverse of its share, "draws" draws all classes equally often. augment turns, flips and
    shifts every image of a batch at random. device, precision, compile: of the training, see
    `rarefault.generators.image.placement.Placement`; answers are always computed in fp32.
    """

    network: str = "table5-cnn"
    width: float = 1.0
    small_stem: bool = False
    epochs: int = 100
    batch: int = 32
    lr: float = 2e-4
    beta1: float = 0.5
    weight_decay: float = 0.0
    schedule: Literal["constant", "one-cycle"] = "constant"
    balance: Literal["none", "loss", "draws"] = "none"
    augment: bool = False
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    compile: Literal["auto", "none", "default", "graphs"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.network not in IMAGE_CLASSIFIERS:
            raise ValueError(f"network must be one of {sorted(IMAGE_CLASSIFIERS)}, got {self.network!r}")
        if not 0 < self.width <= 4:
            raise ValueError(f"width must be above 0 and at most 4, got {self.width}")
        if self.epochs < 1 or self.batch < 2:
            raise ValueError(f"epochs must be >= 1 and batch >= 2, got {self.epochs} and {self.batch}")
        if self.lr <= 0 or not 0 <= self.beta1 < 1 or self.weight_decay < 0:
            raise ValueError(
                f"lr must be > 0, beta1 in [0, 1) and weight_decay >= 0, got {self.lr}, {self.beta1} and "
                f"{self.weight_decay}"
            )
