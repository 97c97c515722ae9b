"""Small surfaces and samplers for the tests of this folder; other processes import them by name."""

from dataclasses import dataclass

import numpy as np

from rarefault.datasets.images.image_set import ImageFacts, ImageSet

FACTS = ImageFacts(("intact", "pits", "rust"), "intact", "dots")
QUICK = {"epochs": 2, "lr": 2e-3, "width": 0.25, "device": "cpu"}


def surfaces(counts=(24, 10, 6), seed=0, grouped=True, size=32):
    """Grey noise; pits have a dark dot, rust a bright stripe. Groups of two images."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array(FACTS.classes, dtype=object), counts)
    images = rng.normal(128, 12, (len(labels), 1, size, size))
    for image, label in zip(images, labels, strict=True):
        at = rng.integers(4, size - 12)
        if label == "pits":
            image[:, at : at + 7, at : at + 7] -= 70
        if label == "rust":
            image[:, at : at + 3] += 70
    groups = np.array([f"g{at // 2}" for at in range(len(labels))], dtype=object) if grouped else None
    return ImageSet(images.clip(0, 255).astype(np.uint8), labels, FACTS, groups)


@dataclass(frozen=True)
class Good:
    """Makes fresh surfaces of the class asked for."""

    seed: int = 0

    def __call__(self, label, n, seed):
        counts = tuple(n * (label == name) for name in FACTS.classes)
        return surfaces(counts, seed % 100_000 + 7 + self.seed).images


def brighter(images, n, seed):
    """A classical augmentation that costs nothing."""
    picked = np.random.default_rng(seed).integers(len(images), size=n)
    return (images[picked] // 2 + 100).astype(np.uint8)
