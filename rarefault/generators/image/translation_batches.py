"""The images that a translator learns from, by domain, and what each shall be turned into."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rarefault.generators.image.pixels import to_unit
from rarefault.generators.image.placement import Placement


class Batch(NamedTuple):
    """Images (n, c, h, w) in [-1, 1], their domains (n,) and the wanted ones (n,)."""

    images: Tensor
    origin: Tensor
    target: Tensor


class Domains(ABC):
    """Draws batches from images (n, c, h, w) uint8 with domains (n,) 0, 1, ...; the last one is the background.

    All draws are with replacement, from torch's global random numbers. Every domain must have an image.
    """

    def __init__(self, images: np.ndarray, domains: np.ndarray, place: Placement) -> None:
        order = np.argsort(domains, kind="stable")
        self.images = place.images(to_unit(images[order]))
        counts = torch.from_numpy(np.bincount(domains)).to(place.device)
        self.counts, self.starts = counts, counts.cumsum(0) - counts
        self.background = len(counts) - 1

    @abstractmethod
    def wishes(self, n: int) -> tuple[Tensor, Tensor]:
        """Where n images come from and what they shall become, (n,) domains each."""

    def draw(self, n: int) -> Batch:
        """A random image of each domain that `wishes` names."""
        origin, target = self.wishes(n)
        u = torch.rand(n, device=self.images.device, dtype=torch.float64)
        rows = self.starts[origin] + (u * self.counts[origin]).long()
        return Batch(self.images[rows], origin, target)

    def _any(self, n: int, below: int) -> Tensor:
        return torch.randint(below, (n,), device=self.images.device)


class ProduceAndEliminate(Domains):
    """Half of a batch is backgrounds that get a random defect, half is defects that are to vanish (PE-GAN, 3.2)."""

    def wishes(self, n: int) -> tuple[Tensor, Tensor]:
        """Backgrounds first."""
        defects = self._any(n, self.background)
        background = torch.full_like(defects, self.background)
        produced = torch.arange(n, device=defects.device) < n - n // 2
        return torch.where(produced, background, defects), torch.where(produced, defects, background)


class AnyToAny(Domains):
    """Images of any domain; their domains, shuffled, are the targets (StarGAN, as in its published training)."""

    def wishes(self, n: int) -> tuple[Tensor, Tensor]:
        """Every domain as often, so that rare ones are seen."""
        origin = self._any(n, self.background + 1)
        return origin, origin[torch.randperm(n, device=origin.device)]
