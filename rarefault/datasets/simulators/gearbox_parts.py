"""The physical state of the parts on the gearbox line before anything is measured."""

from dataclasses import dataclass

import numpy as np

N_PRESSES, N_SCREWS = 4, 6
_LOT = 40  # parts that share a delivery of bearings and screws


@dataclass
class Parts:
    """What is true of each part before it is measured.

    (n, 4) by press: interference (um), friction (coefficient), tilt (mrad), contact and shoulder (mm).
    (n, 6) by screw: thread (friction factor), stiffness (factor), prevailing and binding (N·m), seat (deg), cap
    (target torques) and gain of the tool's sensor.
    (n, 2) by station: retry_rate (expected retries). (n,): temperature (degC), shim (mm), grease (shots).
    """

    interference: np.ndarray
    friction: np.ndarray
    tilt: np.ndarray
    contact: np.ndarray
    shoulder: np.ndarray
    thread: np.ndarray
    stiffness: np.ndarray
    prevailing: np.ndarray
    binding: np.ndarray
    seat: np.ndarray
    cap: np.ndarray
    gain: np.ndarray
    temperature: np.ndarray
    shim: np.ndarray
    grease: np.ndarray
    retry_rate: np.ndarray


def good_parts(n: int, drift: float, rng: np.random.Generator) -> Parts:
    """Draw n parts as they should be: scatter by lot and by part, and the temperature of the day.

    By the last row temperature, friction, tilt, prevailing torque and sensor gain have wandered by `drift` of their
    standard deviations.
    """
    wander = drift * np.linspace(0.0, 1.0, n)
    lots = np.arange(n) // _LOT
    lot_fit, lot_oil, lot_thread = rng.standard_normal((3, lots[-1] + 1))[:, lots]
    day = np.sin(np.arange(n) * (2 * np.pi / 420.0) + rng.uniform(0, 2 * np.pi))
    temperature = 22.0 + 2.2 * day + 0.5 * rng.standard_normal(n) + 1.7 * wander
    swelling = 0.2 * (temperature - 22.0)  # um of interference lost, aluminium against steel
    fits = rng.gamma(9.0, 1.0 / 3.0, (n, N_PRESSES)) - 3.0
    shared = rng.standard_normal((n, 2)).repeat(2, axis=1)  # both seats of a station are bored together
    oil = rng.standard_normal((n, 1)) * 0.035 + rng.standard_normal((n, N_PRESSES)) * 0.035
    gap = 0.05 * rng.standard_normal(n) + 0.03 * lot_fit
    shim = np.round((1.2 + gap) / 0.05) * 0.05
    shoulder = 20.6 + 0.035 * rng.standard_normal((n, N_PRESSES))
    shoulder[:, 1] += gap + 1.2 - shim
    prevailing = np.repeat([4.2, 1.9], 3) * np.exp(0.12 * (wander[:, None] + rng.standard_normal((n, N_SCREWS))))
    return Parts(
        interference=21.0 + 1.0 * fits + 0.7 * shared + (0.5 * lot_fit - swelling)[:, None],
        friction=0.115 * np.exp(oil + (0.02 * lot_oil + 0.05 * wander)[:, None]),
        tilt=rng.rayleigh(0.8, (n, N_PRESSES)) + 0.5 * wander[:, None],
        contact=5.0 + 0.07 * rng.standard_normal((n, N_PRESSES)),
        shoulder=shoulder,
        thread=np.exp(0.02 * rng.standard_normal((n, N_SCREWS)) + 0.02 * lot_thread[:, None]),
        stiffness=1.0 + 0.025 * rng.standard_normal((n, N_SCREWS)) + 0.01 * rng.standard_normal((n, 1)),
        prevailing=prevailing,
        binding=rng.exponential(np.repeat([0.35, 0.17], 3), (n, N_SCREWS)),
        seat=880.0 + 13.0 * rng.standard_normal((n, N_SCREWS)),
        cap=1.7 + 0.08 * rng.standard_normal((n, N_SCREWS)),
        gain=1.0 + 0.004 * (wander[:, None] + rng.standard_normal((n, N_SCREWS))),
        temperature=temperature,
        shim=shim,
        grease=2 - (rng.random(n) < 0.006).astype(int),
        retry_rate=np.full((n, 2), 0.04),
    )
