"""Degradation models side by side on the same lives: one row of measures for each."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rarefault.datasets.signals.signal_set import STATES, SignalSet
from rarefault.degradation.assessment import HEALTHY, Assessed, Assessment
from rarefault.degradation.level import level_twice, quiet
from rarefault.degradation.model import DegradationModel
from rarefault.metrics.prognostics import (
    false_alarm_rate,
    monotonicity,
    robustness,
    severity,
    share,
    smoothed,
    trendability,
)

Row = dict[str, Any]


def compare(
    signals: SignalSet, models: Mapping[str, DegradationModel], held_out: np.ndarray | None = None
) -> list[Row]:
    """One row for each model by name, of plain values, None where the truth or the time is not known.

    held_out: (n,) bool, healthy snapshots that no model learned from; by default those of `unused_healthy`. A row has:

    - name, title, threshold (V, in the indicator's unit);
    - monotonicity and robustness (means of the machines'), trendability (between machines; of one machine with time),
      product (monotonicity x trendability); the same four of `smoothed` values, the mean of the model's `window` of
      snapshots; and of values smoothed on the scale that the assessment compares them on (`scaled`: mostly logarithms,
      so that a power and an amplitude count alike). Snapshots learned from count with their out-of-sample indicators;
    - false_alarms: held-out healthy snapshots beyond V (count, of, value, low, high) and the rate `promised`;
      false_onsets: machines with an alarm no later than their last held-out healthy snapshot, of those that have one;
    - severity: `rarefault.metrics.prognostics.severity` of the snapshots that were not learned from, or None;
    - machines: for each its snapshots, the measures above, onset and alarm (indices), their times in seconds, the true
      onset, onset_error (onset - truth), false_onset, and level_twice, where its RMS first passes twice the healthy.
    """
    held = unused_healthy(signals) if held_out is None else np.asarray(held_out, dtype=bool)
    if held.shape != (len(signals),):
        raise ValueError(f"held_out must be ({len(signals)},) booleans, got shape {held.shape}")
    twice = {name: level_twice(signals.of(name)) for name in signals.names}
    return [_row(name, model, signals, held, twice) for name, model in models.items()]


def unused_healthy(signals: SignalSet) -> np.ndarray:
    """Which snapshots (n,) bool are healthy without being declared so, by a rule that no indicator has a say in.

    Those before the machine's true onset, where that is known; else those whose true state is healthy; else, right
    after the declared ones, the first half of the time that the vibration's levels stay `quiet`.
    """
    healthy = np.zeros(len(signals), dtype=bool)
    for name in signals.names:
        rows = np.flatnonzero(signals.machines == name)
        if name in signals.onsets:
            healthy[rows[: signals.onsets[name]]] = True
        elif signals.states is not None and (signals.states[rows] != "").any():
            healthy[rows] = signals.states[rows] == HEALTHY
        else:
            healthy[rows] = quiet(signals.of(name))
    return np.asarray(healthy & ~signals.healthy)


def _row(
    name: str, model: DegradationModel, signals: SignalSet, held: np.ndarray, twice: Mapping[str, int | None]
) -> Row:
    lives, k = model.assess(signals), model.assessment.settings.k
    machines = {machine: _machine(signals, machine, life, held, twice) for machine, life in lives.items()}
    indicators, told = np.empty(len(signals)), np.empty(len(signals), dtype=object)
    for machine, life in lives.items():
        own = signals.machines == machine
        indicators[own], told[own] = life.indicators, life.states
    beyond = int((indicators[held] > model.assessment.threshold).sum())
    judged = [values["false_onset"] for values in machines.values() if values["false_onset"] is not None]
    fair = _out_of_sample(model.assessment, indicators, signals.healthy & ~held)
    owns = {machine: signals.machines == machine for machine in lives}
    for machine, own in owns.items():
        machines[machine] |= _measures(model.assessment, [fair[own]], [signals.times[own]])
    return {
        "name": name,
        "title": model.indicator.title,
        "threshold": model.assessment.threshold,
        **_measures(
            model.assessment, [fair[own] for own in owns.values()], [signals.times[own] for own in owns.values()]
        ),
        "window": k,
        "false_alarms": {
            **false_alarm_rate(beyond, int(held.sum())),
            "promised": 1 - model.assessment.settings.confidence,
        },
        "false_onsets": share(sum(judged), len(judged)),
        "severity": _severity(signals, told),
        "machines": machines,
    }


def _out_of_sample(assessment: Assessment, indicators: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """The indicators (n,), those of the snapshots learned from as they were before these were learned.

    An indicator that knows them by heart would seem to grow as soon as it meets others.
    """
    if int(learned.sum()) != len(assessment.healthy):
        return indicators  # the model has learned from other snapshots than these
    fair = indicators.copy()
    fair[learned] = assessment.healthy
    return fair


def _measures(assessment: Assessment, lives: list[np.ndarray], times: list[np.ndarray]) -> Row:
    """The measures of lives (n_i,): of single snapshots, smoothed, and smoothed on the assessment's scale."""
    even = [smoothed(life, assessment.settings.k) for life in lives]
    scaled = [smoothed(_finite(assessment.scaled(life)), assessment.settings.k) for life in lives]
    return {**_of(lives, times, lives), "smoothed": _of(even, times, even), "scaled": _of(scaled, times, even)}


def _of(lives: list[np.ndarray], times: list[np.ndarray], unscaled: list[np.ndarray]) -> Row:
    if min(map(len, lives)) < 2:
        return dict.fromkeys(("monotonicity", "trendability", "robustness", "product"))
    steady, alike = float(np.mean([monotonicity(life) for life in lives])), trendability(lives, times)
    return {
        "monotonicity": steady,
        "trendability": alike,
        # It divides by the values, which a logarithm may bring to 0.
        "robustness": float(np.mean([robustness(life) for life in unscaled])),
        "product": steady * alike,
    }


def _finite(values: np.ndarray) -> np.ndarray:
    """Values (n,) with the logarithm of 0 as low as the lowest of the others."""
    known = np.isfinite(values)
    return np.where(known, values, values[known].min(initial=0.0))


def _machine(
    signals: SignalSet, machine: str, life: Assessed, held: np.ndarray, twice: Mapping[str, int | None]
) -> Row:
    own = signals.machines == machine
    mine, truth = np.flatnonzero(held[own]), signals.onsets.get(machine)
    first, alarm = (None, None) if life.onset is None else (life.onset.first, life.onset.alarm)

    def time(index: int | None) -> float | None:
        return None if index is None or not signals.facts.timed else float(signals.times[own][index])

    return {
        "snapshots": int(own.sum()),
        "held_out": len(mine),
        "onset": first,
        "alarm": alarm,
        "onset_time": time(first),
        "alarm_time": time(alarm),
        "true_onset": truth,
        "onset_error": None if truth is None or first is None else first - truth,
        "false_onset": (alarm is not None and alarm <= int(mine[-1])) if len(mine) else None,
        "level_twice": twice[machine],
    }


def _severity(signals: SignalSet, told: np.ndarray) -> Row | None:
    if signals.states is None:
        return None
    judged = ~signals.healthy & np.isin(signals.states.astype(str), STATES)
    return severity(signals.states[judged].tolist(), told[judged].tolist(), STATES) if judged.any() else None
