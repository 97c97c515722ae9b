"""The sets of vibration in the catalogue: origin, licence, checksum, machines and advice for each."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rarefault.datasets.signals.signal_set import SignalFacts, SignalSet
from rarefault.datasets.simulators import SIGNAL_SIMULATORS
from rarefault.datasets.sources.signal_entry import SignalEntry

_FEMTO_LIVES = {
    "Bearing1_1": "3ce7059749332e1e58c75a1bb72de48ae7cc948dd657fe75ec231c5b89e48a1e",
    "Bearing2_2": "8a1977542455881395947a5cd37f849acf8beb1d5b4f2531d0120ce889da306a",
    "Bearing3_1": "afe22db2433567d0dd3ad3174e2514a797dc1d6b7e712199f4943317ec99e37f",
}
_FEMTO_SIZE = {
    "Bearing1_1": "709 snapshots (every 4th of 2,803)",
    "Bearing2_2": "797 snapshots",
    "Bearing3_1": "515 snapshots",
}
_FEMTO_NOTES = (
    "Real run-to-failure tests of ball bearings (not ball screws) under overload, in hours instead of years, each in "
    "another condition of load and speed: horizontal acceleration, 0.1 s each 10 s. When damage began is not known. "
    "The first fifth of each life is declared healthy; it includes the running-in, in which Bearing1_1 and Bearing3_1 "
    "vibrate by a third more than soon after, so that running-in is no alarm."
)
_FEMTO_SHARE = 5
_CWRU_LOCATIONS = {"B": "ball", "IR": "inner race", "ORat6": "outer race at 6 o'clock"}
_CWRU_SIZES = (7, 14, 21)


def read_femto(folder: Path, settings: Any, lives: tuple[str, ...] = tuple(_FEMTO_LIVES)) -> SignalSet:
    """The snapshots of the named lives, milli-g turned into g, the first fifth of each declared healthy."""
    del settings  # it is read in one way only
    parts, times, machines, healthy = [], [], [], []
    for name in lives:
        with np.load(folder / f"{name}_h.npz", allow_pickle=False) as arrays:
            snapshots, step, rate = arrays["acc_mg"] / np.float32(1000), arrays["step"], float(arrays["fs"])
        parts.append(snapshots.astype(np.float32))
        times.append(10.0 * step)
        machines.append(np.full(len(step), name, dtype=object))
        healthy.append(np.arange(len(step)) < round(len(step) / _FEMTO_SHARE))
    title = "femto" if len(lives) > 1 else f"femto:{lives[0]}"  # models of different bearings do not share a name
    return SignalSet(
        np.concatenate(parts)[:, None],
        np.concatenate(times),
        np.concatenate(machines),
        np.concatenate(healthy),
        SignalFacts(rate, ("horizontal",), "g", title, _FEMTO_NOTES),
    )


@dataclass(frozen=True)
class CwruSettings:
    """samples: of a snapshot, the recordings are cut without overlap; middle: the state of the 14 mil faults, between
    7 mil (slight) and 21 mil (severe); "" leaves it open, so that it counts in no accuracy."""

    samples: int = 2_560
    middle: Literal["slight", "severe", ""] = "slight"

    def __post_init__(self) -> None:
        if not 256 <= self.samples <= 20_000:
            raise ValueError(f"samples must be from 256 to 20,000, got {self.samples}")


def read_cwru(folder: Path, settings: CwruSettings) -> SignalSet:
    """A made-up life for each location of the fault: healthy, then 7, 14 and 21 mil.

    The one healthy recording is shared out by time: its first half, in blocks, begins the lives and is declared
    healthy; its second half, in blocks, follows and is not learned from.
    """
    normal, rate = _cut(folder / "1797_Normal.npz", settings.samples)
    half = len(normal) // 2
    learned, held = (np.array_split(part, len(_CWRU_LOCATIONS)) for part in (normal[:half], normal[half:]))
    states = dict(zip(_CWRU_SIZES, ("slight", settings.middle, "severe"), strict=True))
    parts: list[tuple[np.ndarray, str, str, bool]] = []
    onsets = {}
    for k, location in enumerate(_CWRU_LOCATIONS):
        parts += [(learned[k], location, "healthy", True), (held[k], location, "healthy", False)]
        onsets[location] = len(learned[k]) + len(held[k])
        for size in _CWRU_SIZES:
            parts.append(
                (_cut(folder / f"1797_{location}_{size}.npz", settings.samples)[0], location, states[size], False)
            )
    machines = _spread(parts, [location for _, location, _, _ in parts])
    return SignalSet(
        np.concatenate([snapshots for snapshots, *_ in parts])[:, None],
        np.concatenate(
            [np.arange(int((machines == location).sum()), dtype=np.float64) for location in _CWRU_LOCATIONS]
        ),
        machines,
        _spread(parts, [learn for *_, learn in parts]).astype(bool),
        SignalFacts(rate, ("drive end",), "g", "cwru", CWRU.notes, timed=False),
        _spread(parts, [state for _, _, state, _ in parts]),
        onsets,
    )


def _cut(path: Path, samples: int) -> tuple[np.ndarray, float]:
    """A recording as snapshots (n, samples) without overlap, and its rate; the rest at the end is left out."""
    with np.load(path, allow_pickle=False) as arrays:
        signal, rate = arrays["DE"].astype(np.float32), float(arrays["fs"])
    n = len(signal) // samples
    return signal[: n * samples].reshape(n, samples), rate


def _spread(parts: list[tuple[np.ndarray, str, str, bool]], values: list[Any]) -> np.ndarray:
    return np.repeat(np.array(values, dtype=object), [len(snapshots) for snapshots, *_ in parts])


def _femto(name: str, lives: tuple[str, ...], sha256: str, size: str) -> SignalEntry:
    return SignalEntry(
        name=name,
        title="FEMTO bearings run to failure (PRONOSTIA): " + ", ".join(lives),
        kind="real",
        origin="https://github.com/wkzs111/phm-ieee-2012-data-challenge-dataset",
        licence="none stated; published for the IEEE PHM 2012 challenge, cite",
        citation="Nectoux, P. et al. (2012). PRONOSTIA: an experimental platform for bearings accelerated degradation "
        "tests. IEEE International Conference on Prognostics and Health Management, Denver.",
        folder="femto",
        size=f"{size} of 2,560 samples at 25,600 Hz",
        machines=lives,
        notes=_FEMTO_NOTES,
        split="by time within a life, never at random: neighbours are alike; another life is another condition",
        parts=tuple(f"{life}_h.npz" for life in lives),
        sha256=sha256,
        read=partial(read_femto, lives=lives),
        manual="the horizontal channel of each life was written as milli-g with its snapshot numbers: lay "
        + ", ".join(f"{life}_h.npz" for life in lives),
    )


CWRU = SignalEntry(
    name="cwru",
    title="CWRU bearings: healthy, and faults of 7, 14 and 21 mil at three locations",
    kind="real",
    origin="https://engineering.case.edu/bearingdatacenter",
    licence="none stated; public, cite",
    citation="Case Western Reserve University Bearing Data Center. Arrays: Rigas, S. et al. (2024). Sensors 24, 5310.",
    folder="cwru",
    size="3 made-up lives of healthy, slight and severe snapshots of 2,560 samples at 48,000 Hz",
    machines=tuple(_CWRU_LOCATIONS),
    notes="Real vibration of one test rig (drive end, no load, 1,797 r/min) with faults cut into the bearing; no run "
    "to failure: each life is put together from separate recordings, healthy, 7, 14 and 21 mil, and has no times. "
    "The states are the size of the cut (7 and 14 mil slight, 21 severe), which is not the level: faults of 14 mil "
    "are often weaker than those of 7. Snapshots of one recording (5 s) are near copies of each other: a state is "
    "told within a recording, not between machines. Learning takes the first half of the healthy recording, all "
    "testing the second.",
    split="by blocks of time within a recording, never at random",
    parts=(
        "1797_Normal.npz",
        *(f"1797_{location}_{size}.npz" for location in _CWRU_LOCATIONS for size in _CWRU_SIZES),
    ),
    sha256="f336745a1b2a87679a48aecdf609b8eaaf7fa1cb5c698b8adc4a40de3ef20c1d",
    read=read_cwru,
    settings=CwruSettings,
    manual="the drive-end channel at 1797 rpm, 48 kHz was written as float32 (key DE): lay the ten files 1797_*.npz",
)


def _simulated(name: str) -> SignalEntry:
    simulator = SIGNAL_SIMULATORS[name]
    return SignalEntry(
        name=name,
        title=simulator.title,
        kind="simulated",
        origin=simulator.simulate.__module__,
        licence="Apache-2.0",
        citation="Simulated by Rarefault.",
        folder=name,
        size=simulator.size,
        machines=(),
        notes=simulator.notes,
        split="by time within a life",
        settings=simulator.settings,
        simulator=simulator,
    )


SIGNAL_ENTRIES: tuple[SignalEntry, ...] = (
    *map(_simulated, SIGNAL_SIMULATORS),
    _femto(
        "femto",
        tuple(_FEMTO_LIVES),
        "bfefca349115b45a95f04fd98dcc870be8b4d4192dc4110bed5dfd1f21c38c0c",
        "3 lives, 2,021 snapshots",
    ),
    *(_femto(f"femto:{life}", (life,), digest, _FEMTO_SIZE[life]) for life, digest in _FEMTO_LIVES.items()),
    CWRU,
)
