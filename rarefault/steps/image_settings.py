"""Which settings a generator, an inspector and the sizes of a run have: given, found by a search, or the preset's."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import presets
from rarefault.steps.record import read_json

ORIGINAL, CLASSICAL = "original", "classical"
"""What the run's own generator learns from: the training images, or these and classically augmented ones."""
TITLES = {"dcgan": "DCGAN", "lsgan": "LSGAN", "pegan": "PE-GAN", "stargan": "StarGAN", "cyclegan": "CycleGAN"}


def generator_settings(
    study: str, pipeline: str, preset: str, name: str, strategy_params: Mapping[str, Any], fold: bool = False
) -> dict[str, Any]:
    """The settings of generator `name`: what the search in file `study` found for it, or those given by name."""
    found = read_json(study)
    given = found["given"] if name == found["generator"] else strategy_params.get(name, {})
    searched = found["searched"] if name == found["generator"] else {}
    return presets.params_of(pipeline, preset, "generators", name, {**given, **searched}, fold)


def inspector_settings(
    pipeline: str, preset: str, name: str, given: Mapping[str, Any], seed: int, fold: bool = False
) -> dict[str, Any]:
    """The settings of inspector `name`."""
    params = presets.params_of(pipeline, preset, "inspectors", name, given, fold)
    return {**params, "network": name, "seed": seed}


def generator_of(source: str, study: str) -> str:
    """The name of the generator that a source stands for."""
    return str(read_json(study)["generator"]) if source in (ORIGINAL, CLASSICAL) else source


def checkpoint_place(checkpoints: str, *parts: str) -> Path | None:
    """The folder below `checkpoints` for one training; None where nothing is kept."""
    return Path(checkpoints, *(part.replace("/", "-") for part in parts)) if checkpoints else None


@dataclass(frozen=True)
class ChosenMethods:
    """The classical augmentation with the methods of a run; other processes can use it."""

    methods: tuple[str, ...]

    def __call__(self, images: np.ndarray, n: int, seed: int) -> np.ndarray:
        """Make n changed copies of images (m, c, h, w) uint8."""
        from rarefault.datasets.images.classical import augment

        return augment(images, n, seed, self.methods)


def title_of(source: str, generator: str) -> str:
    """What people call a generator."""
    title = TITLES.get(generator, generator)
    return f"{title} on augmented images" if source == CLASSICAL else title


@contextmanager
def kept_results(checkpoints: str, *parts: str) -> Iterator[Path]:
    """The folder where a step keeps its results one by one; one that is forgotten where nothing is kept."""
    place = checkpoint_place(checkpoints, *parts)
    if place is not None:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="rarefault-results-") as scratch:
        yield Path(scratch)


def processes() -> int:
    """How many trainings run side by side: as many as there are processors, a container's limit counted."""
    import joblib

    return int(joblib.cpu_count())
