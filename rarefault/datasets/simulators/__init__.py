"""Seeded simulators that stand in for data that cannot be shared; SIMULATORS knows those of tables by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from rarefault.datasets.simulators import gearbox_line


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
