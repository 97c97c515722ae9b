"""DCGAN as in the ball-screw paper (Tables 2 and 3), and LSGAN: the same networks with least-squares losses.

Torch is imported when a generator is fitted or sampled, so that its settings can be read without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from rarefault.errors import InputError
from rarefault.generators.base import Progress, Range
from rarefault.generators.image.base import Checkpoint, ImageGenerator

if TYPE_CHECKING:
    from rarefault.generators.image.dcgan_networks import Generator


@dataclass(frozen=True)
class DCGANSettings:
    """How the networks look and how they learn; the defaults are the paper's where it says so (Table 3).

    latent: size of the noise; width: times the paper's channels (1 = 1024 to 128 in the generator, 32 to 256 in the
    discriminator); loops: the paper's 30,000 are for a GPU; batch: images in a loop; k_d, k_g: updates of the
    discriminator and the generator in a loop; lr, beta1: of Adam; noise: standard deviation of the Gaussian-noise
    layer, on pixels in [-1, 1], 0 for none; label_real, label_fake: what the discriminator learns to say; dropout: in
    the discriminator; ema: decay of the average of the generator's weights that images are drawn from, 0 to draw
    from the last weights; augment: "classical" trains on `augmented` classically augmented images of each class;
    device, precision, compile: see `Placement`.
    """

    latent: int = 100
    width: float = 1.0
    loops: int = 30_000
    batch: int = 50
    k_d: int = 4
    k_g: int = 3
    lr: float = 2e-4
    beta1: float = 0.5
    noise: float = 0.1
    label_real: float = 0.85
    label_fake: float = 0.15
    dropout: float = 0.25
    ema: float = 0.999
    augment: Literal["none", "classical"] = "none"
    augmented: int = 700
    device: Literal["cpu", "cuda", "auto"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    compile: Literal["auto", "none", "default", "graphs"] = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("latent", "loops", "k_d", "k_g", "augmented"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 1, got {getattr(self, name)}")
        if self.batch < 2:
            raise ValueError(f"batch must be >= 2, got {self.batch}")
        for name in ("width", "lr"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, got {getattr(self, name)}")
        for name in ("beta1", "dropout", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be >= 0 and < 1, got {getattr(self, name)}")
        if not self.noise >= 0:
            raise ValueError(f"noise must be >= 0, got {self.noise}")
        if not 0 <= self.label_fake < self.label_real <= 1:
            raise ValueError(
                f"labels must be 0 <= label_fake < label_real <= 1, got {self.label_fake} and {self.label_real}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")


class DCGAN(ImageGenerator):
    """One pair of networks for each class, trained one after the other; images are drawn from the generator's average.

    `fit` raises InputError for images whose sides are no multiples of 32 and for a class with one image, ValueError
    when the device "cuda" is asked for but absent. Whether a class collapsed stands in `health_`.
    """

    name: ClassVar[str] = "dcgan"
    Settings: ClassVar[type] = DCGANSettings
    searched: ClassVar[Mapping[str, Range]] = {
        "latent": (50, 2000, "log-int"),
        "batch": (16, 100, "log-int"),
        "k_d": (1, 5, "int"),
        "k_g": (1, 5, "int"),
        "lr": (5e-5, 1e-3, "log"),
    }
    """The bounds of latent are the paper's (Table 2); it does not give the others."""

    loss: ClassVar[str] = "cross_entropy"
    settings: DCGANSettings
    networks_: "dict[str, Generator]"

    def _fit(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        from rarefault.generators.image.dcgan_fit import fit_class

        _check(self.name, images, {name: int((labels == name).sum()) for name in self.classes_})
        self.networks_ = {}
        for at, label in enumerate(self.classes_):
            chosen, part = images[labels == label], self._part(at, progress)
            fitted = fit_class(self.settings, self.loss, chosen, at, part, checkpoint)
            self.networks_[label], self.health_[label] = fitted.generator, fitted.health
            self.history_ |= {f"{label}/{name}": values for name, values in fitted.history.items()}

    def _part(self, at: int, progress: Progress | None) -> Progress | None:
        """Progress of the class at position `at`, counted over all classes."""
        if progress is None:
            return None
        return lambda done, total: progress(at * total + done, total * len(self.classes_))

    def decode(self, latents: np.ndarray, label: str) -> np.ndarray:
        """The images (n, c, h, w) uint8 of class `label` that standard normal noise (n, latent) stands for.

        Raises ValueError for a class that was not learned and for noise of another size.
        """
        from rarefault.generators.image.dcgan_fit import decode

        if label not in self.classes_:
            raise ValueError(f"class {label!r} was not learned; known classes: {list(self.classes_)}")
        if latents.ndim != 2 or latents.shape[1] != self.settings.latent:
            raise ValueError(f"latents must be (n, {self.settings.latent}), got {latents.shape}")
        return decode(self.networks_[label], latents)

    def _sample(self, n: int, label: str) -> np.ndarray:
        from rarefault.generators.image.dcgan_fit import draw

        return draw(self.networks_[label], n, int(self.rng_.integers(2**63)))

    def _state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        return {
            f"{at}/{name}": value.cpu().numpy()
            for at, label in enumerate(self.classes_)
            for name, value in self.networks_[label].state_dict().items()
        }, {}

    def _restore(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
        from rarefault.generators.image.dcgan_fit import load_network

        self.networks_ = {
            label: load_network(self.settings, self.shape_, _below(arrays, f"{at}/"))
            for at, label in enumerate(self.classes_)
        }


class LSGAN(DCGAN):
    """The DCGAN with the least-squares losses of Mao et al. (2017)."""

    name: ClassVar[str] = "lsgan"
    loss: ClassVar[str] = "least_squares"


def _below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _check(name: str, images: np.ndarray, counts: Mapping[str, int]) -> None:
    h, w = images.shape[2:]
    if h % 32 or w % 32 or not h or not w:
        raise InputError(f"{name} needs images whose sides are multiples of 32, got {h} x {w}")
    few = [label for label, n in counts.items() if n < 2]
    if few:
        raise InputError(f"{name} needs at least 2 images of a class, got 1 of {few}")
