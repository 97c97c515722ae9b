"""Simulated pictures of a ball screw's thread: intact, or with pitting or rust.

The thread runs through the picture as curved bands: the groove in which the balls roll, with a bright reflection that
follows its curve, and the dark gaps between turns. A position on the screw has its own pitch, direction, grinding
texture and light. Oil and soiling lie on intact surfaces too.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rarefault.datasets.images.image_set import ImageFacts, ImageSet
from rarefault.datasets.simulators.surfaces import (
    TILE,
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
)

BACKGROUND, CLASSES = "intact", ("intact", "pitting", "rust")
GROUP = "position"
NOTES = (
    "SIMULATED by Rarefault: pictures of a ball screw's thread, intact or with pitting or rust, taken at positions "
    "that differ in pitch, texture and light. No screw was photographed; results say how the method works, not how "
    "well it finds defects on a real drive."
)


@dataclass(frozen=True)
class BallScrewSurfaceSettings:
    """How many pictures of what.

    intact, pitting, rust: pictures of each class, >= 8 (the paper had 700, 100 and 128 to learn from); positions:
    groups, >= 2; size: side in pixels, a multiple of 32; channels: 1 or 3; severity: contrast of the defects.
    """

    intact: int = 350
    pitting: int = 60
    rust: int = 80
    positions: int = 20
    size: int = 96
    channels: int = 3
    severity: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_surface(self, {name: getattr(self, name) for name in CLASSES})
        if not 2 <= self.positions <= 1000:
            raise ValueError(f"positions must be from 2 to 1,000, got {self.positions}")


@dataclass(frozen=True)
class Position:
    """The look at one position: grinding texture, direction of the thread, pitch in picture sides, curve and light."""

    texture: np.ndarray
    angle: float
    pitch: float
    curve: float
    brightness: float
    shine: float
    shine_at: float
    light: float
    cast: Colour
    blur: float


@dataclass(frozen=True)
class Thread:
    """Coordinates of the pixels on the thread: along it, and across it in pitches (whole numbers are gaps)."""

    along: np.ndarray
    across: np.ndarray


def simulate(settings: BallScrewSurfaceSettings) -> ImageSet:
    """The pictures, by class, in the order of CLASSES."""
    position = lru_cache(maxsize=None)(lambda number: _position(np.random.default_rng([settings.seed, 99, number])))

    def draw(number: int, label: str, rng: np.random.Generator) -> np.ndarray:
        return _picture(position(number), label, settings, rng)

    counts = {name: getattr(settings, name) for name in CLASSES}
    facts = ImageFacts(CLASSES, BACKGROUND, "ball-screw-surface", NOTES, grouped_by=GROUP)
    shape = (settings.channels, settings.size, settings.size)
    return picture_set(draw, counts, shape, settings.positions, facts, GROUP, settings.seed)


def _position(rng: np.random.Generator) -> Position:
    grinding = noise(rng, rng.uniform(20, 50), rng.uniform(0.6, 1.2)) * rng.uniform(0.015, 0.04)
    wear = noise(rng, rng.uniform(30, 60), rng.uniform(4, 9)) * rng.uniform(0.015, 0.045)
    warm = rng.normal(0.01, 0.03)
    return Position(
        texture=grinding + wear,
        angle=rng.normal(0.0, 0.25),
        pitch=rng.uniform(0.75, 1.2),
        curve=rng.normal(0.0, 0.25),
        brightness=rng.uniform(0.36, 0.55),
        shine=rng.uniform(0.15, 0.42),
        shine_at=rng.uniform(0.35, 0.6),
        light=rng.uniform(0.1, 0.45),
        cast=(1 + warm, 1.0, 1 - 0.8 * warm),
        blur=rng.uniform(0.4, 0.8),
    )


def _picture(here: Position, label: str, settings: BallScrewSurfaceSettings, rng: np.random.Generator) -> np.ndarray:
    size = settings.size
    thread = _thread(here, size, rng)
    canvas = Canvas.of(_groove(here, thread, rng), here.cast)
    for _ in range(rng.poisson(0.8)):
        canvas.grey *= stain(rng, size)
    if label != BACKGROUND:
        {"pitting": _pitting, "rust": _rust}[label](canvas, thread, settings.severity, rng)
    canvas.grey *= light(rng, size, here.light)
    return canvas.pixels(rng, settings.channels, here.blur, 0.012)


def _thread(here: Position, size: int, rng: np.random.Generator) -> Thread:
    y, x = grid(size)
    angle = here.angle + rng.normal(0, 0.04)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle) + (here.curve + rng.normal(0, 0.03)) * along**2
    return Thread(along, across / here.pitch + rng.uniform(0.3, 0.7))


def _groove(here: Position, thread: Thread, rng: np.random.Generator) -> np.ndarray:
    """Shading of the groove, dark gaps between turns, a reflection along it, and the grinding texture."""
    from scipy import ndimage  # here, so that naming the simulators costs nothing

    within = thread.across - np.floor(thread.across)  # 0 to 1 through one turn
    bowl = 0.8 + 0.35 * np.sin(np.pi * within)
    gap = soft(0.09 - np.minimum(within, 1 - within), 0.05)
    ridge = np.exp(-(((np.minimum(within, 1 - within) - 0.13) / 0.025) ** 2))
    off = (within - here.shine_at) / 0.07
    reflection = np.exp(-(off**2)) + 0.35 * np.exp(-((0.35 * off) ** 2))
    rows = thread.along * 96 + rng.uniform(0, TILE)  # the texture has the scale of a 96-pixel picture
    columns = thread.across * here.pitch * 96 + rng.uniform(0, TILE)
    texture = ndimage.map_coordinates(here.texture, [rows, columns], order=1, mode="grid-wrap")
    grey = here.brightness * bowl + texture * (1 + 2 * reflection) + here.shine * reflection + 0.1 * ridge
    return np.asarray(grey * (1 - 0.72 * gap), dtype=np.float32)


def _on_track(thread: Thread, rng: np.random.Generator, spread: float) -> tuple[float, float]:
    """A point (row, column) where the balls roll: near the middle of a groove, and well inside the picture."""
    size = len(thread.along)
    edge = size // 8
    within = (thread.across - np.floor(thread.across) - 0.5)[edge:-edge, edge:-edge]
    weight = np.exp(-((within / spread) ** 2)).ravel().cumsum()
    at = int(np.searchsorted(weight, rng.random() * weight[-1]))
    row, column = divmod(at, size - 2 * edge)
    return (row + edge) / size - 0.5, (column + edge) / size - 0.5


def _pitting(canvas: Canvas, thread: Thread, severity: float, rng: np.random.Generator) -> None:
    """Flaked-off spots on the track: a ragged dark hole with bright broken facets, and small ones nearby."""
    size = len(canvas.grey)
    facets = noise(rng, 1.1 * size / 96, 1.1 * size / 96, size)
    ragged = noise(rng, 2.0 * size / 96, 2.0 * size / 96, size)
    middle = _on_track(thread, rng, 0.2)
    for k in range(rng.integers(1, 5)):
        near = middle if k == 0 else tuple(float(v) for v in middle + rng.normal(0, 0.13, 2))
        radius = rng.lognormal(np.log(0.075 if k == 0 else 0.03), 0.45)
        depth = blob(rng, size, (near[0], near[1]), min(radius, 0.3), 0.25)
        hole = soft(depth + 0.25 * ragged * soft(depth + 0.5, 0.3), 0.3)
        canvas.grey *= 1 - np.minimum(severity * rng.uniform(0.35, 0.7), 0.9) * hole
        canvas.grey += severity * 0.2 * hole * np.maximum(facets - 0.4, 0)
        rim = np.exp(-((depth / 0.15) ** 2)) * (0.5 + 0.5 * ragged)
        canvas.grey += severity * 0.1 * rim.clip(0, 1)


def _rust(canvas: Canvas, thread: Thread, severity: float, rng: np.random.Generator) -> None:
    """Brown speckles, dense in the middle of a patch and single towards its edge, along the thread."""
    size = len(canvas.grey)
    speckle = noise(rng, 1.4 * size / 96, 1.4 * size / 96, size)
    clouds = noise(rng, 6.0 * size / 96, 6.0 * size / 96, size)
    y, x = _on_track(thread, rng, 0.6)
    v, u = grid(size)
    density = np.exp(-(((u - x) / rng.uniform(0.15, 0.45)) ** 2) - ((v - y) / rng.uniform(0.1, 0.3)) ** 2)
    cover = soft(speckle + 0.5 * clouds + 2.6 * density - 1.8, 0.5) * (density > 0.05)
    canvas.grey *= 1 - np.minimum(severity * rng.uniform(0.2, 0.5), 0.8) * cover
    canvas.tint(np.minimum(cover * severity * rng.uniform(0.5, 0.9), 1), (1.0, rng.uniform(0.55, 0.72), 0.4))
