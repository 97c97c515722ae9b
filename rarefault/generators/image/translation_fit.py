"""Training a translator with one generator for all domains, and applying what was trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rarefault.generators.base import Progress
from rarefault.generators.image.base import Checkpoint
from rarefault.generators.image.checkpoints import fingerprint
from rarefault.generators.image.dcgan_networks import scaled
from rarefault.generators.image.health import MOST
from rarefault.generators.image.pixels import to_bytes, to_unit
from rarefault.generators.image.placement import Placement, Randomness
from rarefault.generators.image.training import Training, checkpoint_file
from rarefault.generators.image.translation_batches import AnyToAny, Domains, ProduceAndEliminate
from rarefault.generators.image.translation_health import judge_translation
from rarefault.generators.image.translation_networks import DomainCritic, Plan, TranslationGenerator
from rarefault.generators.image.translation_step import DomainLearner

if TYPE_CHECKING:
    from rarefault.generators.image.pegan import DomainTranslator

_CHUNK = 64


@dataclass(frozen=True)
class Kind:
    """What sets PE-GAN and StarGAN apart: the generator, the critic's layers, the batches, when the rate falls."""

    plan: Plan
    layers: int
    batches: type[Domains]
    decay_from: float


KINDS = {
    "pegan": Kind(Plan(width=32, down=5, up=4), 5, ProduceAndEliminate, 1.0),
    "stargan": Kind(Plan(width=64, down=4, up=4), 6, AnyToAny, 0.5),
}
_CRITIC_WIDTH = 64


@dataclass(frozen=True)
class Fitted:
    """A generator on the CPU, the history of its training, and the health of each class with a defect."""

    generator: TranslationGenerator
    history: dict[str, list[float]]
    health: list[dict[str, Any]]


def fit_domains(
    translator: "DomainTranslator",
    images: np.ndarray,
    domains: np.ndarray,
    progress: Progress | None,
    checkpoint: Checkpoint,
) -> Fitted:
    """Train on images (n, c, h, w) uint8 of domains (n,) 0, 1, ..., the last being the background."""
    s = translator.settings
    place = Placement(s.device, s.precision, s.compile)
    own = Randomness(s.seed, place.device)
    with own.used():
        learner = new_learner(translator, images, domains, place)
    named = fingerprint(s, images, domains)
    training = Training(learner, s.loops, own, file=checkpoint_file(checkpoint, translator.name), named=named)
    training.run(progress)
    generator = learner.average.network.cpu().requires_grad_(False)
    critic = learner.critic.cpu().requires_grad_(False)
    health = [
        judge_domain(generator, critic, images, domains, at, training.broken) for at in range(len(translator.classes_))
    ]
    return Fitted(generator, training.history, health)


def new_learner(
    translator: "DomainTranslator", images: np.ndarray, domains: np.ndarray, place: Placement
) -> DomainLearner:
    """Untrained networks and all that trains them; draws from torch's global random numbers."""
    s, kind = translator.settings, KINDS[translator.name]
    networks = new_generator(translator), new_critic(translator)
    return DomainLearner(s, networks, kind.batches(images, domains, place), place, kind.decay_from)


def new_generator(translator: "DomainTranslator") -> TranslationGenerator:
    """The untrained generator for the translator's classes and image shape."""
    s, plan = translator.settings, KINDS[translator.name].plan
    generator = TranslationGenerator(translator.shape_[0], len(translator.classes_) + 1, plan.scaled(s.width, s.blocks))
    return generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def new_critic(translator: "DomainTranslator") -> DomainCritic:
    """The untrained critic; with six layers, images of 32 pixels leave one out."""
    channels, size = translator.shape_[:2]
    layers = min(KINDS[translator.name].layers, size.bit_length() - 1)
    return DomainCritic(
        channels, len(translator.classes_) + 1, size, scaled(_CRITIC_WIDTH, translator.settings.width), layers
    )


def apply(generator: TranslationGenerator, images: np.ndarray, domain: int | None) -> np.ndarray:
    """Translate images (n, c, h, w) uint8 on the CPU."""
    with torch.inference_mode():
        x = to_unit(images).contiguous(memory_format=torch.channels_last)
        wanted = None if domain is None else torch.full((len(images),), domain)
        return to_bytes(generator(x, wanted))


def apply_all(generator: TranslationGenerator, images: np.ndarray, domain: int | None) -> np.ndarray:
    """Translate any number of images, some at a time."""
    parts = [apply(generator, images[at : at + _CHUNK], domain) for at in range(0, len(images), _CHUNK)]
    return np.concatenate([images[:0], *parts])


def judge_domain(
    generator: TranslationGenerator,
    critic: DomainCritic,
    images: np.ndarray,
    domains: np.ndarray,
    domain: int,
    broken: str,
) -> dict[str, Any]:
    """The health of one class: backgrounds turned into it, beside its real images."""
    starts, real = images[domains == domains.max()][:MOST], images[domains == domain]
    made = apply_all(generator, starts, domain)
    with torch.inference_mode():
        seen = torch.cat([critic(to_unit(made[at : at + _CHUNK]))[1] for at in range(0, len(made), _CHUNK)])
    recognised = float((seen.argmax(1) == domain).float().mean())
    return judge_translation(made, starts, real, recognised=recognised, weights=layer_weights(critic), broken=broken)


def layer_weights(network: torch.nn.Module) -> dict[str, np.ndarray]:
    """The weights of a network's convolutions."""
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, torch.nn.Conv2d)}
    return {name: layer.weight.detach().float().numpy() for name, layer in layers.items()}
