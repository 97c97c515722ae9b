"""Classical augmentation: flips, turns, shifts, noise and the others of the ball-screw paper's figure 4, with kornia.

Every draw comes from the seed; nothing global is touched. Source: "Image data augmentation for ball screw surface
failures with DCGAN", section 3.2; the paper chose flip, rotation, translation and Gaussian noise.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from kornia import enhance, filters
from kornia.geometry import transform

DEFAULT = ("flip", "rotation", "translation", "noise")
_BATCH = 256
_CHANCE = 0.5  # that a method is applied to an image; at least one always is

Method = Callable[[torch.Tensor, np.random.Generator], torch.Tensor]
"""Images (n, c, h, w) in [0, 1] -> images of the same shape, clipped afterwards."""


def augment(images: np.ndarray, n: int, seed: int = 0, methods: Sequence[str] = DEFAULT) -> np.ndarray:
    """n new images (n, c, h, w) uint8, each a changed copy of a random one of images (m, c, h, w) uint8.

    The originals are used equally often. Each copy undergoes every method with probability 1/2, and at least one.
    Raises ValueError for an unknown or missing method, for n < 0 and for no images.
    """
    unknown = sorted(set(methods) - set(METHODS))
    if unknown or not methods:
        raise ValueError(f"methods must be one or more of {sorted(METHODS)}, got {list(methods)}")
    if n < 0 or images.ndim != 4 or images.dtype != np.uint8 or (n and not len(images)):
        raise ValueError(f"n must be >= 0 and images uint8 (m, c, h, w) with m > 0, got {n} of {images.shape}")
    rng = np.random.default_rng([seed, 3])
    rounds = [rng.permutation(len(images)) for _ in range(-(-n // max(len(images), 1)))]
    picked = np.concatenate([np.empty(0, np.int64), *rounds])[:n]
    out = np.empty((n, *images.shape[1:]), dtype=np.uint8)
    for start in range(0, n, _BATCH):
        batch = images[picked[start : start + _BATCH]]
        out[start : start + len(batch)] = _changed(batch, rng, methods)
    return out


@torch.no_grad()
def _changed(batch: np.ndarray, rng: np.random.Generator, methods: Sequence[str]) -> np.ndarray:
    values = torch.from_numpy(batch).float() / 255
    applied = rng.random((len(batch), len(methods))) < _CHANCE
    applied[np.arange(len(batch)), rng.integers(len(methods), size=len(batch))] = True
    for column, name in enumerate(methods):
        rows = torch.from_numpy(np.flatnonzero(applied[:, column]))
        if len(rows):
            values[rows] = METHODS[name](values[rows], rng).clamp(0, 1)
    return (values * 255).round().to(torch.uint8).numpy()


def _uniform(low: float, high: float, n: int, rng: np.random.Generator) -> torch.Tensor:
    """n values whose size is between low and high and whose sign is random."""
    return torch.from_numpy((rng.uniform(low, high, n) * rng.choice((-1, 1), n)).astype(np.float32))


def _flip(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Left to right, upside down, or both."""
    kind = torch.from_numpy(rng.integers(3, size=len(x)))[:, None, None, None]
    x = torch.where(kind != 1, transform.hflip(x), x)
    return torch.where(kind != 0, transform.vflip(x), x)


def _rotation(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """By 5 to 30 degrees to either side, and perhaps a half turn; what comes in is mirrored at the edge."""
    half = torch.from_numpy(180.0 * rng.integers(2, size=len(x))).float()
    return transform.rotate(x, _uniform(5, 30, len(x), rng) + half, padding_mode="reflection")


def _translation(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """By 3 to 15 % of the side in both directions."""
    shift = torch.stack([_uniform(0.03, 0.15, len(x), rng) * x.shape[-1] for _ in range(2)], dim=1)
    return transform.translate(x, shift, padding_mode="reflection")


def _amplify(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Enlarge by 5 to 30 % about the centre."""
    factor = torch.from_numpy(rng.uniform(1.05, 1.3, len(x)).astype(np.float32))
    return transform.scale(x, factor[:, None].repeat(1, 2), padding_mode="reflection")


def _elastic(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Shift pixels by a smooth random field of about 2 % of the side."""
    side = x.shape[-1]
    noise = torch.from_numpy(rng.standard_normal((len(x), 2, side, side)).astype(np.float32))
    width = side / 16
    field = filters.gaussian_blur2d(noise, (2 * round(2 * width) + 1,) * 2, (width, width))
    field = field / field.std(dim=(2, 3), keepdim=True) * 0.04  # coordinates run from -1 to 1
    line = torch.linspace(-1, 1, side)
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([columns, rows], dim=-1) + field.permute(0, 2, 3, 1)
    return torch.nn.functional.grid_sample(x, grid, padding_mode="reflection", align_corners=True)


def _brightness(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Brighter or darker by 5 to 20 % of the full range."""
    return enhance.adjust_brightness(x, _uniform(0.05, 0.2, len(x), rng))


def _noise(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Add Gaussian noise of 1 to 4 % of the full range, one level an image."""
    level = rng.uniform(0.01, 0.04, (len(x), 1, 1, 1))
    return x + torch.from_numpy((level * rng.standard_normal(x.shape)).astype(np.float32))


def _blur(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """A Gaussian filter of 0.6 to 1.5 pixels."""
    width = torch.from_numpy(rng.uniform(0.6, 1.5, len(x)).astype(np.float32))
    return filters.gaussian_blur2d(x, (9, 9), width[:, None].repeat(1, 2))


def _edge(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Enhance edges by an unsharp mask of strength 1 to 3."""
    strength = torch.from_numpy(rng.uniform(1.0, 3.0, (len(x), 1, 1, 1)).astype(np.float32))
    return x + strength * (x - filters.gaussian_blur2d(x, (5, 5), (1.0, 1.0)))


METHODS: dict[str, Method] = {
    "amplify": _amplify,
    "rotation": _rotation,
    "flip": _flip,
    "translation": _translation,
    "elastic": _elastic,
    "brightness": _brightness,
    "noise": _noise,
    "blur": _blur,
    "edge": _edge,
}
"""Name -> method, in the order of the paper's figure 4."""
