"""Measure a degradation model without failures to learn from: false alarms in health, rivals on the same lives."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import progress
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.wording import counted
from rarefault.degradation import INDICATORS
from rarefault.degradation.comparison import compare
from rarefault.degradation.crossfit import FOLDS
from rarefault.degradation.model import DegradationModel
from rarefault.errors import InputError
from rarefault.metrics.prognostics import false_alarm_rate
from rarefault.steps.degradation_challenge import HELD_OUT, fingerprints
from rarefault.steps.degradation_rivals import failed_values, rival_values
from rarefault.steps.degradation_states import severity_tables, taus
from rarefault.steps.record import read_json, recorded, write_json

Values = dict[str, Any]


@recorded
def evaluate_degradation(
    signals: str,
    model: str,
    life: str,
    evaluation: str,
    *,
    record: str,
    rivals: Sequence[str] = (),
    held_out: float = 0.2,
    seed: int = 0,
) -> dict[str, float]:
    """Write evaluation.json, held_out.npz and the model (folder `selected`) to folder `evaluation`.

    The last `held_out` of each machine's healthy snapshots are kept from a second model with the same settings, and
    from every rival (all indicators where none are named), whose false alarms are counted on them; the model in folder
    `model` has learned from all of them. On the lives, all are compared with one another.
    """
    lives, chosen = SignalSet.read(signals), DegradationModel.load(model)
    name, failed = chosen.indicator.name, {}
    others = [other for other in dict.fromkeys(rivals or sorted(INDICATORS)) if other != name]
    watch = progress.watch("evaluate_degradation", "indicator")
    second, held = second_model(chosen, lives, held_out)
    fitted, learned = {name: second}, replace(lives, healthy=lives.healthy & ~held)
    for done, other in enumerate(others, 1):
        watch(done, len(others) + 1)
        try:
            fitted[other] = DegradationModel.fit(learned, other, {"seed": seed}, chosen.assessment.settings)
        except InputError as problem:
            failed[other] = str(problem)
    watch(len(others) + 1, len(others) + 1)
    values, beyond = false_alarms(fitted[name], lives, held, 1 - chosen.assessment.settings.confidence)
    rows = compare(lives, fitted, held_out=held)
    place = Path(evaluation)
    shutil.copytree(model, place / "selected", dirs_exist_ok=True)
    at = np.flatnonzero(held)
    np.savez(place / HELD_OUT, rows=at, keys=fingerprints(lives.snapshots[at]), beyond=beyond)
    write_json(
        place / "evaluation.json",
        {
            "indicator": {"name": name, "title": chosen.indicator.title, "settings": asdict(chosen.indicator.settings)},
            "threshold": threshold_values(chosen),
            "machines": read_json(Path(life) / "life.json")["machines"],
            "false_alarms": values,
            "rivals": [*map(rival_values, rows), *(failed_values(*entry) for entry in failed.items())],
            "severity": severity_tables(lives, chosen),
            "taus": taus(lives, chosen),
        },
    )
    return {"held_out": len(at), "beyond": values["beyond"], "false_onsets": values["onsets"], "rivals": len(rows) - 1}


def second_model(chosen: DegradationModel, lives: SignalSet, share: float) -> tuple[DegradationModel, np.ndarray]:
    """A model with the settings of `chosen` that has not learned from the snapshots held (n,) bool, and these.

    Where the others are too few to learn from, none are held out, and it is `chosen` itself.
    """
    held = held_out_rows(lives, share, max(chosen.assessment.settings.k, 2 * FOLDS))
    if held.any():
        learned = replace(lives, healthy=lives.healthy & ~held)
        settings = asdict(chosen.indicator.settings)
        with suppress(InputError):  # so few snapshots may give a threshold that keeps no promise
            return DegradationModel.fit(learned, chosen.indicator.name, settings, chosen.assessment.settings), held
    return chosen, np.zeros(len(lives), dtype=bool)


def threshold_values(model: DegradationModel) -> Values:
    """The threshold and its settings as a result tells of them."""
    settings = asdict(model.assessment.settings)
    return {
        "value": model.assessment.threshold,
        "confidence": settings["confidence"],
        "window": settings["k"],
        "slide": settings["s"],
        "settings": {**settings, "run": asdict(model.assessment.run)},
    }


def held_out_rows(lives: SignalSet, share: float, least: int) -> np.ndarray:
    """Which snapshots (n,) bool are held out: the last `share` of each machine's healthy ones.

    Fewer, down to none, where less than `least` snapshots would be left to learn from.
    """
    held = np.zeros(len(lives), dtype=bool)
    spare = int(lives.healthy.sum()) - least
    for machine in lives.names:
        rows = np.flatnonzero(lives.healthy & (lives.machines == machine))
        n = min(int(share * len(rows)), max(spare, 0))
        held[rows[len(rows) - n :]] = True
        spare -= n
    return held


def false_alarms(
    model: DegradationModel, lives: SignalSet, held: np.ndarray, promised: float
) -> tuple[Values, np.ndarray]:
    """What `model`, which has not learned from the `held` snapshots, says of them: values, and which lie beyond V (m,).

    An alarm counts where it is raised in a held-out snapshot, after the healthy ones before it.
    """
    n = int(held.sum())
    beyond = np.empty(0, dtype=bool)
    onsets = 0
    if n:
        beyond = model.indicator.indicate(lives.snapshots[held]) > model.assessment.threshold
        healthy = lives.rows(lives.healthy)
        for name, found in model.assess(healthy).items():
            late = held[lives.healthy][healthy.machines == name]
            onsets += int(found.onset is not None and bool(late[found.onset.alarm]))
    count = int(beyond.sum())
    rate = {key: false_alarm_rate(count, n)[key] for key in ("value", "low", "high")}
    values = {"snapshots": n, "beyond": count, "onsets": onsets, "rate": rate, "promised": promised}
    return {**values, "sentence": _said(values)}, beyond


def _said(values: Mapping[str, Any]) -> str:
    n, rate = values["snapshots"], values["rate"]
    if not n:
        return "There are too few healthy snapshots to hold any out: how often the alarm is false is not known."
    alarms = f"{counted(values['onsets'], 'machine')} raised an alarm" if values["onsets"] else "none raised an alarm"
    return (
        f"Of {n} healthy snapshots that a model of this kind had not learned from, {values['beyond']} lie beyond the "
        f"threshold ({100 * rate['value']:.1f} %, 95 % interval {100 * rate['low']:.1f} to {100 * rate['high']:.1f} %; "
        f"{100 * values['promised']:.2g} % was promised), and {alarms}."
    )
