"""Watch the line: drift of the new rows, the champion's figures on those that have labels, and what to do about it."""

import json
import time
from pathlib import Path
from typing import Any

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.batches import Batch
from rarefault.datasets.table import Table
from rarefault.drift.decision import Policy, Window, age
from rarefault.drift.decision import decide as decide_by
from rarefault.drift.detection import FEWEST_ROWS, DriftSettings, detect_newest, unjudged
from rarefault.drift.performance import measure
from rarefault.drift.reference import FOLDER as REFERENCE
from rarefault.errors import InputError
from rarefault.steps.gathering import BATCHES, VERSION
from rarefault.steps.record import read_json, recorded, write_json

DRIFT, PERFORMANCE = "drift.json", "performance.json"


@recorded
def monitor(
    recent: str,
    champion: str,
    findings: str,
    *,
    record: str,
    drift_level: float = 0.01,
    drift_rows: int = 1000,
    max_drop: float = 0.0,
    beta: float = 2.0,
    seed: int = 0,
) -> dict[str, float]:
    """Leave drift.json and performance.json in folder `findings`.

    Drift is that of the newest drift_rows rows in folder `recent`, and of half of them, against the training reference
    of the `champion`; performance is measured on all rows that have a label. Raises InputError for settings that are
    out of range.
    """
    rows, folder = Batch.read(recent), Path(champion)
    drift = _drift(rows, folder, drift_level, drift_rows, seed)
    model, labelled = FaultClassifier.load(folder), rows.table()
    performance = measure(model, labelled, _registered(folder), beta=beta, max_drop=max_drop, seed=seed)
    write_json(Path(findings) / DRIFT, drift)
    write_json(Path(findings) / PERFORMANCE, performance)
    return {"drifted": float(drift["drifted"]), "dropped": float(performance["dropped"])}


def _drift(rows: Batch, folder: Path, level: float, most: int, seed: int) -> dict[str, Any]:
    try:
        settings = DriftSettings(level=level, seed=seed)
    except ValueError as problem:
        raise InputError(f"drift_{problem}") from problem
    if most < FEWEST_ROWS:
        raise InputError(f"drift_rows is {most}; accepted: a whole number of at least {FEWEST_ROWS}")
    if not (folder / REFERENCE).exists():
        number = read_json(folder / VERSION)["version"]
        reason = f"version {number} was registered before versions kept a reference of their training rows"
        return unjudged(reason, level=level, reference_rows=0, recent_rows=min(len(rows), most))
    return detect_newest(Table.read(folder / REFERENCE), rows.X, most, settings)


def _registered(folder: Path) -> dict[str, dict[str, float]]:
    """The champion's test figures; of a version that kept no intervals the values alone."""
    lineage = read_json(folder / "lineage.json")
    if "test" in lineage:
        found: dict[str, dict[str, float]] = lineage["test"]
        return found
    values = json.loads(read_json(folder / VERSION)["metrics"])
    return {name: {"value": value, "low": value, "high": value} for name, value in values.items()}


@recorded
def decide(
    findings: str,
    facts: str,
    champion: str,
    decision: str,
    *,
    record: str,
    force: bool = False,
    retrain_on_drift: bool = True,
    retrain_on_drop: bool = True,
    max_age_days: float = 0.0,
) -> dict[str, float]:
    """Write action, triggers and the sentence that says why (JSON) to file `decision`."""
    gathered, version = read_json(Path(facts) / BATCHES), read_json(Path(champion) / VERSION)
    days = age(version["created"], time.time())
    decided = decide_by(
        Policy(force, retrain_on_drift, retrain_on_drop, max_age_days),
        read_json(Path(findings) / DRIFT),
        read_json(Path(findings) / PERFORMANCE),
        days,
        Window(gathered["window_rows"], gathered["window_faults"]),
        gathered["new_rows"],
    )
    write_json(decision, {**decided, "age_days": round(days, 3)})
    return {"retrain": float(decided["action"] == "retrain")}
