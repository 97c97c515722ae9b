"""Register the selected classifier, and make it champion if it passes the gates."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table, row_hashes
from rarefault.metrics.detection import f_beta, paired_difference
from rarefault.registry.address import model_name
from rarefault.registry.lineage import code_version
from rarefault.registry.store import CHAMPION, Registry, Version
from rarefault.steps.record import read_json, recorded, write_json

_FEWEST_FAULTS = 10


@dataclass(frozen=True)
class Gate:
    """min_recall: recall the model must reach on the test rows; tolerance: how much F-beta it may lose at most."""

    min_recall: float = 0.5
    tolerance: float = 0.0
    beta: float = 2.0


@recorded
def register(
    test: str,
    facts: str,
    evaluation: str,
    generator: str,
    registered: str,
    *,
    record: str,
    registry: str,
    run_id: str,
    settings: dict[str, Any],
    min_recall: float = 0.5,
    tolerance: float = 0.0,
    beta: float = 2.0,
    approve: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Register evaluation/selected with its lineage and write name, version, alias and why (JSON) to `registered`.

    `generator` is the JSON that names the pipeline's generator version. With approve = False the model stays
    challenger whatever it reaches: an engineer promotes it.
    """
    store = Registry(registry)
    data, found = read_json(Path(facts) / "data.json"), read_json(Path(evaluation) / "evaluation.json")
    outcome = next(o for o in found["strategies"] if o["name"] == found["selected"])
    held_out, name = Table.read(test), model_name(data["name"], "classifier")
    model = FaultClassifier.load(Path(evaluation) / "selected")
    champion = store.alias(name, CHAMPION)
    with tempfile.TemporaryDirectory(prefix="rarefault-register-") as place:
        version = store.register(
            name,
            _folder(Path(place), evaluation, facts, data, outcome),
            run_id=run_id,
            tags=_lineage(data, outcome, read_json(generator), settings, evaluation),
            metrics={f"test_{k}": v["value"] for k, v in outcome["test"].items()},
            example=_example(held_out, model),
            output=model.answer(held_out.X.head(3)),
            extras={"evaluation": Path(evaluation) / "evaluation.json", **_synthetic(evaluation)},
        )
    gate = Gate(min_recall, tolerance, beta)
    passed, why = _decide(store, champion, version, model, held_out, outcome, gate, seed)
    if passed and not approve:
        passed, why = False, f"{why} It waits for an engineer's approval."
    if passed:
        store.promote(name, str(version.version))
    store.tag(version, {"decision": why})
    alias = CHAMPION if passed else "challenger"
    write_json(
        registered,
        {
            "name": name,
            "uri": version.uri,
            "version": str(version.version),
            "alias": alias,
            "why": why,
            "registry": store.shown_address,
        },
    )
    return {"version": float(version.version), "champion": float(passed)}


def _folder(place: Path, evaluation: str, facts: str, data: dict[str, Any], outcome: dict[str, Any]) -> Path:
    """The selected model with the fingerprints of the rows it was trained on."""
    folder = place / "classifier"
    shutil.copytree(Path(evaluation) / "selected", folder)
    shutil.copy(Path(facts) / "training.npy", folder / "trained_on.npy")
    write_json(folder / "lineage.json", {"data": data, "strategy": outcome["name"], "code_version": code_version()})
    return folder


def _synthetic(evaluation: str) -> dict[str, Path]:
    folder = Path(evaluation) / "synthetic"
    return {"synthetic": folder} if folder.exists() else {}


def _lineage(
    data: dict[str, Any], outcome: dict[str, Any], generator: dict[str, Any], settings: dict[str, Any], evaluation: str
) -> dict[str, Any]:
    rows = Path(evaluation) / "synthetic" / "rows.parquet"
    return {
        "kind": "classifier",
        "data": data["name"],
        "data_fingerprint": data["fingerprint"],
        "strategy": outcome["name"],
        "generator": f"{generator.get('name', '')}/{generator.get('version', '')}" if generator.get("version") else "",
        "synthetic_rows": str(outcome["synthetic_rows"]),
        "synthetic_fingerprint": _fingerprint(rows) if rows.exists() else "",
        "code_version": code_version(),
        "settings": settings,
        "metrics": {k: round(v["value"], 6) for k, v in outcome["test"].items()},
    }


def _fingerprint(path: Path) -> str:
    import hashlib

    return hashlib.sha256(row_hashes(pd.read_parquet(path)).tobytes()).hexdigest()[:16]


def _example(held_out: Table, model: FaultClassifier) -> pd.DataFrame:
    rows = held_out.X[model.schema.names].head(3)
    return rows.astype({c.name: object for c in model.schema.columns if c.kind == "categorical"})


def _decide(
    store: Registry,
    champion: Version | None,
    version: Version,
    model: FaultClassifier,
    held_out: Table,
    outcome: dict[str, Any],
    gate: Gate,
    seed: int,
) -> tuple[bool, str]:
    """Whether the model becomes champion, and the sentence that says why."""
    recall = outcome["test"]["recall"]["value"]
    if recall < gate.min_recall:
        return False, f"It stays challenger: recall {recall:.2f} on the test rows is below {gate.min_recall:.2f}."
    if champion is None:
        return True, f"It is the first champion: recall {recall:.2f} reaches {gate.min_recall:.2f}."
    if champion.version == version.version:
        return True, "It is the champion already."
    with tempfile.TemporaryDirectory(prefix="rarefault-champion-") as place:
        return compare_with_champion(store.fetch(champion, place), champion.version, model, held_out, gate, seed)


def compare_with_champion(
    folder: Path, number: int, model: FaultClassifier, held_out: Table, gate: Gate, seed: int
) -> tuple[bool, str]:
    """Compare with the champion in `folder` on the test rows that the champion was not trained on."""
    rival = FaultClassifier.load(folder)
    if not set(rival.schema.names) <= set(held_out.X.columns):
        return False, f"It stays challenger: the champion, version {number}, needs other columns than these data have."
    seen = np.isin(row_hashes(held_out.X), np.load(folder / "trained_on.npy", allow_pickle=False))
    fair = held_out.rows(np.flatnonzero(~seen))
    if fair.faults < _FEWEST_FAULTS:
        return False, (
            f"It stays challenger: the champion, version {number}, was trained on {int(seen.sum())} of these test "
            f"rows and only {fair.faults} faults are left to compare on fairly; promote it by hand if it is to replace "
            "that one."
        )
    found = paired_difference(
        fair.y,
        model.scores(fair.X),
        model.threshold,
        rival.scores(fair.X),
        rival.threshold,
        f_beta(gate.beta),
        seed=seed,
    )
    said = (
        f"F{gate.beta:g} differs by {found['value']:+.3f} (95 % interval {found['low']:+.3f} to {found['high']:+.3f}) "
        f"from the champion, version {number}, on {len(fair)} test rows that neither has seen"
    )
    if found["value"] >= -gate.tolerance:
        return True, f"It becomes champion: {said}."
    return False, f"It stays challenger: {said}, more than the tolerance of {gate.tolerance:g} below."
