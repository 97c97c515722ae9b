"""A simulated gearbox assembly line: press-fit and tightening curves of two stations, as 66 features and a result.

It stands in for the line of the paper's section III (WS1 differential, WS2 gearbox, WS3 end-of-line test), whose
data are not public: same number of features, about one part in five broken, some parts mislabelled. The curves
follow textbook physics; every number in it is an assumption, none was measured on a real line. Scatter, shares of
the causes and sizes of the faults were chosen so that logistic regression scores about as in the paper's Table II
and that most of the smaller of two K-means clusters is broken, as in its figure 4: a good score of a method on these
rows says little about a real line.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from rarefault.datasets.simulators.gearbox_faults import spoil
from rarefault.datasets.simulators.gearbox_parts import Parts, good_parts
from rarefault.datasets.simulators.press_fit import PRESS_FEATURES, Fit, Press, press_features
from rarefault.datasets.simulators.tightening import SCREW_FEATURES, Joint, Screw, screw_features

LABEL, POSITIVE, NEGATIVE = "result", "broken", "good"
NOTES = (
    "Simulated by Rarefault (gearbox-line): press-fit and tightening curves from textbook physics with assumed "
    "numbers, made about as hard as the paper's line; not measured on a real line."
)
_PRESSES = (
    Press("ws1_press1", diameter=42.0, width=8.5, lame=46_000.0, shoulder_stiffness=14.0, stop_rise=5.0),
    Press("ws1_press2", diameter=42.0, width=8.5, lame=46_000.0, shoulder_stiffness=14.0, stop_rise=5.0),
    Press("ws2_press1", diameter=52.0, width=9.5, lame=40_000.0, shoulder_stiffness=17.0, stop_rise=6.0),
    Press("ws2_press2", diameter=62.0, width=10.0, lame=33_000.0, shoulder_stiffness=17.0, stop_rise=6.0),
)
_SCREWS = tuple(Screw(f"ws1_screw{k}", target=62.0, slope=0.95) for k in (1, 2, 3)) + tuple(
    Screw(f"ws2_screw{k}", target=26.0, slope=0.34) for k in (1, 2, 3)
)
_WS1 = {"ambient_temperature": "degC", "cycle_time": "s", "retries": "count", "shim_thickness": "mm"}
_WS2 = {"ambient_temperature": "degC", "cycle_time": "s", "retries": "count", "grease_shots": "count"}
_BORDERLINE = 0.4  # good parts with a mild trace of a fault, for each broken one
_DECIMALS = 4  # the resolution at which the controllers report
_CHUNK = 500  # parts whose curves are held at once


def _feature_units() -> dict[str, str]:
    units: dict[str, str] = {}
    for station, own in (("ws1", _WS1), ("ws2", _WS2)):
        for press in (p for p in _PRESSES if p.name.startswith(station)):
            units |= {f"{press.name}_{name}": unit for name, unit in PRESS_FEATURES.items()}
        for screw in (s for s in _SCREWS if s.name.startswith(station)):
            units |= {f"{screw.name}_{name}": unit for name, unit in SCREW_FEATURES.items()}
        units |= {f"{station}_{name}": unit for name, unit in own.items()}
    return units


FEATURES = _feature_units()
"""The 66 features in column order: name -> unit."""


@dataclass(frozen=True)
class GearboxLineSettings:
    """How many parts, and how bad.

    n_rows: parts, >= 10. fault_share: of parts labelled broken, in [0.001, 0.5]. mislabelled: share of all parts
    whose label is wrong, in [0, fault_share]; four in five of them are broken parts that passed the test.
    drift: how far temperature, friction, tilt, run-down torque and torque sensors have wandered by the last row, in
    standard deviations of a good part, >= 0.
    """

    n_rows: int = 1_000
    fault_share: float = 0.2
    mislabelled: float = 0.03
    drift: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_rows < 10:
            raise ValueError(f"n_rows must be >= 10, got {self.n_rows}")
        if not 0.001 <= self.fault_share <= 0.5:
            raise ValueError(f"fault_share must be in [0.001, 0.5], got {self.fault_share}")
        if not 0.0 <= self.mislabelled <= self.fault_share:
            raise ValueError(f"mislabelled must be in [0, fault_share={self.fault_share}], got {self.mislabelled}")
        if not 0.0 <= self.drift < np.inf:
            raise ValueError(f"drift must be finite and >= 0, got {self.drift}")
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")


def simulate(settings: GearboxLineSettings | None = None) -> pd.DataFrame:
    """Assemble and test n parts; returns (n, 67): the 66 FEATURES and LABEL ('good' or 'broken')."""
    return simulate_with_truth(settings)[0]


def simulate_with_truth(settings: GearboxLineSettings | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of `simulate`, and what is true of each, (n, 4): `cause`, `severity`, `broken`, `mislabelled`.

    Some good parts have a cause too, with a severity below 1: the traces of a fault that the test lets pass.
    """
    settings = settings or GearboxLineSettings()
    rng = np.random.default_rng(settings.seed)
    parts = good_parts(settings.n_rows, settings.drift, rng)
    truth = _draw_truth(settings, rng)
    touched = np.flatnonzero(truth["severity"])
    truth.loc[touched, "cause"] = spoil(parts, touched, truth["severity"].to_numpy()[touched], rng)
    frame = _measure(parts, rng)
    frame[LABEL] = np.where(truth["broken"] ^ truth["mislabelled"], POSITIVE, NEGATIVE)
    return frame, truth


def _draw_truth(settings: GearboxLineSettings, rng: np.random.Generator) -> pd.DataFrame:
    """Which parts are broken, how severely, and which of them are labelled wrongly.

    Exactly fault_share of the parts end up labelled broken: as many are broken beyond that share as pass the test.
    """
    n = settings.n_rows
    wrong = round(settings.mislabelled * n)
    rejected = wrong // 5  # good parts that fail the end-of-line test
    missed = wrong - rejected  # broken parts that pass it
    n_broken = max(1, round(settings.fault_share * n)) + missed - rejected
    broken, good = np.split(rng.permutation(n), [n_broken])
    borderline = good[rejected:][: round(_BORDERLINE * n_broken)]
    truth = pd.DataFrame({"cause": "", "severity": np.zeros(n), "broken": False, "mislabelled": False})
    truth.loc[broken, "severity"] = 1.0 + rng.gamma(2.5, 0.15, len(broken))
    truth.loc[borderline, "severity"] = rng.uniform(0.2, 1.0, len(borderline))
    truth.loc[broken, "broken"] = True
    truth.loc[np.concatenate([broken[:missed], good[:rejected]]), "mislabelled"] = True
    return truth


def _measure(parts: Parts, rng: np.random.Generator) -> pd.DataFrame:
    """Press, tighten and record every part, a chunk at a time; returns (n, 66) in the order of FEATURES."""
    n = len(parts.temperature)
    columns: dict[str, np.ndarray] = {}
    for k, press in enumerate(_PRESSES):
        measured = np.concatenate([press_features(press, _fit(parts, k, c, rng), rng) for c in _chunks(n)])
        columns |= {f"{press.name}_{name}": measured[:, i] for i, name in enumerate(PRESS_FEATURES)}
    for k, screw in enumerate(_SCREWS):
        measured = np.concatenate([screw_features(screw, _joint(parts, k, c), rng) for c in _chunks(n)])
        columns |= {f"{screw.name}_{name}": measured[:, i] for i, name in enumerate(SCREW_FEATURES)}
    columns |= _station_columns(parts, columns, rng)
    return pd.DataFrame({name: columns[name] for name in FEATURES}).round(_DECIMALS)


def _chunks(n: int) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, n, _CHUNK)]


def _fit(parts: Parts, press: int, rows: slice, rng: np.random.Generator) -> Fit:
    return Fit(
        interference=parts.interference[rows, press],
        friction=parts.friction[rows, press],
        tilt=parts.tilt[rows, press],
        contact=parts.contact[rows, press],
        shoulder=parts.shoulder[rows, press],
        phase=rng.uniform(0, 2 * np.pi, len(parts.tilt[rows])),
    )


def _joint(parts: Parts, screw: int, rows: slice) -> Joint:
    state = (parts.thread, parts.stiffness, parts.prevailing, parts.binding, parts.seat, parts.cap, parts.gain)
    return Joint(*(array[rows, screw] for array in state))


def _station_columns(parts: Parts, curves: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Temperature, retries and cycle time of each station; the time follows from strokes, angles and retries."""
    n = len(parts.temperature)
    columns: dict[str, np.ndarray] = {"ws1_shim_thickness": parts.shim.round(2), "ws2_grease_shots": parts.grease}
    for k, station in enumerate(("ws1", "ws2")):
        retries = np.minimum(rng.poisson(parts.retry_rate[:, k]), 5)
        turned = sum(curves[f"{station}_screw{i}_{angle}_angle"] for i in (1, 2, 3) for angle in ("snug", "final"))
        pressed = sum(curves[f"{station}_press{i}_seated_position"] for i in (1, 2))
        handling = rng.lognormal(np.log(18.0), 0.08, n)
        columns[f"{station}_cycle_time"] = turned / 900.0 + pressed / 12.0 + handling + 4.5 * retries
        columns[f"{station}_retries"] = retries
        columns[f"{station}_ambient_temperature"] = parts.temperature + 0.8 * k + 0.3 * rng.standard_normal(n)
    return columns
