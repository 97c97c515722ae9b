"""What an accelerometer on the nut of a ball screw feels: tones, friction, and the impacts and noise of a spall."""

from dataclasses import dataclass

import numpy as np

_BALL, _PITCH_CIRCLE, _CONTACT, _BALLS = 3.5, 40.0, np.deg2rad(45), 35  # mm, mm, rad, balls in a turn
_CAGE = (1 - _BALL * np.cos(_CONTACT) / _PITCH_CIRCLE) / 2
PASSES_NUT, PASSES_SCREW = _BALLS * _CAGE, _BALLS * (1 - _CAGE)
"""Balls that pass a point of the nut, and of the screw, in one turn."""
END = 2.5
"""Vibration at the end of life over the healthy one."""
_WEAR = 0.35  # share of the damage's energy that is broad-band wear noise, not impacts
_KNOCKED = 0.005  # share of the snapshots with a knock from outside


@dataclass(frozen=True)
class Machine:
    """What differs between machines.

    modes: (3, 2) frequency in Hz and damping ratio of the resonances of nut, carriage and bed, gains: (3,); ring: (2,)
    the resonance that impacts excite; turns: amplitudes of the rotation's harmonics, passes: of the ball pass's;
    direct: friction that no resonance shapes; sensor: noise of the sensor; phase: of the day's temperature, rad.
    """

    modes: np.ndarray
    gains: np.ndarray
    ring: np.ndarray
    turns: np.ndarray
    passes: np.ndarray
    direct: float
    sensor: float
    phase: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Machine":
        """A machine at random."""
        spread = 1 + rng.uniform(-1, 1, (4, 2)) * [0.08, 0.3]
        return cls(
            modes=np.array([[340.0, 0.05], [820.0, 0.035], [1_450.0, 0.03]]) * spread[:3],
            gains=np.array([0.55, 0.7, 0.45]) * rng.uniform(0.75, 1.25, 3),
            ring=np.array([1_900.0, 0.025]) * spread[3],
            turns=np.array([0.25, 0.3, 0.12, 0.08]) * rng.uniform(0.6, 1.4, 4),
            passes=np.array([0.35, 0.15, 0.08]) * rng.uniform(0.6, 1.4, 3),
            direct=0.25 * rng.uniform(0.8, 1.2),
            sensor=0.05,
            phase=rng.uniform(0, 2 * np.pi),
        )


@dataclass(frozen=True)
class Conditions:
    """Of each snapshot (n,): load relative to the nominal one, speed in turns a second, shift of all resonances
    (1: none) and strength of the damage (0: none, 1: end of life)."""

    load: np.ndarray
    hertz: np.ndarray
    shift: np.ndarray
    strength: np.ndarray

    def __len__(self) -> int:
        return len(self.load)

    def rows(self, index: "slice | np.ndarray") -> "Conditions":
        """Those of some snapshots."""
        return Conditions(self.load[index], self.hertz[index], self.shift[index], self.strength[index])


def vibration(
    machine: Machine,
    conditions: Conditions,
    samples: int,
    rate: float,
    level: float,
    severity: float,
    rng: np.random.Generator,
    damage_rng: np.random.Generator,
) -> np.ndarray:
    """The snapshots (n, t) float32; level: RMS of the healthy machine, which damage and knocks are measured by."""
    signal: np.ndarray = _tones(machine, conditions, samples, rate, rng) + _friction(
        machine, conditions, samples, rate, rng
    )
    worn = np.flatnonzero(conditions.strength)
    if len(worn):
        signal[worn] += severity * level * _damage(machine, conditions.rows(worn), samples, rate, damage_rng)
    signal *= conditions.load[:, None].astype(np.float32)
    _knock(signal, machine, conditions, rate, level, rng)
    signal += np.float32(machine.sensor) * rng.standard_normal(signal.shape, dtype=np.float32)
    return signal


def healthy_level(machine: Machine, speed: float, rate: float) -> float:
    """RMS of a healthy machine under nominal conditions, measured on 16 snapshots of 0.5 s."""
    rng, one = np.random.default_rng(0), np.ones(16)
    conditions = Conditions(one, one * speed / 60, one, 0 * one)
    samples = int(rate / 2)
    tones = _tones(machine, conditions, samples, rate, rng)
    return _rms(tones + _friction(machine, conditions, samples, rate, rng))


def _tones(machine: Machine, conditions: Conditions, samples: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Harmonics of the rotation and of the ball pass (n, t), phases at random, while the drive hunts a little."""
    n, time = len(conditions), np.arange(samples) / rate
    turned = conditions.hertz[:, None] * time + 0.003 * np.sin(2 * np.pi * (3 * time + rng.uniform(size=(n, 1))))
    out = np.zeros((n, samples), dtype=np.float32)
    orders = np.r_[np.arange(1, 5), PASSES_NUT * np.arange(1, 4)]
    for amplitude, order in zip(np.r_[machine.turns, machine.passes], orders, strict=True):
        own = amplitude * (1 + 0.05 * rng.normal(size=(n, 1)))
        phase = 2 * np.pi * (order * turned + rng.uniform(size=(n, 1)))
        out += own.astype(np.float32) * np.cos(phase.astype(np.float32))
    return out


def _friction(
    machine: Machine, conditions: Conditions, samples: int, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Broad-band noise through the resonances (n, t)."""
    white = np.fft.rfft(rng.standard_normal((len(conditions), samples), dtype=np.float32))
    return np.asarray(np.fft.irfft(white * _gain(machine, conditions.shift, samples, rate), samples), dtype=np.float32)


def _gain(machine: Machine, shift: np.ndarray, samples: int, rate: float) -> np.ndarray:
    """Response of nut, carriage and bed to friction (n, t // 2 + 1)."""
    frequencies = np.fft.rfftfreq(samples, 1 / rate)
    gain = np.full((len(shift), len(frequencies)), machine.direct, dtype=np.complex64)
    for strength, (peak, damping) in zip(machine.gains, machine.modes, strict=True):
        gain += strength * _resonance(frequencies, peak * shift, damping)
    return gain


def _resonance(frequencies: np.ndarray, peak: np.ndarray, damping: float) -> np.ndarray:
    """Acceleration over force of one mode (n, f), scaled to pass white noise with a standard deviation of about 1."""
    ratio = (frequencies / peak[:, None]).astype(np.float32)
    response = ratio**2 / (1 - ratio**2 + np.complex64(2j * damping) * ratio)
    return np.asarray(response / np.sqrt(np.mean(np.abs(response) ** 2, axis=1, keepdims=True)))


def _damage(
    machine: Machine, conditions: Conditions, samples: int, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """What the spall adds (n, t), in healthy levels; at strength 1 the whole has END times the healthy level."""
    nominal = Conditions(*(np.full(32, value) for value in (1.0, conditions.hertz.mean(), 1.0, 1.0)))
    unit = _rms(_impacts(machine, nominal, int(rate / 2), rate, np.random.default_rng(0)))
    impacts = _impacts(machine, conditions, samples, rate, rng) / unit
    wear = _friction(machine, conditions, samples, rate, rng)
    wear /= np.sqrt(np.mean(np.abs(_gain(machine, conditions.shift, samples, rate)) ** 2, axis=1, keepdims=True))
    mixed = np.sqrt(1 - _WEAR) * impacts + np.sqrt(_WEAR) * wear
    return np.asarray(np.sqrt(END**2 - 1) * conditions.strength[:, None] * mixed, dtype=np.float32)


def _impacts(
    machine: Machine, conditions: Conditions, samples: int, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Ringing after each ball that passes the spall (n, t)."""
    n, lead = len(conditions), int(0.05 * rate)  # earlier impacts still ring when the snapshot begins
    length, passes = samples + lead, conditions.hertz * PASSES_SCREW  # passes: a second
    count = int(length / rate * passes.max()) + 1
    ball = np.arange(count) + rng.uniform(size=(n, 1)) + 0.04 * rng.normal(size=(n, count))  # no cage spaces them
    turned = 2 * np.pi * (ball / PASSES_SCREW + rng.uniform(size=(n, 1)))
    force = np.exp(0.25 * rng.normal(size=(n, count))) * (1 + 0.6 * np.cos(turned))
    train = _impulses(ball / passes[:, None] * rate, force, length)
    peak, damping = machine.ring
    response = _resonance(np.fft.rfftfreq(length, 1 / rate), peak * conditions.shift, damping)
    return np.asarray(np.fft.irfft(np.fft.rfft(train) * response, length)[:, lead:], dtype=np.float32)


def _impulses(at: np.ndarray, force: np.ndarray, length: int) -> np.ndarray:
    """Impulses of the given force at the given places (n, m), in samples and fractions of them; (n, length)."""
    row, inside = np.arange(len(at))[:, None], (at >= 0) & (at < length - 1)
    below = np.floor(at).astype(np.int64).clip(0, length - 2)
    place, part = row * length + below, at - below
    places = np.concatenate([place[inside], place[inside] + 1])
    weights = np.concatenate([(force * (1 - part))[inside], (force * part)[inside]])
    train = np.bincount(places, weights, minlength=len(at) * length)
    return train.reshape(len(at), length).astype(np.float32)


def _knock(
    signal: np.ndarray, machine: Machine, conditions: Conditions, rate: float, level: float, rng: np.random.Generator
) -> None:
    """Add a knock from outside to a few of the snapshots (n, t): the bed rings once."""
    time = np.arange(signal.shape[1]) / rate
    chance, when, height = rng.uniform(size=(3, len(signal), 1))
    knocked = np.flatnonzero(chance[:, 0] < _KNOCKED)
    peak, damping = machine.modes[0]
    since = 2 * np.pi * peak * conditions.shift[knocked, None] * (time - when[knocked] * time[-1]).clip(min=0)
    signal[knocked] += (level * (3 + 5 * height[knocked]) * np.exp(-damping * since) * np.sin(since)).astype(np.float32)


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
