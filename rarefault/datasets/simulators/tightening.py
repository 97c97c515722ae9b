"""Torque-angle curve of tightening a screw, and the features a nutrunner's controller takes from it.

Run-down against the prevailing torque, snug point, elastic clamping, and a stop at the target torque or, where a
thread gives way, at the angle limit (VDI 2230 describes the joint; the knee and the cap are smoothed).
"""

from dataclasses import dataclass

import numpy as np

from rarefault.datasets.simulators.curves import first_reach

SCREW_FEATURES = {
    "rundown_torque": "N·m",
    "snug_angle": "deg",
    "slope": "N·m/deg",
    "final_torque": "N·m",
    "final_angle": "deg",
}
_ANGLES = np.concatenate([np.arange(0.0, 660.0, 30.0), np.arange(660.0, 1110.0, 3.0)])  # recorded angles, deg
_RUNDOWN = slice(4, 20)  # 120-600 deg
_ANGLE_LIMIT = 110.0  # deg past the snug point at which the controller gives up
_KNEE = 4.0  # deg over which the faces of the joint come to bear
_SENSOR_NOISE = 0.004  # of the target torque


@dataclass(frozen=True)
class Screw:
    """A tightening station: target torque (N·m) and nominal slope (N·m/deg)."""

    name: str
    target: float
    slope: float


@dataclass
class Joint:
    """What is tightened, one value a part, each (n,).

    friction and stiffness: factors on the nominal slope; prevailing: torque while running down, N·m; binding: how
    much the run-down torque grows towards the snug point, N·m; seat: angle of the snug point, deg; cap: torque at
    which the thread gives way, in target torques; gain: of the tool's torque sensor.
    """

    friction: np.ndarray
    stiffness: np.ndarray
    prevailing: np.ndarray
    binding: np.ndarray
    seat: np.ndarray
    cap: np.ndarray
    gain: np.ndarray


def torque_curve(screw: Screw, joint: Joint) -> np.ndarray:
    """The torque in the joint at each recorded angle, (n, len(angles)), in N·m."""
    past = (_ANGLES - joint.seat[:, None]) / _KNEE  # (n, g)
    clamped = 0.5 * _KNEE * (past + np.sqrt(past * past + 4.0))
    clamping = (screw.slope * joint.friction * joint.stiffness)[:, None] * clamped
    cap = (joint.cap * screw.target)[:, None]
    squared = (clamping / cap) ** 2
    fourth = squared * squared
    clamping /= np.sqrt(np.sqrt(np.sqrt(1.0 + fourth * fourth)))
    running = np.minimum(_ANGLES / joint.seat[:, None], 1.0)
    return np.asarray(joint.prevailing[:, None] + joint.binding[:, None] * running * running + clamping)


def screw_features(screw: Screw, joint: Joint, rng: np.random.Generator) -> np.ndarray:
    """Tighten n joints and reduce each curve to SCREW_FEATURES, (n, 5)."""
    torque = torque_curve(screw, joint) * joint.gain[:, None]
    torque += rng.standard_normal(torque.shape) * (_SENSOR_NOISE * screw.target)
    rundown = torque[:, _RUNDOWN].mean(axis=1)
    snug, low, high, stop = (
        first_reach(_ANGLES, torque, np.full(len(torque), share * screw.target)) for share in (0.25, 0.4, 0.75, 1.0)
    )
    angle = np.fmin(stop - snug, _ANGLE_LIMIT)  # fmin: a target never reached (NaN) ends at the limit
    rise = np.fmax(np.fmin(high - low, _ANGLE_LIMIT), 3.0)
    limited = _torque_at(torque, snug + _ANGLE_LIMIT)
    inertia = np.abs(rng.normal(0.5, 0.25, len(torque)))  # deg turned after the stop
    final = np.where(angle < _ANGLE_LIMIT, screw.target + inertia * 0.35 * screw.target / rise, limited)
    return np.column_stack((rundown, snug, 0.35 * screw.target / rise, final, angle))


def _torque_at(torque: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """The torque (n,) of each curve (n, g) at the sample next to its angle (n,)."""
    sample = np.clip(np.searchsorted(_ANGLES, angle), 0, len(_ANGLES) - 1)
    return np.asarray(torque[np.arange(len(torque)), sample])
