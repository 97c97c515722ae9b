"""Force-displacement curve of pressing a bearing into its seat, and the features a press monitor takes from it.

The friction force follows Lame's thick-cylinder pressure (Shigley, Mechanical Engineering Design, press and shrink
fits): it grows with the engaged length, stays level once the whole width is engaged, and is followed by the steep
rise at the shoulder. The ram stops a set force above the level part.
"""

from dataclasses import dataclass

import numpy as np

from rarefault.datasets.simulators.curves import first_reach

PRESS_FEATURES = {
    "contact_position": "mm",
    "entry_slope": "kN/mm",
    "plateau_force": "kN",
    "force_ripple": "kN",
    "peak_force": "kN",
    "seated_position": "mm",
    "work": "J",
}
_STROKE = np.arange(3.0, 24.0, 0.1)  # ram positions at which the force is recorded, mm
_STEP = 0.1
_ENTRY = slice(45, 95)  # 7.5-12.5 mm, where the engaged length grows
_PLATEAU = slice(137, 166)  # 16.7-19.6 mm, fully engaged and not yet seated
_CONTACT_FORCE = 0.15  # kN
_SENSOR_NOISE = 0.025  # kN


@dataclass(frozen=True)
class Press:
    """A press station: fit diameter and width (mm), Lame coefficient (MPa), shoulder stiffness (kN/mm), stop (kN)."""

    name: str
    diameter: float
    width: float
    lame: float
    shoulder_stiffness: float
    stop_rise: float


@dataclass
class Fit:
    """What is pressed, one value a part, each (n,).

    interference: um; friction: coefficient; tilt: mrad; contact: ram position at first touch, mm; shoulder: ram
    position at which the part is seated, mm; phase: of the stick-slip, rad.
    """

    interference: np.ndarray
    friction: np.ndarray
    tilt: np.ndarray
    contact: np.ndarray
    shoulder: np.ndarray
    phase: np.ndarray


def force_curve(press: Press, fit: Fit) -> np.ndarray:
    """The force without sensor noise at each recorded ram position, (n, len(stroke)), in kN."""
    depth = np.maximum(_STROKE - fit.contact[:, None], 0.0)  # (n, g)
    pressure = press.lame * np.maximum(fit.interference, 1.0) / (1000.0 * press.diameter)  # MPa
    per_mm = fit.friction * pressure * np.pi * press.diameter / 1000.0  # kN for each mm engaged
    chamfered = depth * depth / (depth + 0.6)
    engaged = np.minimum(chamfered, press.width)
    edge_load = 1.0 + 0.007 * fit.tilt**2  # a tilted ring bears on its edges
    grip = (per_mm * edge_load)[:, None] * engaged
    wedge = (0.009 * fit.tilt**2 * per_mm)[:, None] * depth * np.exp(-depth / 4.0)
    stick = 0.015 + 0.9 * np.maximum(fit.friction - 0.13, 0.0) + 0.004 * fit.tilt
    waves = 1.0 + stick[:, None] * np.sin(depth * (2 * np.pi / 0.9) + fit.phase[:, None])
    seated = press.shoulder_stiffness * np.maximum(_STROKE - fit.shoulder[:, None], 0.0)
    return np.asarray((grip + wedge) * waves + seated)


def press_features(press: Press, fit: Fit, rng: np.random.Generator) -> np.ndarray:
    """Press n parts and reduce each curve to PRESS_FEATURES, (n, 7)."""
    force = force_curve(press, fit)
    force += rng.standard_normal(force.shape) * _SENSOR_NOISE
    level = force[:, _PLATEAU]
    plateau = level.mean(axis=1)
    trend = (level[:, -8:].mean(axis=1) - level[:, :8].mean(axis=1))[:, None] * _centred(level.shape[1])
    ripple = (level - plateau[:, None] - trend).std(axis=1)
    centred = _centred(_ENTRY.stop - _ENTRY.start)
    slope = force[:, _ENTRY] @ centred / (centred @ centred) / (_STEP * len(centred))
    contact = first_reach(_STROKE, force, np.full(len(force), _CONTACT_FORCE))
    stop = first_reach(_STROKE, force, plateau + press.stop_rise, _PLATEAU.stop)
    stop = np.where(np.isnan(stop), _STROKE[-1], stop)  # the ram's own end stop
    overshoot = press.shoulder_stiffness * np.abs(rng.normal(0.02, 0.008, len(force)))
    peak = plateau + press.stop_rise + overshoot
    recorded = force * (stop[:, None] > _STROKE)
    columns = (contact, slope, plateau, ripple, peak, stop, recorded.sum(axis=1) * _STEP)
    return np.column_stack(columns)


def _centred(n: int) -> np.ndarray:
    """n evenly spaced values with mean 0 and range 1."""
    return np.linspace(-0.5, 0.5, n)
