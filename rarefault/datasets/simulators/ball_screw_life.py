"""Simulated vibration of a ball screw from new to worn out, as snapshots of an accelerometer on the nut.

The set-up is that of the paper: a screw of 40 mm with 5 mm of pitch at 1,000 r/min under constant load, sampled at
5 kHz, a snapshot each 30 minutes, 215 in all, damage from about snapshot 119 (Ball screw degradation with a VAE and a
KDE, section "Applications and discussions"). What a snapshot holds:

- harmonics of the rotation and of the balls passing the nut, with random phases and a slightly wandering speed;
- broad-band friction noise through three resonances of nut, carriage and bed, and the sensor's own noise;
- load and speed that scatter by a few per cent from snapshot to snapshot, and a drift with temperature over the day
  that changes the friction and shifts the resonances; now and then a knock from outside;
- after the onset a spall on the screw: each ball that passes gives an impact, of uneven strength and at slightly
  uneven times, stronger where the spall is under load (once a turn), which rings in a resonance of its own; the worn
  surface also adds broad-band noise, and the lost preload lowers the resonances.

The spall's area grows steadily, so its length, and with it the strength of the impacts, grows as the square root of
the time since onset: fast, then slowly, as in the paper. At the end of life the vibration is 2.5 times the healthy
one, the ratio between the limits of two zones in ISO 10816. Frequencies, gains and damping are those of a machine of
its own for every seed and machine. No detector was looked at to choose them.
"""

from dataclasses import dataclass

import numpy as np

from rarefault.datasets.signals.signal_set import STATES, SignalFacts, SignalSet
from rarefault.datasets.simulators.ball_screw_vibration import Conditions, Machine, healthy_level, vibration

NOTES = (
    "SIMULATED by Rarefault: vibration of a ball screw's nut from new to worn out. No screw was measured; results say "
    "how the method works, not how well it finds wear on a real drive."
)
CHANNELS, UNIT = ("nut",), "m/s^2"
SEVERE = 0.75
"""Strength of the damage from which the state is severe: reached near snapshot 173, where the paper has it."""
_DAY = 86_400.0
_BLOCK = 256  # snapshots at a time, so that a long life needs no more memory than its samples


@dataclass(frozen=True)
class BallScrewLifeSettings:
    """One or several lives.

    snapshots, samples: how many, of how many samples; rate: Hz; interval: seconds between snapshots; speed: r/min;
    damage: False for lives that stay healthy; onset: the first snapshot with damage, moved by up to onset_jitter
    either way by the seed; severity: strength of the damage, 1 as described above; scatter: of load and speed, 1 as
    described; healthy: the first snapshots of a life, declared healthy; machines: how many screws.
    """

    snapshots: int = 215
    samples: int = 2_560
    rate: float = 5_000.0
    interval: float = 1_800.0
    speed: float = 1_000.0
    damage: bool = True
    onset: int = 119
    onset_jitter: int = 9
    severity: float = 1.0
    scatter: float = 1.0
    healthy: int = 75
    machines: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("snapshots", 2, 100_000), ("samples", 64, 1 << 20), ("machines", 1, 1_000),
            ("rate", 1_000.0, 200_000.0), ("interval", 1e-3, 1e9), ("speed", 60.0, 3_000.0),
            ("severity", 0.0, 10.0), ("scatter", 0.0, 3.0),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be from {low:,} to {high:,}, got {getattr(self, name)}")
        if self.machines * self.snapshots * self.samples > 1 << 27:
            raise ValueError("machines x snapshots x samples must be at most 134,217,728 samples")
        if self.damage and not 0 <= self.onset_jitter < self.onset <= self.snapshots - 1 - self.onset_jitter:
            raise ValueError(
                f"onset and onset_jitter must leave snapshots before and after, got {self.onset} +- "
                f"{self.onset_jitter} of {self.snapshots}"
            )
        last = self.onset - self.onset_jitter if self.damage else self.snapshots
        if not 1 <= self.healthy <= last:
            raise ValueError(f"healthy must be from 1 to {last} snapshots before the damage, got {self.healthy}")


def simulate(settings: BallScrewLifeSettings) -> SignalSet:
    """The snapshots of every machine in the order of time, with the true states and onsets."""
    names = ["screw"] if settings.machines == 1 else [f"screw-{k + 1}" for k in range(settings.machines)]
    snapshots = np.empty((len(names), settings.snapshots, settings.samples), dtype=np.float32)
    states, onsets = [], {}
    for number, name in enumerate(names):
        onset = _onset(settings, number)
        strength = _strength(settings, onset)
        _live(snapshots[number], strength, settings, number)
        states.append(np.select([strength == 0, strength < SEVERE], STATES[:2], STATES[2]))
        if settings.damage:
            onsets[name] = onset
    step = np.tile(np.arange(settings.snapshots), len(names))
    return SignalSet(
        snapshots=snapshots.reshape(-1, 1, settings.samples),
        times=step * settings.interval,
        machines=np.repeat(np.array(names, dtype=object), settings.snapshots),
        healthy=step < settings.healthy,
        facts=SignalFacts(settings.rate, CHANNELS, UNIT, "ball-screw-life", NOTES),
        states=np.concatenate(states).astype(object),
        onsets=onsets,
    )


def _onset(settings: BallScrewLifeSettings, number: int) -> int:
    rng = np.random.default_rng([settings.seed, number, 2])
    shift = int(rng.integers(-settings.onset_jitter, settings.onset_jitter + 1))
    return settings.onset + shift if settings.damage else settings.snapshots


def _strength(settings: BallScrewLifeSettings, onset: int) -> np.ndarray:
    """True strength of the damage at each snapshot (n,), 0 before the onset, 1 at the end."""
    since = np.arange(settings.snapshots) - onset + 1
    return np.asarray(np.sqrt(since.clip(min=0) / max(settings.snapshots - onset, 1)))


def _live(life: np.ndarray, strength: np.ndarray, settings: BallScrewLifeSettings, number: int) -> None:
    """Fill the snapshots (n, t) of one machine. Its damage has a generator of its own: a healthy life is its twin."""
    rng, damage_rng = (np.random.default_rng([settings.seed, number, part]) for part in (0, 1))
    machine = Machine.drawn(rng)
    conditions = _conditions(machine, strength, settings, rng)
    level = healthy_level(machine, settings.speed, settings.rate)
    for start in range(0, len(life), _BLOCK):
        block = slice(start, start + _BLOCK)
        life[block] = vibration(
            machine, conditions.rows(block), settings.samples, settings.rate, level, settings.severity, rng, damage_rng
        )


def _conditions(
    machine: Machine, strength: np.ndarray, settings: BallScrewLifeSettings, rng: np.random.Generator
) -> Conditions:
    """Load, speed and temperature scatter and drift from snapshot to snapshot."""
    n, scatter = len(strength), settings.scatter
    warm = np.sin(2 * np.pi * np.arange(n) * settings.interval / _DAY + machine.phase) + 0.3 * _wander(n, rng)
    return Conditions(
        load=(1 + 0.025 * scatter * rng.normal(size=n)) * (1 - 0.02 * scatter * warm),
        hertz=settings.speed / 60 * (1 + 0.01 * scatter * rng.normal(size=n)),
        shift=1 - 0.004 * scatter * warm - 0.01 * settings.severity * strength,
        strength=strength * np.exp(0.1 * scatter * rng.normal(size=n)),
    )


def _wander(n: int, rng: np.random.Generator) -> np.ndarray:
    """A slow random walk with a pull to the middle, standard deviation 1 (n,)."""
    steps, walk, at = rng.normal(size=n), np.empty(n), rng.normal()
    for k in range(n):
        at = 0.97 * at + np.sqrt(1 - 0.97**2) * steps[k]
        walk[k] = at
    return walk
