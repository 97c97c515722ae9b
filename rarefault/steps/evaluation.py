"""Measure every trained strategy on the untouched test rows: the first step that may read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rarefault import progress
from rarefault.classifiers.columns import Completer
from rarefault.classifiers.explain import explain
from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table, row_hashes
from rarefault.drift.reference import FOLDER as REFERENCE
from rarefault.drift.reference import compact
from rarefault.metrics.detection import bootstrap_intervals, cost, f_beta, paired_difference
from rarefault.metrics.similarity import project_pca, with_reference
from rarefault.report.curves import detection_curves, roc_points
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.comparison import Objective
from rarefault.tuning.helped import best_synthetic, helped
from rarefault.tuning.selection import select
from rarefault.tuning.strategies import BASELINE, STRATEGIES

_COUNTS = ("tn", "fp", "fn", "tp")
_FEW_FAULTS = 5


@recorded
def evaluate(
    test: str,
    features: str,
    trained: Sequence[str],
    evaluation: str,
    *,
    record: str,
    beta: float = 2.0,
    cost_ratio: float = 0.0,
    min_probability: float = 0.95,
    seed: int = 0,
) -> dict[str, float]:
    """Select by inner-fold evidence, then test: leave evaluation.json, details.json and selected/ in `evaluation`.

    `trained` are the folders that train_classifier left, the tuned baseline's among them. selected/ is the model
    that earned its place; beside it lie reference/, the real rows that drift is measured against later, and synthetic/
    when rows were added to train it.
    """
    real = Table.read(features)
    held_out = Table.read(test).select(real.schema.names)
    objective = Objective(beta, cost_ratio)
    outcomes = [{**o, "folder": folder} for folder in trained for o in read_json(Path(folder) / "outcomes.json")]
    outcomes.sort(key=lambda o: list(STRATEGIES).index(o["name"]))
    choice = select(outcomes, objective.title, min_probability)
    scores = {folder: FaultClassifier.load(Path(folder) / "model").scores(held_out.X) for folder in trained}
    watch = progress.watch("evaluate", "model")
    for number, outcome in enumerate(outcomes):
        outcome.update(_tested(held_out.y, scores[outcome["folder"]], outcome, beta, seed))
        outcome["status"], outcome["reason"] = choice.fates[outcome["name"]]
        watch(number + 1, len(outcomes))
    by_name = {o["name"]: o for o in outcomes}
    candidate = best_synthetic(outcomes, choice.selected)
    verdict = helped(
        choice.selected,
        candidate,
        _difference(by_name, candidate, scores, held_out.y, objective, seed),
        objective.title,
    )
    selected = by_name[choice.selected]
    model = FaultClassifier.load(Path(selected["folder"]) / "model")
    synthetic = _synthetic_rows(outcomes)
    write_json(
        Path(evaluation) / "evaluation.json",
        {
            "strategies": [{k: v for k, v in o.items() if k != "folder"} for o in outcomes],
            "objective": objective.title,
            "selected": choice.selected,
            "selected_because": choice.because,
            "helped": verdict,
            "similarity": _similarities(synthetic, real, held_out, seed),
            "explanation": explain(model, real, held_out, seed),
        },
    )
    write_json(
        Path(evaluation) / "details.json",
        {
            "curves": {
                o["name"]: detection_curves(held_out.y, scores[o["folder"]], o["threshold"], beta) for o in outcomes
            },
            "pca": _projections(synthetic, real, seed),
            "roc": roc_points(held_out.y, scores[selected["folder"]], selected["threshold"]),
        },
    )
    _keep_selected(selected, Path(evaluation), model, real)
    compact(real).write(Path(evaluation) / REFERENCE)
    return {name: selected["test"][name]["value"] for name in selected["test"]}


def _tested(y: np.ndarray, scores: np.ndarray, outcome: dict[str, Any], beta: float, seed: int) -> dict[str, Any]:
    at = {key: bootstrap_intervals(y, scores, t, seed=seed, beta=beta) for key, t in _thresholds(outcome).items()}
    return {
        "test": {k: v for k, v in at["test"].items() if k not in _COUNTS},
        "test_at_half": {k: v for k, v in at["test_at_half"].items() if k not in _COUNTS},
        "confusion": {k: int(at["test"][k]["value"]) for k in _COUNTS},
    }


def _thresholds(outcome: dict[str, Any]) -> dict[str, float]:
    return {"test": outcome["threshold"], "test_at_half": 0.5}


def _difference(
    by_name: dict[str, Any],
    name: str | None,
    scores: dict[str, np.ndarray],
    y: np.ndarray,
    objective: Objective,
    seed: int,
) -> dict[str, float] | None:
    if name is None:
        return None
    ours, base = by_name[name], by_name[BASELINE]
    metric = cost(objective.cost_ratio) if objective.cost_ratio else f_beta(objective.beta)
    found = paired_difference(
        y, scores[ours["folder"]], ours["threshold"], scores[base["folder"]], base["threshold"], metric, seed=seed
    )
    if metric.direction == "lower":  # told as a saving, so that more is better everywhere
        found.update(value=-found["value"], low=-found["high"], high=-found["low"])
    return found


def _synthetic_rows(outcomes: Sequence[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    rows = {}
    for outcome in outcomes:
        path = Path(outcome["folder"]) / "synthetic" / "rows.parquet"
        if STRATEGIES[outcome["name"]].synthetic and path.exists():
            frame = pd.read_parquet(path)
            if len(frame):
                rows[outcome["name"]] = frame
    return rows


def _similarities(synthetic: dict[str, pd.DataFrame], real: Table, held_out: Table, seed: int) -> list[dict[str, Any]]:
    """Synthetic against real faults; nothing is said where the test part holds fewer than 5 of them."""
    if held_out.faults < _FEW_FAULTS:
        return []
    completer = Completer().fit(real.X)
    train = completer.transform(real.X[real.y == 1])
    unseen = completer.transform(held_out.X[held_out.y == 1])
    return [
        {"generator": name, "label": "fault", "metrics": with_reference(completer.transform(rows), train, unseen, seed)}
        for name, rows in synthetic.items()
    ]


def _projections(synthetic: dict[str, pd.DataFrame], real: Table, seed: int) -> dict[str, Any]:
    completer = Completer().fit(real.X)
    rows = completer.transform(real.X)
    panels = {name: project_pca(rows, real.y, completer.transform(s), seed) for name, s in synthetic.items()}
    if not panels:
        return {}
    first = next(iter(panels.values()))
    points, label = np.array(first["real"]), np.array(first["label"])
    return {
        "good": points[label == 0].tolist(),
        "fault": points[label == 1].tolist(),
        "explained": first["explained"],
        "synthetic": {name: panel["synthetic"] for name, panel in panels.items()},
    }


def _keep_selected(selected: dict[str, Any], evaluation: Path, model: FaultClassifier, real: Table) -> None:
    """Keep the model with the fingerprints of its training rows, made of the columns that it knows."""
    import shutil

    model.threshold = selected["threshold"]
    model.save(evaluation / "selected")
    np.save(evaluation / "selected" / "trained_on.npy", row_hashes(real.X), allow_pickle=False)
    rows = Path(selected["folder"]) / "synthetic"
    if STRATEGIES[selected["name"]].synthetic and rows.exists():
        shutil.copytree(rows, evaluation / "synthetic", dirs_exist_ok=True)
