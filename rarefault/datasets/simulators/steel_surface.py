"""Simulated pictures of rolled steel: clean, or with pits, rust or scratches.

A strip has its own rolling texture, roll marks, brightness and light; pictures are cut from strips, and a split by
strip keeps what a model learned of one strip's look from helping it on the test. Clean steel has stains and specks of
dust, so that not every dark spot is a defect.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rarefault.datasets.images.image_set import ImageFacts, ImageSet
from rarefault.datasets.simulators.surfaces import (
    Canvas,
    Colour,
    blob,
    check_surface,
    grid,
    light,
    noise,
    picture_set,
    soft,
    stain,
    window,
)

BACKGROUND, CLASSES = "background", ("background", "pits", "rust", "scratches")
GROUP = "strip"
NOTES = (
    "SIMULATED by Rarefault: pictures of rolled steel, clean or with pits, rust or scratches, cut from strips that "
    "differ in texture and light. No steel was photographed; results say how the method works, not how well it finds "
    "defects on a real line."
)
_RUST: tuple[Colour, ...] = ((1.0, 0.66, 0.44), (1.0, 0.74, 0.54), (1.0, 0.6, 0.36))


@dataclass(frozen=True)
class SteelSurfaceSettings:
    """How many pictures of what.

    background, pits, rust, scratches: pictures of each class, >= 8; strips: groups, >= 2; size: side in pixels, a
    multiple of 32; channels: 1 or 3; severity: contrast of the defects, 1 = plain to see for most, < 1 fainter.
    """

    background: int = 300
    pits: int = 80
    rust: int = 80
    scratches: int = 80
    strips: int = 24
    size: int = 96
    channels: int = 1
    severity: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_surface(self, {name: getattr(self, name) for name in CLASSES})
        if not 2 <= self.strips <= 1000:
            raise ValueError(f"strips must be from 2 to 1,000, got {self.strips}")


@dataclass(frozen=True)
class Strip:
    """The look of one strip: its texture (periodic), brightness, light, colour cast and how sharp it was taken."""

    texture: np.ndarray
    brightness: float
    light: float
    cast: Colour
    blur: float


def simulate(settings: SteelSurfaceSettings) -> ImageSet:
    """The pictures, by class, in the order of CLASSES."""
    strip = lru_cache(maxsize=None)(lambda number: _strip(np.random.default_rng([settings.seed, 99, number])))

    def draw(number: int, label: str, rng: np.random.Generator) -> np.ndarray:
        return _picture(strip(number), label, settings, rng)

    counts = {name: getattr(settings, name) for name in CLASSES}
    facts = ImageFacts(CLASSES, BACKGROUND, "steel-surface", NOTES, grouped_by=GROUP)
    shape = (settings.channels, settings.size, settings.size)
    return picture_set(draw, counts, shape, settings.strips, facts, GROUP, settings.seed)


def _strip(rng: np.random.Generator) -> Strip:
    lines = noise(rng, rng.uniform(14, 40), rng.uniform(0.5, 0.9)) * rng.uniform(0.012, 0.035)
    waves = noise(rng, rng.uniform(50, 90), rng.uniform(5, 10)) * rng.uniform(0.008, 0.025)
    clouds = noise(rng, rng.uniform(10, 20), rng.uniform(8, 14)) * rng.uniform(0.01, 0.03)
    grain = noise(rng, 0.8, 0.6) * rng.uniform(0.008, 0.02)
    warm = rng.normal(0, 0.025)
    return Strip(
        lines + waves + clouds + grain,
        rng.uniform(0.36, 0.62),
        rng.uniform(0.1, 0.5),
        (1 + warm, 1.0, 1 - warm),
        rng.uniform(0.3, 0.7),
    )


def _picture(strip: Strip, label: str, settings: SteelSurfaceSettings, rng: np.random.Generator) -> np.ndarray:
    size = settings.size
    grey = strip.brightness + rng.normal(0, 0.02) + window(strip.texture, rng, size)
    canvas = Canvas.of(grey, strip.cast)
    for _ in range(rng.poisson(0.5)):
        canvas.grey *= stain(rng, size)
    _dust(canvas, rng)
    if label != BACKGROUND:
        {"pits": _pits, "rust": _rust, "scratches": _scratches}[label](canvas, settings.severity, rng)
    canvas.grey *= light(rng, size, strip.light)
    return canvas.pixels(rng, settings.channels, strip.blur, 0.012)


def _dust(canvas: Canvas, rng: np.random.Generator) -> None:
    """Single dark or bright specks of a pixel or two."""
    size = len(canvas.grey)
    for y, x in rng.integers(size - 1, size=(rng.poisson(1.2), 2)):
        canvas.grey[y : y + rng.integers(1, 3), x : x + rng.integers(1, 3)] += rng.choice((-0.2, 0.15))


def _pits(canvas: Canvas, severity: float, rng: np.random.Generator) -> None:
    """Small craters, often in a cluster: dark inside, a lit rim on the far side of the light."""
    size, middle = len(canvas.grey), rng.uniform(-0.3, 0.3, 2)
    spread, lit = rng.uniform(0.08, 0.3), rng.uniform(0, 2 * np.pi)
    shift = max(round(size / 96), 1)
    for _ in range(rng.integers(2, 12)):
        y, x = np.clip(middle + rng.normal(0, spread, 2), -0.46, 0.46)
        radius = rng.lognormal(np.log(0.024), 0.45)
        crater = soft(blob(rng, size, (float(y), float(x)), radius, 0.2), 0.7)
        rim = np.roll(crater, (round(shift * 1.5 * np.sin(lit)), round(shift * 1.5 * np.cos(lit))), (0, 1))
        depth = severity * rng.uniform(0.35, 0.75)
        canvas.grey *= 1 - np.minimum(depth, 0.9) * crater
        canvas.grey += 0.14 * severity * np.maximum(rim - crater, 0)


def _rust(canvas: Canvas, severity: float, rng: np.random.Generator) -> None:
    """Brown patches with ragged edges and a coarse, spotted texture."""
    size = len(canvas.grey)
    ragged = noise(rng, 3.0 * size / 96, 3.0 * size / 96, size)
    coarse = noise(rng, 0.9, 0.9, size)
    for _ in range(rng.integers(1, 4)):
        centre = (float(rng.uniform(-0.38, 0.38)), float(rng.uniform(-0.38, 0.38)))
        depth = blob(rng, size, centre, rng.uniform(0.1, 0.3), 0.25)
        cover = soft(depth + 0.45 * ragged - 0.1, 0.45) * soft(depth + 0.6, 0.4)
        dark = severity * rng.uniform(0.12, 0.4)
        canvas.grey *= 1 - np.minimum(dark, 0.8) * cover * (1 + 0.3 * coarse)
        brown = severity * rng.uniform(0.4, 0.8) * cover * (0.85 + 0.15 * coarse)
        canvas.tint(brown.clip(0, 1), _RUST[rng.integers(len(_RUST))])


def _scratches(canvas: Canvas, severity: float, rng: np.random.Generator) -> None:
    """Long thin lines, nearly straight, roughly in one direction: bright grooves with a dark edge, broken in places."""
    size = len(canvas.grey)
    y, x = grid(size)
    main = rng.uniform(0, np.pi)
    for _ in range(rng.integers(1, 5)):
        angle = main + rng.normal(0, 0.12)
        u = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.2, 0.2)
        v = y * np.cos(angle) - x * np.sin(angle) - rng.uniform(-0.35, 0.35) - rng.normal(0, 0.25) * u**2
        width = rng.uniform(0.005, 0.011)
        ends = soft(rng.uniform(0.15, 0.5) - np.abs(u), 0.06)
        pressed = 0.65 + 0.35 * np.sin(u * rng.uniform(8, 30) + rng.uniform(0, 2 * np.pi))
        strength = severity * rng.uniform(0.12, 0.4) * ends * pressed
        bright = rng.choice((1.0, 1.0, -0.8))
        canvas.grey += bright * strength * np.exp(-((v / width) ** 2))
        canvas.grey -= 0.4 * bright * strength * np.exp(-(((v - 2 * width) / width) ** 2))
