"""Training the two generators of one class, and judging what they make."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from rarefault.generators.base import Progress
from rarefault.generators.image.base import Checkpoint
from rarefault.generators.image.checkpoints import fingerprint
from rarefault.generators.image.cyclegan import CycleGAN, CycleGANSettings
from rarefault.generators.image.cyclegan_step import CycleLearner
from rarefault.generators.image.dcgan_fit import class_seed
from rarefault.generators.image.dcgan_networks import scaled
from rarefault.generators.image.health import MOST
from rarefault.generators.image.pixels import to_unit
from rarefault.generators.image.placement import Placement, Randomness
from rarefault.generators.image.training import Training, checkpoint_file
from rarefault.generators.image.translation_fit import apply_all, layer_weights
from rarefault.generators.image.translation_health import judge_translation
from rarefault.generators.image.translation_networks import PatchCritic, Plan, TranslationGenerator

PLAN = Plan(width=64, down=3, up=3, affine=False, reflect=True)
_CRITIC_WIDTH = 64


@dataclass(frozen=True)
class Fitted:
    """The generators of one class on the CPU, the history of their training, and the class's health."""

    produce: TranslationGenerator
    eliminate: TranslationGenerator
    history: dict[str, list[float]]
    health: dict[str, Any]


def fit_pair(
    translator: CycleGAN,
    clean: np.ndarray,
    defect: np.ndarray,
    position: int,
    progress: Progress | None,
    checkpoint: Checkpoint,
) -> Fitted:
    """Train on images (n, c, h, w) uint8 of the background and of the class at `position`."""
    s = translator.settings
    place = Placement(s.device, s.precision, s.compile)
    own = Randomness(class_seed(s.seed, position), place.device)
    with own.used():
        learner = new_learner(s, clean, defect, place)
    file = checkpoint_file(checkpoint, f"{translator.name}-{position}")
    training = Training(learner, s.loops, own, file=file, named=fingerprint(s, clean, defect))
    training.run(progress)
    trained = learner.average.network.cpu().requires_grad_(False)
    produce, eliminate = (cast(TranslationGenerator, trained[way]) for way in ("produce", "eliminate"))
    starts = clean[:MOST]
    health = judge_translation(
        apply_all(produce, starts, None),
        starts,
        defect,
        weights=layer_weights(learner.critics["defect"].cpu()),
        accuracy=training.history.get("d_accuracy", ()),
        broken=training.broken,
    )
    return Fitted(produce, eliminate, training.history, health)


def new_learner(s: CycleGANSettings, clean: np.ndarray, defect: np.ndarray, place: Placement) -> CycleLearner:
    """Untrained networks and all that trains them; draws from torch's global random numbers."""
    shape = tuple(clean.shape[1:])
    generators = {way: new_generator(s, shape) for way in ("produce", "eliminate")}
    critics = {name: PatchCritic(shape[0], scaled(_CRITIC_WIDTH, s.width)) for name in ("defect", "clean")}
    return CycleLearner(s, generators, critics, to_unit(clean), to_unit(defect), place)


def new_generator(s: CycleGANSettings, shape: tuple[int, ...]) -> TranslationGenerator:
    """An untrained generator for images (c, h, w)."""
    generator = TranslationGenerator(shape[0], 0, PLAN.scaled(s.width, s.blocks))
    return generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's
