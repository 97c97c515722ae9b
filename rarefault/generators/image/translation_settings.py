"""What the settings of all translators share, and their checks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TranslatorSettings:
    """How the networks look and how they learn.

    width: times the paper's channels; blocks: residual blocks of the generator; loops: updates of the generator;
    batch: images in an update; lr, beta1, beta2: of Adam; ema: decay of the average of the generator's weights that
    images are made with, 0 for the last weights; device, precision, compile: see `Placement`.
    """

    width: float = 1.0
    blocks: int = 6
    loops: int = 20_000
    batch: int = 16
    lr: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.999
    ema: float = 0.999
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    compile: Literal["auto", "none", "default", "graphs"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("blocks", "loops", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        for name in ("width", "lr"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        for name in ("beta1", "beta2", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 0 and < 1, got {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")


@dataclass(frozen=True)
class DomainSettings(TranslatorSettings):
    """With a critic that also names the domain.

    warmup: so many loops, the first ones, teach the generator alone to give an image back in its own domain: 0 in the
    papers, a quarter of a short training; n_critic: critic updates in a loop; lambda_cls_r, lambda_cls_f: weights of
    the domain losses on real images (the critic's) and made ones (the generator's); lambda_rec: of the reconstruction;
    penalty: of the critic's slope.
    """

    warmup: int = 0
    n_critic: int = 5
    lambda_cls_r: float = 1.0
    lambda_cls_f: float = 1.0
    lambda_rec: float = 10.0
    penalty: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.warmup < self.loops:
            raise ValueError(f"warmup must be >= 0 and < loops={self.loops}, got {self.warmup}")
        if self.n_critic < 1:
            raise ValueError(f"n_critic must be >= 1, got {self.n_critic}")
        for name in ("lambda_cls_r", "lambda_cls_f", "lambda_rec", "penalty"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")


def falling(lr: float, done: float, start: float) -> float:
    """The learning rate after the share `done` of a training: constant up to the share `start`, then down to 0."""
    return lr if done < start else lr * (1.0 - done) / (1.0 - start)
