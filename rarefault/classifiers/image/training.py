"""The training of an inspector's network, and its answers."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rarefault.classifiers.image.network import Network
from rarefault.classifiers.image.networks import IMAGE_CLASSIFIERS
from rarefault.classifiers.image.settings import InspectorSettings
from rarefault.generators.base import Progress
from rarefault.generators.image.placement import Placement, Randomness

_SHIFT = 1 / 8
_ANSWERED_AT_ONCE = 256


def make_network(settings: InspectorSettings, channels: int, classes: int, size: int) -> Network:
    """The untrained network, on the CPU; its weights come from the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        kind = IMAGE_CLASSIFIERS[settings.network]
        return kind(channels, classes, size, settings.width, settings.small_stem)


def scaled(images: Tensor) -> Tensor:
    """Pixels 0 .. 255 as numbers in [-1, 1], channels last in memory."""
    return images.to(torch.float32).mul_(1 / 127.5).sub_(1.0).contiguous(memory_format=torch.channels_last)


def train(
    network: Network, images: np.ndarray, codes: np.ndarray, settings: InspectorSettings, progress: Progress | None
) -> list[float]:
    """Train in place on images (n, c, h, w) uint8 with codes (n,); returns the mean loss of each epoch.

    Raises ValueError when the loss is no longer a number.
    """
    training = _Training(network, images, codes, settings)
    with Randomness(settings.seed, training.place.device).used():  # dropout knows no other source than the global one
        return training.run(progress)


class _Training:
    def __init__(self, network: Network, images: np.ndarray, codes: np.ndarray, settings: InspectorSettings) -> None:
        self.settings = settings
        self.place = Placement(settings.device, settings.precision, settings.compile)
        self.network = self.place.put(network).train()
        self.images = torch.from_numpy(np.ascontiguousarray(images)).to(self.place.device)
        self.codes = torch.from_numpy(codes).to(self.place.device)
        self.batch = min(settings.batch, len(images))
        self.steps = max(1, len(images) // self.batch)
        self.rng = torch.Generator().manual_seed(settings.seed)
        self.weights = _class_weights(codes, network.classes)
        self.loss_weights = self.weights.to(self.place.device) if settings.balance == "loss" else None
        self.optimiser = torch.optim.Adam(
            self.network.parameters(),
            lr=settings.lr,
            betas=(settings.beta1, 0.999),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.loss = self.place.compiled(self._loss)

    def run(self, progress: Progress | None) -> list[float]:
        losses = []
        for epoch in range(self.settings.epochs):
            total = torch.zeros((), device=self.place.device)
            for step, rows in enumerate(self._batches()):
                self._set_rate(epoch * self.steps + step)
                total += self._step(rows.to(self.place.device))
            losses.append(float(total) / self.steps)
            if not math.isfinite(losses[-1]):
                raise ValueError(f"the training diverged in epoch {epoch + 1}; a smaller lr than {self.settings.lr}?")
            if progress:
                progress(epoch + 1, self.settings.epochs)
        self._settle()
        return losses

    @torch.no_grad()
    def _settle(self) -> None:
        """Take the batch norms' means over one more pass, with the final weights (Wu and Johnson, 2021).

        Their running means lag behind the weights, which after a short training makes the answers worthless.
        """
        norms = [layer for layer in self.network.modules() if isinstance(layer, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
        for rows in self._batches():
            with self.place.autocast():
                self.network(scaled(self.images[rows.to(self.place.device)]))
        self.network.eval()

    def _step(self, rows: Tensor) -> Tensor:
        images = self.images[rows]
        if self.settings.augment:
            images = _moved(images, self.rng)
        loss = self.loss(images, self.codes[rows])
        self.place.update(loss, self.optimiser)
        return loss.detach()

    def _loss(self, images: Tensor, codes: Tensor) -> Tensor:
        with self.place.autocast():
            return functional.cross_entropy(self.network(scaled(images)), codes, self.loss_weights)

    def _batches(self) -> Iterator[Tensor]:
        """Batches of one size; what is left over at an epoch's end stands at another place in the next."""
        n = len(self.codes)
        if self.settings.balance == "draws":
            chances = self.weights[self.codes.cpu()]
            order = torch.multinomial(chances, n, replacement=True, generator=self.rng)
        else:
            order = torch.randperm(n, generator=self.rng)
        return iter(torch.split(order[: self.steps * self.batch], self.batch))

    def _set_rate(self, step: int) -> None:
        if self.settings.schedule == "one-cycle":
            rate = self.settings.lr * _one_cycle(step / (self.steps * self.settings.epochs))
            for group in self.optimiser.param_groups:
                group["lr"] = rate


def _one_cycle(done: float) -> float:
    """The share of the highest learning rate when a share `done` of all steps is done: up in 0.3, down in 0.7."""
    if done < 0.3:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * done / 0.3)) / 2
    return (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2


def _class_weights(codes: np.ndarray, classes: int) -> Tensor:
    """The inverse share of each class that there is, 1 on the mean over all images; (k,)."""
    counts = torch.from_numpy(np.bincount(codes, minlength=classes))
    there = counts > 0
    return torch.where(there, len(codes) / (there.sum() * counts.clamp(min=1)), 0.0)


def _moved(images: Tensor, rng: torch.Generator) -> Tensor:
    """Each image flipped or not both ways, turned by a quarter or not, and shifted by up to an eighth (mirrored)."""
    n, _, size, _ = images.shape
    draws = torch.rand(5, n, generator=rng)
    flip_x, flip_y, turn = (draws[:3] < 0.5).to(images.device)
    shift_x, shift_y = ((2 * draws[3:] - 1) * size * _SHIFT).round().long().to(images.device)
    at = torch.arange(size, device=images.device)
    rows, columns = (_mirrored(at[None] + shift[:, None], size) for shift in (shift_y, shift_x))  # (n, size)
    rows = torch.where(flip_y[:, None], size - 1 - rows, rows)
    columns = torch.where(flip_x[:, None], size - 1 - columns, columns)
    y, x = rows[:, :, None].expand(n, size, size), columns[:, None, :].expand(n, size, size)
    y, x = torch.where(turn[:, None, None], x, y), torch.where(turn[:, None, None], y, x)
    at_once = torch.arange(n, device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[at_once, y, x].permute(0, 3, 1, 2)


def _mirrored(at: Tensor, size: int) -> Tensor:
    at = at.abs()
    return torch.where(at >= size, 2 * (size - 1) - at, at)


def answers(network: Network, images: np.ndarray, device: str) -> np.ndarray:
    """Probabilities (n, k) float32 of images (n, c, h, w) uint8, a few hundred at once, in fp32."""
    place = Placement(device, "fp32", "none")
    network = place.put(network).eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), _ANSWERED_AT_ONCE):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + _ANSWERED_AT_ONCE]))
            parts.append(torch.softmax(network(scaled(batch.to(place.device))), dim=1).cpu().numpy())
    return np.concatenate(parts)
