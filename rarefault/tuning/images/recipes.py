"""What an inspector is trained on: real images, generated ones, classically augmented ones, in named mixtures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from rarefault.datasets.images.image_set import ImageSet

Sampler = Callable[[str, int, int], np.ndarray]
"""Called as sampler(label, n, seed): n generated images (n, c, h, w) uint8 of a class, the same for the same seed."""
Classical = Callable[[np.ndarray, int, int], np.ndarray]
"""Called as classical(images, n, seed): n changed copies of images (m, c, h, w) uint8."""


def classically(images: np.ndarray, n: int, seed: int) -> np.ndarray:
    """n images, each one of `images` flipped, turned, shifted or made noisy (the ball-screw paper, section 3.2)."""
    from rarefault.datasets.images.classical import augment

    return augment(images, n, seed)


@dataclass(frozen=True)
class Recipe:
    """A mixture: which images are generated, how many, and whether the classical augmentation fills up the rest.

    sampler names who generates (empty: nobody). amount, of each class with a defect: "balance", as many as the
    largest class lacks; "images", `number` of them but at most half of what it lacks; "times", `number` times the real
    ones. keep_real False leaves the real images with a defect out ("balance" then generates them all). classical
    fills every class with a defect up to the largest class with changed copies of what is there by then.
    """

    name: str
    title: str
    sampler: str = ""
    amount: Literal["balance", "images", "times"] = "balance"
    number: float = 0.0
    keep_real: bool = True
    classical: bool = False

    def __post_init__(self) -> None:
        if self.number < 0 or (self.number == 0 and self.amount != "balance"):
            raise ValueError(f"number must be > 0 for amount {self.amount!r}, got {self.number}")
        if not self.keep_real and not self.sampler:
            raise ValueError(f"recipe {self.name!r} leaves real images out but has no sampler to replace them")

    def build(
        self, real: ImageSet, samplers: Mapping[str, Sampler], seed: int, classical: Classical = classically
    ) -> ImageSet:
        """The training set that this recipe makes of real images, the same for the same seed; real ones come first.

        Raises ValueError for a sampler that is not there and for generated images of another kind.
        """
        if self.sampler and self.sampler not in samplers:
            raise ValueError(f"recipe {self.name!r} needs sampler {self.sampler!r}; there are {sorted(samplers)}")
        background = real.facts.background
        parts = [real if self.keep_real else real.rows(real.labels == background)]
        largest = max(real.counts.values())
        for order, label in enumerate(real.facts.defects):
            kept = real.of(label) if self.keep_real else real.images[:0]
            seeds = np.random.SeedSequence([seed, order]).generate_state(2).tolist()
            wanted = self._wanted(real.counts[label], len(kept), largest)
            made = self._made(samplers, label, wanted, int(seeds[0]), real.images)
            there = np.concatenate([kept, made])
            lacking = largest - len(there)
            if self.classical and lacking > 0 and len(there):
                made = np.concatenate([made, classical(there, lacking, int(seeds[1]))])
            parts.append(_labelled(made, label, real))
        return _joined(parts)

    def _wanted(self, real: int, kept: int, largest: int) -> int:
        if not self.sampler or not real:
            return 0
        if self.amount == "times":
            return round(self.number * real)
        room = max(0, largest - kept)
        return room if self.amount == "balance" else min(round(self.number), (room + 1) // 2)

    def _made(self, samplers: Mapping[str, Sampler], label: str, n: int, seed: int, like: np.ndarray) -> np.ndarray:
        if not n:
            return like[:0]
        made = samplers[self.sampler](label, n, seed)
        if made.shape != (n, *like.shape[1:]) or made.dtype != np.uint8:
            raise ValueError(
                f"sampler {self.sampler!r} gave {made.dtype} {made.shape} for {n} images of class {label!r}, expected "
                f"uint8 {(n, *like.shape[1:])}"
            )
        return made


def _labelled(images: np.ndarray, label: str, real: ImageSet) -> ImageSet:
    return ImageSet(images, np.full(len(images), label, dtype=object), real.facts)


def _joined(parts: list[ImageSet]) -> ImageSet:
    """One set, without groups: it is for training, not for splitting."""
    images, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels"))
    return replace(parts[0], images=images, labels=labels, groups=None, sources=None)


def classically_balanced(real: ImageSet, seed: int, classical: Classical = classically) -> ImageSet:
    """Real images with every class with a defect filled up to the largest class: what task 5 trains its GAN on."""
    return Recipe("classical", "Classical augmentation", classical=True).build(real, {}, seed, classical)


def six_tasks(gan: str = "gan", gan_on_classical: str = "gan-on-classical") -> list[Recipe]:
    """The classification tasks of section 3.4 of the ball-screw paper, by the names of two samplers.

    gan learned from the original images, gan_on_classical from original and classically augmented ones.
    """
    return [
        Recipe("1-original", "Original images"),
        Recipe("2-gan", "Original + generated, balanced", gan),
        Recipe("3-replaced", "Generated in place of all real defects", gan, keep_real=False),
        Recipe("4-classical", "Original + classical augmentation, balanced", classical=True),
        Recipe("5-classical-gan", "Original + generated by a GAN that saw classical ones", gan_on_classical),
        Recipe(
            "6-gan-classical", "Original + 100 generated a class, then classical", gan, "images", 100, classical=True
        ),
    ]


def real_and_generated(samplers: Mapping[str, str], times: float = 3.0) -> list[Recipe]:
    """Real images alone, and with `times` as many generated by each sampler ({name: title}), as in the PE-GAN paper."""
    added = [Recipe(name, f"Real + {times:g}x {title}", name, "times", times) for name, title in samplers.items()]
    return [Recipe("real", "Real images"), *added]


def strategies(generators: Mapping[str, str], times: float = 0.0, first: int = 100) -> list[Recipe]:
    """What the inner folds compare: untouched, classical, and for each generator ({name: title}) two mixtures.

    NAME: its images alone, as many as balance the classes (or `times` the real ones, if above 0). NAME+classical:
    `first` of its images a class, then classical augmentation of all there is.
    """
    recipes = [Recipe("untouched", "Untouched images"), Recipe("classical", "Classical augmentation", classical=True)]
    for name, title in generators.items():
        alone = Recipe(name, title, name, "times", times) if times else Recipe(name, title, name)
        both = Recipe(f"{name}+classical", f"{title}, then classical", name, "images", first, classical=True)
        recipes += [alone, both]
    return recipes
