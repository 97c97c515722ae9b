"""Seeded simulators that stand in for data that cannot be shared.

SIMULATORS knows those of tables by name, IMAGE_SIMULATORS those of images, SIGNAL_SIMULATORS those of vibration.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.simulators import ball_screw_life, ball_screw_surface, gearbox_line, steel_surface


@dataclass(frozen=True)
class TableSimulator:
    """A simulator of table rows.

    settings: its settings dataclass; simulate: settings -> frame with the features and the label column; units:
    feature -> unit; positive and negative: the label's values for a faulty and a good part.
    """

    settings: type
    simulate: Callable[[Any], pd.DataFrame]
    units: Mapping[str, str]
    label: str
    positive: str
    negative: str
    notes: str


@dataclass(frozen=True)
class ImageSimulator:
    """A simulator of images.

    settings: its settings dataclass, with size and channels; simulate: settings -> images; classes: name -> how many
    by default; background: the class without a defect; grouped_by: what a group is.
    """

    title: str
    settings: type
    simulate: Callable[[Any], ImageSet]
    classes: Mapping[str, int]
    background: str
    grouped_by: str
    notes: str


@dataclass(frozen=True)
class SignalSimulator:
    """A simulator of the vibration of machines.

    settings: its settings dataclass, with a seed; simulate: settings -> snapshots; size: of the default, in words.
    """

    title: str
    settings: type
    simulate: Callable[[Any], SignalSet]
    size: str
    notes: str


SIMULATORS: dict[str, TableSimulator] = {
    "gearbox-line": TableSimulator(
        settings=gearbox_line.GearboxLineSettings,
        simulate=gearbox_line.simulate,
        units=gearbox_line.FEATURES,
        label=gearbox_line.LABEL,
        positive=gearbox_line.POSITIVE,
        negative=gearbox_line.NEGATIVE,
        notes=gearbox_line.NOTES,
    )
}


def _defaults(settings: type, names: Sequence[str]) -> dict[str, int]:
    return {name: getattr(settings, name) for name in names}


IMAGE_SIMULATORS: dict[str, ImageSimulator] = {
    "steel-surface": ImageSimulator(
        title="Simulated rolled steel: clean, pits, rust, scratches",
        settings=steel_surface.SteelSurfaceSettings,
        simulate=steel_surface.simulate,
        classes=_defaults(steel_surface.SteelSurfaceSettings, steel_surface.CLASSES),
        background=steel_surface.BACKGROUND,
        grouped_by=steel_surface.GROUP,
        notes=steel_surface.NOTES,
    ),
    "ball-screw-surface": ImageSimulator(
        title="Simulated ball screw thread: intact, pitting, rust",
        settings=ball_screw_surface.BallScrewSurfaceSettings,
        simulate=ball_screw_surface.simulate,
        classes=_defaults(ball_screw_surface.BallScrewSurfaceSettings, ball_screw_surface.CLASSES),
        background=ball_screw_surface.BACKGROUND,
        grouped_by=ball_screw_surface.GROUP,
        notes=ball_screw_surface.NOTES,
    ),
}

SIGNAL_SIMULATORS: dict[str, SignalSimulator] = {
    "ball-screw-life": SignalSimulator(
        title="Simulated life of a ball screw: vibration of the nut, damage from about snapshot 119",
        settings=ball_screw_life.BallScrewLifeSettings,
        simulate=ball_screw_life.simulate,
        size="215 snapshots of 2,560 samples at 5,000 Hz, 1 life",
        notes=ball_screw_life.NOTES,
    ),
}
