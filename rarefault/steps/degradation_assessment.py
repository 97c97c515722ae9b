"""Assess every snapshot of every machine, and keep what figures and tables are made of."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.degradation.assessment import Assessed, Assessment
from rarefault.degradation.kde import Density
from rarefault.degradation.model import DegradationModel
from rarefault.steps.record import recorded, write_json

WINDOWS = 9
"""Windows along a life whose densities are kept."""
_GRID = 240
_BLOCK = 256
"""Snapshots whose kurtosis is taken at once."""
COLUMNS = ("machine", "snapshot", "hours", "healthy", "indicator", "degree", "state", "alarm", "file")


@recorded
def assess_life(signals: str, model: str, life: str, series: str, *, record: str) -> dict[str, float]:
    """Write what `model` says of each machine in folder `signals` to folder `life`, and to CSV file `series`.

    The folder holds life.json (name, onset, alarm, and what it is at the end, by machine), and for each machine
    NUMBER.npz with `indicators`, `degrees`, `states`, `kurtosis` and `hours` (n,), and the densities of windows.
    """
    lives, assessor = SignalSet.read(signals), DegradationModel.load(model)
    assessed = assessor.assess(lives)
    kurtosis, place, entries = kurtoses(lives.snapshots), Path(life), []
    place.mkdir(parents=True, exist_ok=True)
    for number, (name, found) in enumerate(assessed.items()):
        own = lives.machines == name
        hours = found.times / 3600 if lives.facts.timed else np.full(len(found.times), np.nan)
        arrays: dict[str, Any] = {
            "indicators": found.indicators,
            "degrees": found.degrees,
            "states": found.states.astype(str),
            "kurtosis": kurtosis[own],
            "hours": hours,
            "healthy": lives.healthy[own],
            **window_densities(assessor.assessment, found),
        }
        np.savez(place / f"{number}.npz", **arrays)
        entries.append(_entry(name, number, found, lives, hours))
    write_json(place / "life.json", {"machines": entries})
    _write_series(series, lives, assessed)
    return {"snapshots": len(lives), "machines": len(entries), "worn": sum(e["onset"] is not None for e in entries)}


def _entry(name: str, number: int, found: Assessed, lives: SignalSet, hours: np.ndarray) -> dict[str, Any]:
    at = found.onset
    timed, files = lives.facts.timed, files_of(lives, name)
    return {
        "name": name,
        "number": number,
        "snapshots": len(found.indicators),
        "healthy_snapshots": int(lives.healthy[lives.machines == name].sum()),
        "onset": None if at is None else at.first,
        "alarm": None if at is None else at.alarm,
        "onset_file": None if at is None else files[at.first] or None,
        "alarm_file": None if at is None else files[at.alarm] or None,
        "onset_hours": float(hours[at.first]) if at is not None and timed else None,
        "alarm_hours": float(hours[at.alarm]) if at is not None and timed else None,
        "hours": float(hours[-1]) if timed else None,
        "indicator": float(found.indicators[-1]),
        "degree": float(found.degrees[-1]),
        "state": str(found.states[-1]),
        "true_onset": lives.onsets.get(name),
    }


def files_of(lives: SignalSet, machine: str) -> list[str]:
    """The files that a machine's snapshots were read from, empty texts where they are not known."""
    own = lives.machines == machine
    return [""] * int(own.sum()) if lives.files is None else [str(file) for file in lives.files[own]]


def kurtoses(snapshots: np.ndarray) -> np.ndarray:
    """The kurtosis (3 for Gaussian noise) of each snapshot (n, c, t), the mean of its channels; (n,)."""
    values = []
    for start in range(0, len(snapshots), _BLOCK):
        x = snapshots[start : start + _BLOCK].astype(np.float64)
        centred = x - x.mean(axis=2, keepdims=True)
        variance = np.square(centred).mean(axis=2)
        fourth = np.square(np.square(centred)).mean(axis=2)
        values.append((fourth / np.maximum(np.square(variance), 1e-300)).mean(axis=1))
    return np.concatenate(values)


def window_densities(assessment: Assessment, found: Assessed) -> dict[str, np.ndarray]:
    """Densities (w, g) of the windows that end at snapshots `ends` (w,), on `grid` (g,), in the indicator's unit."""
    k, n = assessment.settings.k, len(found.indicators)
    ends = np.unique(np.linspace(min(k, n) - 1, n - 1, WINDOWS).astype(int))
    windows = [found.indicators[max(0, end + 1 - k) : end + 1] for end in ends]
    grid = _grid(assessment, np.concatenate([*windows, assessment.healthy]))
    scaled = assessment.scaled(grid)
    slope = 1 / grid if assessment.log else np.ones(len(grid))
    densities = [_density(assessment, window).pdf(scaled) * slope for window in windows]
    return {"ends": ends, "grid": grid, "densities": np.array(densities), "log": np.array(_is_wide(grid))}


def _density(assessment: Assessment, window: np.ndarray) -> Density:
    scaled = assessment.scaled(window)
    return Density(scaled[np.isfinite(scaled)], assessment.bandwidth)


def _grid(assessment: Assessment, values: np.ndarray) -> np.ndarray:
    scaled, margin = assessment.scaled(values), 4 * assessment.bandwidth
    finite = scaled[np.isfinite(scaled)]
    at = np.linspace(finite.min() - margin, finite.max() + margin, _GRID)
    return np.exp(at) if assessment.log else at


def _is_wide(grid: np.ndarray) -> bool:
    return bool(grid[0] > 0 and grid[-1] / grid[0] > 6)


def _write_series(path: str, lives: SignalSet, assessed: dict[str, Assessed]) -> None:
    """A line for each snapshot: what a spreadsheet or another program goes on with."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, found in assessed.items():
            healthy, at, files = lives.healthy[lives.machines == name], found.onset, files_of(lives, name)
            for i, (value, degree, state) in enumerate(zip(found.indicators, found.degrees, found.states, strict=True)):
                hours = f"{found.times[i] / 3600:.4f}" if lives.facts.timed else ""
                alarm = int(at is not None and i >= at.alarm)
                numbers = (f"{value:.9g}", f"{degree:.9g}")
                writer.writerow([name, i, hours, int(healthy[i]), *numbers, state, alarm, files[i]])
