"""The exponential average of a generator's weights over its training, from which images are drawn."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

N = TypeVar("N", bound=nn.Module)


class Average(Generic[N]):
    """Follows `source`; `network` has the averaged weights.

    decay: in [0, 1); young averages forget faster, min(decay, (1 + t) / (10 + t)) after t steps, so that a short
    training is not dominated by its start.
    """

    def __init__(self, source: N, decay: float) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be >= 0 and < 1, got {decay}")
        self.network = deepcopy(source).requires_grad_(False)
        self.decay, self.steps = decay, 0
        self._mine: list[Tensor] = list(self.network.parameters())
        self._theirs: list[Tensor] = list(source.parameters())
        self._kept = list(self.network.buffers()), list(source.buffers())

    @torch.no_grad()
    def step(self) -> None:
        """Move towards the source; call after each of its updates."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(self._mine, self._theirs, 1.0 - decay)
        for mine, theirs in zip(*self._kept, strict=True):
            mine.copy_(theirs)
        self.steps += 1


@torch.no_grad()
def recalibrate(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Estimate the batch norms' means and variances anew, for averaged weights have other ones than the last."""
    norms = [layer for layer in network.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over all batches
    network.train()
    for batch in batches:
        network(batch)
    for layer, momentum in zip(norms, momenta, strict=True):
        layer.momentum = momentum
    network.eval()
