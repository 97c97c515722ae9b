"""CycleGAN (Zhu et al., 2017): for every class, one generator that makes the defect and one that takes it away.

The pairs of networks are trained one after the other. Convolutions before an instance norm have no bias, which the
norm would take out again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rarefault.generators.base import Progress, Range
from rarefault.generators.image.base import Checkpoint
from rarefault.generators.image.translation_settings import TranslatorSettings
from rarefault.generators.image.translator import Translator


@dataclass(frozen=True)
class CycleGANSettings(TranslatorSettings):
    """The paper's, but for the loops, of one batch each: it has 200 passes over the images. The
    learning rate falls in the second half.

    lambda_cycle: weight of the cycle losses; lambda_identity: of the identity losses, 0 to leave them out; pool: the
    critics are also shown images made earlier, out of so many, 0 for the newest alone.
    """

    batch: int = 1
    lr: float = 2e-4
    lambda_cycle: float = 10.0
    lambda_identity: float = 5.0
    pool: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("lambda_cycle", "lambda_identity", "pool"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")


class CycleGAN(Translator):
    """Knows only the ways between the background and each class; one defect becomes another by way of the background.

    To take away a defect of a class that `translate` is not told, it tries all of them, and takes for each image the
    class whose networks give the image back best.
    """

    name: ClassVar[str] = "cyclegan"
    Settings: ClassVar[type] = CycleGANSettings
    searched: ClassVar[Mapping[str, Range]] = {
        "lr": (5e-5, 1e-3, "log"),
        "lambda_cycle": (1.0, 30.0, "log"),
        "batch": (1, 16, "log-int"),
    }
    settings: CycleGANSettings
    networks_: dict[str, Any]

    def _learn(self, images: np.ndarray, labels: np.ndarray, progress: Progress | None, checkpoint: Checkpoint) -> None:
        from rarefault.generators.image.cyclegan_fit import fit_pair

        self.networks_ = {}
        clean = images[labels == self.background_]
        for at, label in enumerate(self.classes_):
            fitted = fit_pair(self, clean, images[labels == label], at, self._part(at, progress), checkpoint)
            self.networks_ |= {f"{at}/produce": fitted.produce, f"{at}/eliminate": fitted.eliminate}
            self.health_[label] = fitted.health
            self.history_ |= {f"{label}/{name}": values for name, values in fitted.history.items()}

    def _part(self, at: int, progress: Progress | None) -> Progress | None:
        """Progress of the class at position `at`, counted over all classes."""
        if progress is None:
            return None
        return lambda done, total: progress(at * total + done, total * len(self.classes_))

    def _translate(self, images: np.ndarray, label: str, source: str) -> np.ndarray:
        if label == self.background_ and not source:
            return self._clean(images)
        if source in self.classes_ and source != label:
            images = self._apply(source, "eliminate", images)
        if label in self.classes_ and source != label:
            images = self._apply(label, "produce", images)
        return images

    def _clean(self, images: np.ndarray) -> np.ndarray:
        """Take a defect of unknown class away: of every image, the one whose pair of networks gives it back best."""
        cleaned = np.stack([self._apply(label, "eliminate", images) for label in self.classes_])
        again = [self._apply(label, "produce", made) for label, made in zip(self.classes_, cleaned, strict=True)]
        lost = [np.abs(back - images.astype(np.float32)).mean(axis=(1, 2, 3)) for back in again]
        best: np.ndarray = cleaned[np.argmin(lost, axis=0), np.arange(len(images))]
        return best

    def _apply(self, label: str, way: str, images: np.ndarray) -> np.ndarray:
        from rarefault.generators.image.translation_fit import apply_all

        return apply_all(self._networks()[f"{self.classes_.index(label)}/{way}"], images, None)

    def _networks(self) -> dict[str, Any]:
        from rarefault.generators.image.cyclegan_fit import new_generator

        if not hasattr(self, "networks_"):
            self.networks_ = {
                f"{at}/{way}": new_generator(self.settings, self.shape_).requires_grad_(False)
                for at in range(len(self.classes_))
                for way in ("produce", "eliminate")
            }
        return self.networks_
