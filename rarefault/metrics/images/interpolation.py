"""From one generated image to another: through the latent space, and by fading one into the other."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from rarefault.metrics.images.features import NETWORK, features
from rarefault.metrics.images.memorising import nearest_real


@runtime_checkable
class Decoder(Protocol):
    """A generator that draws from noise; `settings.latent` is the size of the noise."""

    settings: Any

    def decode(self, latents: np.ndarray, label: str) -> np.ndarray:
        """Images (n, c, h, w) uint8 of class `label` from standard normal noise (n, latent) float32."""


def interpolate(
    generator: object, label: str, pairs: int = 3, steps: int = 9, seed: int = 0
) -> dict[str, np.ndarray] | None:
    """Strips between pairs of generated images of one class (figure 9 of the ball-screw paper).

    Returns latent and fade, each (pairs, steps, c, h, w) uint8 with the same first and last images: in between the
    noise moves along the arc between the two ends, so that it stays as long as noise is (White, 2016), or the pixels
    are blended. None for a generator that is no `Decoder`: a translator has no noise to move through. Raises
    ValueError for fewer than 1 pair or 3 steps.
    """
    if pairs < 1 or steps < 3:
        raise ValueError(f"there must be at least 1 pair and 3 steps, got {pairs} and {steps}")
    if not isinstance(generator, Decoder):
        return None
    ends = np.random.default_rng(seed).normal(size=(2, pairs, generator.settings.latent))
    share = np.linspace(0.0, 1.0, steps)
    latents = _arcs(ends[0], ends[1], share).astype(np.float32)  # (pairs, steps, latent)
    images = generator.decode(latents.reshape(pairs * steps, -1), label)
    latent = images.reshape(pairs, steps, *images.shape[1:])
    return {"latent": latent, "fade": _fades(latent[:, 0], latent[:, -1], share)}


def _arcs(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Points (pairs, steps, d) on the great arcs between vectors (pairs, d)."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(last, axis=1)
    angle = np.arccos(np.clip((first * last).sum(axis=1) / norms, -1.0, 1.0))[:, None]
    from_first, from_last = np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
    return np.asarray(from_first[..., None] * first[:, None] + from_last[..., None] * last[:, None])


def _fades(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    weight = share[None, :, None, None, None]
    blended = (1 - weight) * first[:, None] + weight * last[:, None]
    return np.asarray(np.rint(blended).astype(np.uint8))


def realism(
    strips: Mapping[str, np.ndarray], real: np.ndarray, network: str = NETWORK, threads: int | None = None
) -> dict[str, float]:
    """Mean feature distance to the nearest real image: of the ends of the strips, and of what is between them.

    A generator that learned what its classes have in common makes images in between that are as near to real ones as
    the ends are (latent close to ends); faded images are farther away (fade).
    """
    rows = features(real, network, threads)
    parts = {"ends": strips["latent"][:, [0, -1]], "latent": strips["latent"][:, 1:-1], "fade": strips["fade"][:, 1:-1]}
    return {
        name: float(nearest_real(features(part.reshape(-1, *part.shape[2:]), network, threads), rows)[1].mean())
        for name, part in parts.items()
    }
