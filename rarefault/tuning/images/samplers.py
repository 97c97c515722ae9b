"""Image generators as what recipes draw from: saved, in hand, or to be fitted."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rarefault.datasets.images.image_set import ImageSet
from rarefault.generators.image import IMAGE_GENERATORS, ImageGenerator, load_image_generator
from rarefault.tuning.images.recipes import Sampler


class Drawing(Protocol):
    """What a fitted generator must do here; every `ImageGenerator` does."""

    health_: Any

    def rewind(self, block: int = 0) -> None:
        """Start the draws of a block anew."""

    def sample(self, n: int, label: str) -> np.ndarray:
        """Make n images of class `label`."""


Factory = Callable[[ImageSet, int], Drawing]
"""Called as factory(part, seed): a generator fitted on the images of `part` and on nothing else."""


@dataclass(frozen=True)
class SavedGenerator:
    """Draws from the generator saved in `folder`; each process loads it once."""

    folder: str

    def __call__(self, label: str, n: int, seed: int) -> np.ndarray:
        """Make n images of class `label`; the same seed gives the same images."""
        return sampler_of(_loaded(self.folder))(label, n, seed)

    @property
    def identity(self) -> str:
        """What changes when the saved generator does."""
        weights = Path(self.folder) / "weights.safetensors"
        return hashlib.sha256(weights.read_bytes()).hexdigest()[:16]


@lru_cache(maxsize=8)
def _loaded(folder: str) -> ImageGenerator:
    return load_image_generator(folder)


def sampler_of(generator: Drawing) -> Sampler:
    """A generator in hand as a sampler."""

    def sampler(label: str, n: int, seed: int) -> np.ndarray:
        generator.rewind(seed + 1)  # block 0 is what everybody else draws
        return generator.sample(n, label)

    return sampler


def collapsed_classes(health: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The classes whose images a generator makes all alike or not at all, after its own `health_`."""
    return sorted(label for label, facts in health.items() if facts.get("collapsed"))


@dataclass(frozen=True)
class FitGenerator:
    """A factory: generator `name` of IMAGE_GENERATORS with plain settings."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, part: ImageSet, seed: int) -> Drawing:
        """Fit on `part` with this seed."""
        generator = IMAGE_GENERATORS[self.name].from_params({**self.params, "seed": seed})
        return generator.fit(part.images, part.labels, background=part.facts.background)
