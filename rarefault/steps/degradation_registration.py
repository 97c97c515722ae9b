"""Register a degradation model; it becomes champion if it passes the gates."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.datasets.wording import counted
from rarefault.degradation.model import DegradationModel
from rarefault.registry.address import model_name
from rarefault.registry.lineage import code_version
from rarefault.registry.signal_answers import told
from rarefault.registry.store import CHAMPION, Registry, Version
from rarefault.steps.degradation_challenge import (
    HELD_OUT,
    TRAINED_ON,
    Challenge,
    challenge,
    fingerprints,
    judge_challenge,
    onsets_of,
    read_held_out,
)
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.steps.signal_ingestion import FACTS

KIND = "vibration"
_EXAMPLES = 3


@recorded
def register_degradation(
    signals: str,
    evaluation: str,
    registered: str,
    *,
    record: str,
    registry: str,
    run_id: str,
    settings: dict[str, Any],
    max_false_alarms: float = 0.02,
    tolerance: float = 0.0,
    max_delay: int = 5,
    approve: bool = True,
) -> dict[str, float]:
    """Register evaluation/selected with its lineage and write name, version, alias and why (JSON) to `registered`.

    It becomes champion if its kind raised no alarm on held-out healthy snapshots, the share of these beyond the
    threshold is not surely above max_false_alarms (the lower end of its 95 % interval), and, on healthy snapshots that
    neither learned from, it has at most `tolerance` more of them than the champion and finds no onset more than
    max_delay snapshots later. With approve = False it waits for an engineer.
    """
    store, lives = Registry(registry), SignalSet.read(signals)
    data, found = read_json(Path(signals) / FACTS), read_json(Path(evaluation) / "evaluation.json")
    model = DegradationModel.load(Path(evaluation) / "selected")
    name, first = model_name(data["name"], "degradation"), slice(0, _EXAMPLES)
    machines, snapshots = lives.machines[first].tolist(), lives.snapshots[first]
    with tempfile.TemporaryDirectory(prefix="rarefault-register-") as place:
        version = store.register(
            name,
            _folder(Path(place), evaluation, data, found, lives),
            run_id=run_id,
            tags=_lineage(data, found, settings),
            metrics=_metrics(found),
            example=pd.DataFrame({"machine": machines, "snapshot": [one.astype(float).tolist() for one in snapshots]}),
            output=told(model, machines, snapshots),
            extras={"evaluation": Path(evaluation) / "evaluation.json"},
        )
    with store.deciding(name):  # or two runs that end together would both be the first champion
        passed, why, compared = _decide(store, version, lives, evaluation, max_false_alarms, tolerance, max_delay)
        if passed and not approve:
            passed, why = False, f"{why} It waits for an engineer's approval."
        if passed:
            store.promote(name, str(version.version))
    store.tag(version, {"decision": why})
    address = {"name": version.name, "version": str(version.version), "uri": version.uri}
    alias = CHAMPION if passed else "challenger"
    comparison = None if compared is None else compared.to_json()
    kept = {**address, "alias": alias, "why": why, "registry": store.shown_address, "comparison": comparison}
    write_json(registered, kept)
    return {"version": float(version.version), "champion": float(passed)}


def _folder(place: Path, evaluation: str, data: dict[str, Any], found: dict[str, Any], lives: SignalSet) -> Path:
    """The model with the fingerprints of the snapshots that it learned from, and what it was made from."""
    folder = place / "degradation"
    shutil.copytree(Path(evaluation) / "selected", folder)
    shutil.copy(Path(evaluation) / HELD_OUT, folder / HELD_OUT)
    np.save(folder / TRAINED_ON, fingerprints(lives.snapshots[lives.healthy]), allow_pickle=False)
    lineage = {"data": data, "code_version": code_version(), "false_alarms": found["false_alarms"]}
    write_json(folder / "lineage.json", lineage)
    return folder


def _metrics(found: dict[str, Any]) -> dict[str, float]:
    own = next(row for row in found["rivals"] if row["name"] == found["indicator"]["name"])
    scores = {key: own[key] for key in ("monotonicity", "trendability", "robustness") if own[key] is not None}
    rate = found["false_alarms"]["rate"]["value"]
    return {**scores, "threshold": found["threshold"]["value"], **({} if rate is None else {"false_alarms": rate})}


def _lineage(data: dict[str, Any], found: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": KIND,
        "data": data["name"],
        "data_fingerprint": data["fingerprint"],
        "strategy": found["indicator"]["name"],
        "healthy_snapshots": str(sum(machine["healthy_snapshots"] for machine in found["machines"])),
        "code_version": code_version(),
        "settings": {**settings, **found["indicator"]["settings"], **found["threshold"]["settings"]},
        "metrics": {key: round(value, 6) for key, value in _metrics(found).items()},
    }


def _decide(
    store: Registry,
    version: Version,
    lives: SignalSet,
    evaluation: str,
    max_false_alarms: float,
    tolerance: float,
    max_delay: int,
) -> tuple[bool, str, Challenge | None]:
    """Whether the model becomes champion, the sentence that says why, and the comparison if there was one."""
    champion, compared = store.alias(version.name, CHAMPION), None
    alarms = read_json(Path(evaluation) / "evaluation.json")["false_alarms"]
    if champion is not None and champion.version != version.version:
        with tempfile.TemporaryDirectory(prefix="rarefault-champion-") as place:
            folder = store.fetch(champion, place)
            compared = challenge(folder, champion.version, lives, read_held_out(evaluation), onsets_of(evaluation))
    refused = gate(alarms, max_false_alarms)
    if refused:
        return False, f"It stays challenger: {refused}.", compared
    if champion is None:
        return True, f"It is the first champion: {_alarms_said(alarms)}.", None
    if compared is None:
        return True, "It is the champion already.", None
    return (*judge_challenge(compared, tolerance, max_delay), compared)


def gate(alarms: dict[str, Any], max_false_alarms: float) -> str:
    """Why a model may not become champion at all, judged by its false alarms; empty where it may."""
    if not alarms["snapshots"]:
        return (
            "there are too few healthy snapshots to hold any out, so its false alarms are not known; promote it by hand"
        )
    if alarms["onsets"]:
        return f"it raised an alarm on {counted(alarms['onsets'], 'machine')} in held-out healthy snapshots"
    if alarms["rate"]["low"] > max_false_alarms:
        return f"{_alarms_said(alarms)}, surely more than {100 * max_false_alarms:g} %"
    return ""


def _alarms_said(alarms: dict[str, Any]) -> str:
    return f"{alarms['beyond']} of {alarms['snapshots']} held-out healthy snapshots lie beyond the threshold"
