"""What goes wrong with some of the parts on the gearbox line.

Severity 1 is the mildest fault that the end-of-line test should reject.
"""

from collections.abc import Callable

import numpy as np

from rarefault.datasets.simulators.gearbox_parts import N_PRESSES, Parts


def loose_fit(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """Worn bores of one housing: too little interference at both presses of a station, so that parts sit askew."""
    for press in _presses_of(rng.integers(2, size=len(rows))):
        parts.interference[rows, press] -= 8.0 * severity * rng.uniform(0.7, 1.3, len(rows))
        parts.tilt[rows, press] += 2.4 * severity


def tight_fit(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """An oversized delivery of bearings: too much interference at every press, worst at one station."""
    parts.interference[rows] += 5.8 * severity[:, None]
    station = rng.integers(2, size=len(rows))
    for press in _presses_of(station):
        parts.interference[rows, press] += 4.8 * severity
    parts.retry_rate[rows, station] += 0.4 * severity


def misaligned_press(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """A worn pallet, which travels through both stations: early contact, a wedging bump and a rough plateau."""
    parts.tilt[rows] += 4.0 * severity[:, None] * rng.uniform(0.5, 1.5, (len(rows), N_PRESSES))
    parts.contact[rows] -= 0.12 * severity[:, None]
    parts.retry_rate[rows] += 0.3 * severity[:, None]


def dry_joint(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """The oiler fails: more friction and stick-slip at every press and in every thread."""
    parts.friction[rows] += 0.026 * severity[:, None] * rng.uniform(0.6, 1.4, (len(rows), N_PRESSES))
    parts.thread[rows] *= 1.0 + 0.08 * severity[:, None]
    parts.prevailing[rows] *= 1.0 + 0.3 * severity[:, None]
    parts.grease[rows] -= rng.random(len(rows)) < 0.35


def wrong_shim(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """A thinner shim than the one selected, or none: the second bearing seats too deep, the joint turns soft."""
    parts.shoulder[rows, 1] += 0.24 * severity
    parts.stiffness[rows, :3] *= 1.0 - 0.1 * severity[:, None]


def crossed_thread(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """Badly tapped holes at one station: the screws bind, come up early and are tried again, one worst of all."""
    station = rng.integers(2, size=len(rows))
    worst = rng.integers(3, size=len(rows))
    for k, screw in enumerate(_screws_of(station)):
        share = np.where(worst == k, 1.0, 0.6) * severity
        parts.binding[rows, screw] += np.where(station == 0, 8.4, 4.0) * share
        parts.seat[rows, screw] -= 48.0 * share
    parts.retry_rate[rows, station] += 1.2 * severity


def stripped_thread(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """A thread gives way below or near its target torque; the screws beside it carry a softer joint."""
    screws = _screws_of(rng.integers(2, size=len(rows)))
    for screw in screws:
        parts.stiffness[rows, screw] *= 1.0 - 0.1 * severity
    worst = screws[rng.integers(3, size=len(rows)), np.arange(len(rows))]
    parts.cap[rows, worst] = np.clip(1.42 - 0.4 * severity, 0.5, parts.cap[rows, worst])


def soft_joint(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> None:
    """A chip or a trapped gasket under the housing: every screw of a station turns further for its torque."""
    for screw in _screws_of(rng.integers(2, size=len(rows))):
        parts.stiffness[rows, screw] *= 1.0 - 0.18 * severity * rng.uniform(0.7, 1.3, len(rows))
        parts.seat[rows, screw] -= 14.0 * severity


def _presses_of(station: np.ndarray) -> np.ndarray:
    """The indices (2, k) of the presses at each part's station (k,)."""
    return 2 * station + np.arange(2)[:, None]


def _screws_of(station: np.ndarray) -> np.ndarray:
    """The indices (3, k) of the screws at each part's station (k,)."""
    return 3 * station + np.arange(3)[:, None]


Cause = Callable[[Parts, np.ndarray, np.ndarray, np.random.Generator], None]
CAUSES: dict[str, tuple[float, Cause]] = {
    "loose fit": (0.03, loose_fit),
    "tight fit": (0.18, tight_fit),
    "misaligned press": (0.22, misaligned_press),
    "dry joint": (0.26, dry_joint),
    "wrong shim": (0.06, wrong_shim),
    "crossed thread": (0.13, crossed_thread),
    "stripped thread": (0.03, stripped_thread),
    "soft joint": (0.09, soft_joint),
}
"""Each cause of a fault: its share of the faulty parts, and what it does to them."""


def spoil(parts: Parts, rows: np.ndarray, severity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each of `rows` (k,) a cause and change its parts by `severity` (k,) > 0; returns the causes (k,)."""
    cause = rng.choice(np.array(list(CAUSES)), size=len(rows), p=[share for share, _ in CAUSES.values()])
    for name, (_, act) in CAUSES.items():
        chosen = cause == name
        act(parts, rows[chosen], severity[chosen], rng)
    return cause
