"""Training one class of a DCGAN from its images, and drawing from what was trained."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rarefault.generators.base import Progress
from rarefault.generators.image import dcgan_step
from rarefault.generators.image.averaging import recalibrate
from rarefault.generators.image.base import Checkpoint
from rarefault.generators.image.checkpoints import fingerprint
from rarefault.generators.image.dcgan import DCGANSettings
from rarefault.generators.image.dcgan_networks import Generator
from rarefault.generators.image.health import MOST, judge
from rarefault.generators.image.pixels import to_bytes, to_unit
from rarefault.generators.image.placement import Placement, Randomness
from rarefault.generators.image.training import Training, checkpoint_file

_CHUNK = 64
_CALIBRATION = 10  # batches


@dataclass(frozen=True)
class Fitted:
    """A generator on the CPU, ready to draw; the history of its training, and whether it can be used."""

    generator: Generator
    history: dict[str, list[float]]
    health: dict[str, Any]


def fit_class(
    settings: DCGANSettings,
    loss: str,
    images: np.ndarray,
    position: int,
    progress: Progress | None,
    checkpoint: Checkpoint,
) -> Fitted:
    """Train on the images (n, c, h, w) uint8 of the class at `position`; loss: "cross_entropy" or "least_squares"."""
    place = Placement(settings.device, settings.precision, settings.compile)
    own = Randomness(class_seed(settings.seed, position), place.device)
    real = training_images(settings, images, position)
    with own.used():
        learner = dcgan_step.DCGANLearner(settings, to_unit(real), getattr(dcgan_step, loss), place)
    named = fingerprint(settings, loss, images)
    training = Training(learner, settings.loops, own, file=checkpoint_file(checkpoint, position), named=named)
    training.run(progress)
    generator: Generator = learner.generator if learner.average is None else learner.average.network
    with own.used():
        recalibrate(generator, (learner.latents(settings.batch) for _ in range(_CALIBRATION)))
    generator.cpu().requires_grad_(False)
    health = judge(
        draw(generator, min(len(images), MOST), seed=0),
        images,
        accuracy=training.history.get("d_accuracy", ()),
        weights=_weights(learner.discriminator),
        broken=training.broken,
    )
    return Fitted(generator, training.history, health)


def _weights(network: torch.nn.Module) -> dict[str, np.ndarray]:
    """The weights of the convolutions."""
    layers = {name: layer for name, layer in network.named_modules() if isinstance(layer, torch.nn.Conv2d)}
    return {name: layer.weight.detach().float().cpu().numpy() for name, layer in layers.items()}


def class_seed(seed: int, position: int) -> int:
    """Another seed for every class."""
    return int(np.random.default_rng([seed, 2, position]).integers(2**63))


def training_images(settings: DCGANSettings, images: np.ndarray, position: int) -> np.ndarray:
    """The images, or classically augmented ones of them, as the settings say."""
    if settings.augment == "none":
        return images
    from rarefault.datasets.images.classical import augment

    return augment(images, settings.augmented, class_seed(settings.seed, position) % 2**31)


def load_network(settings: DCGANSettings, shape: tuple[int, ...], arrays: dict[str, np.ndarray]) -> Generator:
    """The generator with the weights `arrays`."""
    generator = Generator(settings.latent, shape, settings.width)
    generator.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    return Placement("cpu").put(generator).requires_grad_(False).eval()


def draw(generator: Generator, n: int, seed: int) -> np.ndarray:
    """n images (n, c, h, w) uint8."""
    rng = torch.Generator().manual_seed(seed)
    return _made(generator, _latents(n, generator.dense.in_features, rng))


def decode(generator: Generator, latents: np.ndarray) -> np.ndarray:
    """The images (n, c, h, w) uint8 of noise (n, latent)."""
    whole = torch.from_numpy(latents.astype(np.float32))
    return _made(generator, [whole[at : at + _CHUNK] for at in range(0, max(len(whole), 1), _CHUNK)])


def _made(generator: Generator, latents: list[Tensor]) -> np.ndarray:
    with torch.inference_mode():
        return np.concatenate([to_bytes(generator(z)) for z in latents])


def _latents(n: int, size: int, rng: torch.Generator) -> list[Tensor]:
    """Noise (n, size) in pieces; no images at all are one empty piece."""
    return [torch.randn(min(_CHUNK, n - at), size, generator=rng) for at in range(0, max(n, 1), _CHUNK)]
