"""Register the selected classifier, and make it champion if it passes the gates."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table, row_hashes
from rarefault.drift.reference import FOLDER as REFERENCE
from rarefault.registry.address import model_name
from rarefault.registry.lineage import code_version
from rarefault.registry.store import CHAMPION, Registry, Version
from rarefault.steps.challenge import Comparison, Gate, compare, judge
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.comparison import Objective


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
    cost_ratio: float = 0.0,
    approve: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Register evaluation/selected with its lineage and write name, version, alias and why (JSON) to `registered`.

    Its comparison with the champion, if there is one, stands beside them. `generator` is the JSON that names the
    pipeline's generator version. With approve = False the model stays challenger whatever it reaches: an engineer
    promotes it. The comparison is by F-beta, or by cost with cost_ratio > 0.
    """
    store = Registry(registry)
    data, found = read_json(Path(facts) / "data.json"), read_json(Path(evaluation) / "evaluation.json")
    outcome = next(o for o in found["strategies"] if o["name"] == found["selected"])
    held_out, name = Table.read(test), model_name(data["name"], "classifier")
    model = FaultClassifier.load(Path(evaluation) / "selected")
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
    gate = Gate(min_recall, tolerance, Objective(beta, cost_ratio))
    with store.deciding(name):  # or two runs that end together would both be the first champion
        champion = store.alias(name, CHAMPION)
        passed, why, comparison = _decide(store, champion, version, model, held_out, outcome, gate, seed)
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
            "comparison": None if comparison is None else comparison.to_json(),
        },
    )
    return {"version": float(version.version), "champion": float(passed)}


def _folder(place: Path, evaluation: str, facts: str, data: dict[str, Any], outcome: dict[str, Any]) -> Path:
    """The selected model with the fingerprints of the rows it was trained on, and the reference among them."""
    folder = place / "classifier"
    shutil.copytree(Path(evaluation) / "selected", folder)
    shutil.copytree(Path(evaluation) / REFERENCE, folder / REFERENCE)
    lineage = {"data": data, "strategy": outcome["name"], "code_version": code_version(), "test": outcome["test"]}
    write_json(folder / "lineage.json", lineage)
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
) -> tuple[bool, str, Comparison | None]:
    """Whether the model becomes champion, the sentence that says why, and the comparison if there was one."""
    recall = outcome["test"]["recall"]["value"]
    comparison = None
    if champion is not None and champion.version != version.version:
        with tempfile.TemporaryDirectory(prefix="rarefault-champion-") as place:
            folder = store.fetch(champion, place)
            comparison = compare(folder, champion.version, model, held_out, gate.objective, seed)
    if recall < gate.min_recall:
        said = f"It stays challenger: recall {recall:.2f} on the test rows is below {gate.min_recall:.2f}."
        return False, said, comparison
    if champion is None:
        return True, f"It is the first champion: recall {recall:.2f} reaches {gate.min_recall:.2f}.", None
    if comparison is None:
        return True, "It is the champion already.", None
    return *judge(comparison, gate.tolerance), comparison
