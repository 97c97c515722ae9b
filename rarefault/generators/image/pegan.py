"""PE-GAN: defects produced on background images and eliminated from defective ones, by one generator.

The steel-plate paper's Table 1 gives the generator up to its residual blocks, and its Table 2 (the discriminator) and
the rest of Table 1 are not to be had; what is missing is taken from StarGAN (Choi et al., 2018), which it cites: the
target label as planes beside the image, 4 x 4 deconvolutions, a 7 x 7 convolution before the Tanh, residual blocks
without a last ReLU, and a discriminator of 4 x 4 convolutions of stride 2 from 64 channels on, five of them, because
its output is 1/32 of the input. It also leaves open how often the discriminator learns: five times, as StarGAN's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.generators.base import Progress, Range
from rarefault.generators.image.base import Checkpoint
from rarefault.generators.image.translation_settings import DomainSettings
from rarefault.generators.image.translator import Translator


@dataclass(frozen=True)
class PEGANSettings(DomainSettings):
    """The paper's (section 3.3); its 20,000 epochs are read as loops, of n_critic batches each."""

    beta1: float = 0.9
    beta2: float = 0.99
    lambda_cls_r: float = 2.0
    lambda_cls_f: float = 5.0


class DomainTranslator(Translator):
    """One generator and one critic for all classes, told which one is wanted."""

    searched: ClassVar[Mapping[str, Range]] = {
        "lr": (5e-5, 1e-3, "log"),
        "n_critic": (1, 5, "int"),
        "lambda_cls_f": (0.5, 10.0, "log"),
        "lambda_rec": (1.0, 30.0, "log"),
    }
    settings: DomainSettings
    networks_: dict[str, Any]

    def _learn(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        from rarefault.generators.image.translation_fit import fit_domains

        fitted = fit_domains(self, images, self._domains(labels), progress, checkpoint)
        self.networks_ = {"generator": fitted.generator}
        self.history_ = fitted.history
        self.health_ = dict(zip(self.classes_, fitted.health, strict=True))

    def _translate(self, images: np.ndarray, label: str, source: str) -> np.ndarray:
        from rarefault.generators.image.translation_fit import apply_all

        domain = int(self._domains(np.array([label], dtype=object))[0])
        return apply_all(self._networks()["generator"], images, domain)

    def _networks(self) -> dict[str, Any]:
        from rarefault.generators.image.translation_fit import new_generator

        if not hasattr(self, "networks_"):
            self.networks_ = {"generator": new_generator(self).requires_grad_(False)}
        return self.networks_


class PEGAN(DomainTranslator):
    """Production and elimination, each with the reconstruction of the image that it started from."""

    name: ClassVar[str] = "pegan"
    Settings: ClassVar[type] = PEGANSettings
