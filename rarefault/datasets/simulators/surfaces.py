"""What the simulated surfaces share: settings, random textures, light, stains, and how pictures become a set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rarefault.datasets.images.image_set import ImageFacts, ImageSet

Colour = tuple[float, float, float]
TILE = 256


def check_surface(settings: Any, counts: Mapping[str, int]) -> None:
    """Raise ValueError for settings outside their bounds; `counts` are the settings that count images."""
    if settings.size % 32 or not 32 <= settings.size <= 1024:
        raise ValueError(f"size must be a multiple of 32 from 32 to 1024, got {settings.size}")
    if settings.channels not in (1, 3):
        raise ValueError(f"channels must be 1 or 3, got {settings.channels}")
    if not 0 < settings.severity <= 3:
        raise ValueError(f"severity must be > 0 and at most 3, got {settings.severity}")
    for name, n in counts.items():
        if not 8 <= n <= 100_000:
            raise ValueError(f"{name} must be from 8 to 100,000, got {n}")


def noise(rng: np.random.Generator, along: float, across: float, side: int = TILE) -> np.ndarray:
    """A periodic Gaussian texture (side, side) of mean 0 and deviation 1, smooth over so many pixels per direction."""
    rows = np.exp(-2 * (np.pi * along * np.fft.fftfreq(side)) ** 2).astype(np.float32)
    columns = np.exp(-2 * (np.pi * across * np.fft.rfftfreq(side)) ** 2).astype(np.float32)
    white = np.fft.rfft2(rng.standard_normal((side, side), dtype=np.float32))
    field = np.fft.irfft2(white * rows[:, None] * columns, s=(side, side))
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def window(texture: np.ndarray, rng: np.random.Generator, size: int) -> np.ndarray:
    """A random (size, size) part of a periodic texture."""
    y, x = rng.integers(len(texture), size=2)
    rows, columns = np.arange(y, y + size) % len(texture), np.arange(x, x + size) % len(texture)
    return np.asarray(texture[rows[:, None], columns])


def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels, (size, size) each, from -0.5 to 0.5."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    return np.broadcast_to(line[:, None], (size, size)), np.broadcast_to(line[None], (size, size))


def light(rng: np.random.Generator, size: int, strength: float) -> np.ndarray:
    """A plane of brightness around 1, brighter to one side, and slightly bent."""
    y, x = grid(size)
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    bend = rng.normal(0, 0.4) * slope**2
    return np.asarray(1 + strength * rng.uniform(0.3, 1.0) * (slope + bend), dtype=np.float32)


def blob(rng: np.random.Generator, size: int, centre: tuple[float, float], radius: float, rough: float) -> np.ndarray:
    """Signed depth of an irregular spot: 1 in its middle, 0 at its edge, falling below 0 outside."""
    y, x = grid(size)
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1.0, 1.6)
    dy, dx = y - centre[0], x - centre[1]
    u, v = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    around = (u + 1j * v) / np.maximum(np.hypot(u, v), 1e-6)  # exp(i angle), whose powers are its waves
    twice = around * around
    thrice = twice * around
    waves = ((2, twice), (3, thrice), (5, twice * thrice))
    wave = sum((rng.normal(0, rough / k) * np.exp(2j * np.pi * rng.random()) * turns).imag for k, turns in waves)
    return np.asarray(1 - np.hypot(u / stretch, v * stretch) / (radius * (1 + wave)), dtype=np.float32)


def soft(depth: np.ndarray, width: float) -> np.ndarray:
    """From 0 to 1 where `depth` passes 0, over about `width`."""
    return np.asarray(1 / (1 + np.exp(np.clip(-4 * depth / width, -30, 30))), dtype=np.float32)


def stain(rng: np.random.Generator, size: int) -> np.ndarray:
    """A faint smooth darkening around 1, as of oil or water: no defect."""
    centre = (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5)))
    depth = blob(rng, size, centre, rng.uniform(0.12, 0.4), 0.2)
    return np.asarray(1 - rng.uniform(0.04, 0.16) * soft(depth, rng.uniform(0.2, 0.8)))


@dataclass
class Canvas:
    """A picture while it is drawn: grey (size, size) around 0.5, and a colour cast for each pixel (size, size, 3)."""

    grey: np.ndarray
    cast: np.ndarray

    @classmethod
    def of(cls, grey: np.ndarray, cast: Colour = (1.0, 1.0, 1.0)) -> "Canvas":
        """A picture of one colour."""
        return cls(grey, np.broadcast_to(np.array(cast, dtype=np.float32), (*grey.shape, 3)).copy())

    def tint(self, where: np.ndarray, colour: Colour) -> None:
        """Move the cast towards a colour by the share `where` (size, size)."""
        self.cast += where[..., None] * (np.array(colour, dtype=np.float32) - self.cast)

    def pixels(self, rng: np.random.Generator, channels: int, blur: float, grain: float) -> np.ndarray:
        """(channels, size, size) uint8, as a camera with some blur (pixels) and grain (share of the range) sees it."""
        from scipy import ndimage  # here, so that naming the simulators costs nothing

        rgb = self.grey[..., None] * self.cast
        if channels == 1:
            rgb = rgb @ np.array([[0.299], [0.587], [0.114]], dtype=np.float32)
        seen = ndimage.gaussian_filter(rgb, (blur, blur, 0), truncate=2.5)
        seen += grain * rng.standard_normal(self.grey.shape, dtype=np.float32)[..., None]
        return np.asarray(np.rint(seen.clip(0, 1) * 255).astype(np.uint8).transpose(2, 0, 1))


def picture_set(
    draw: Callable[[int, str, np.random.Generator], np.ndarray],
    counts: Mapping[str, int],
    shape: tuple[int, int, int],
    groups: int,
    facts: ImageFacts,
    group: str,
    seed: int,
) -> ImageSet:
    """counts[class] pictures of each class, dealt to the groups in turn; draw(group number, class, rng) -> pixels.

    Each picture has a generator of its own, so that more of one class leave the others as they are.
    """
    total = sum(counts.values())
    images = np.empty((total, *shape), dtype=np.uint8)
    labels: list[str] = []
    named: list[str] = []
    for code, (label, n) in enumerate(counts.items()):
        for k in range(n):
            at, number = len(labels), k % groups
            images[at] = draw(number, label, np.random.default_rng([seed, code, k]))
            labels.append(label)
            named.append(f"{group} {number + 1}")
    sources = [f"simulated, {group} {name.rpartition(' ')[2]}" for name in named]
    return ImageSet(
        images,
        np.array(labels, dtype=object),
        facts,
        np.array(named, dtype=object),
        np.array(sources, dtype=object),
    )
