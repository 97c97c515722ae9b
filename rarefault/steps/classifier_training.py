"""Train the classifier under one strategy: its inner-fold evidence, its threshold, and the final model."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from rarefault import progress
from rarefault.datasets.table import Table
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.comparison import OBJECTIVE, InnerScores, Objective, final_threshold, futile, inner_scores
from rarefault.tuning.evidence import evidence
from rarefault.tuning.strategies import BASELINE, STRATEGIES, UNTOUCHED, Strategy
from rarefault.tuning.training import Augmentation, TrainingSettings, train


@recorded
def train_classifier(
    features: str,
    trained: str,
    *,
    record: str,
    strategy: str,
    baseline: str = "",
    kept: str = "",
    generator: str = "",
    classifier: str = "logistic-regression",
    classifier_params: Mapping[str, Any] | None = None,
    strategy_params: Mapping[str, Any] | None = None,
    beta: float = 2.0,
    cost_ratio: float = 0.0,
    folds: int = 5,
    repeats: int = 2,
    gate_lift: float = 1.5,
    gate_recall: float = 0.5,
    seed: int = 0,
) -> dict[str, float]:
    """Train on the rows in `features` and leave in folder `trained`: model/, outcomes.json, inner.npz, synthetic/.

    `baseline` is the trained folder of the tuned baseline, to compare with on the same folds; `kept` and
    `generator` are the filtered rows and the folder of the pipeline's own generator: its rows train the final model
    of the strategy that uses it, and its settings, never its weights, are used inside the inner folds. strategy_params
    are settings by generator name, such as {"ctgan": {"epochs": 300}}.
    """
    began = time.perf_counter()
    table, chosen = Table.read(features), STRATEGIES[strategy]
    objective = Objective(beta, cost_ratio)
    settings = TrainingSettings(
        classifier,
        classifier_params or {},
        {**_generator_params(generator), **_named_params(chosen, strategy_params or {})},
        gate_lift=gate_lift,
        gate_recall=gate_recall,
        seed=seed,
    )
    yardstick = InnerScores.load(Path(baseline) / "inner.npz") if baseline else None

    def hopeless(so_far: InnerScores) -> bool:
        return yardstick is not None and futile(table.y, so_far, yardstick, objective, seed, chosen.costly)

    watch = progress.watch(f"train_classifier {strategy}", "fold")
    inner = inner_scores(chosen, table, settings, folds, repeats, watch, hopeless)
    extra = _rows_made_before(kept) if chosen.filter and kept else None
    model, used = train(chosen, table, settings, seed, extra)
    model.threshold = final_threshold(table.y, inner, objective)
    model.save(Path(trained) / "model")
    inner.save(Path(trained) / "inner.npz")
    if used is not None:
        (Path(trained) / "synthetic").mkdir(parents=True, exist_ok=True)
        used.rows.to_parquet(Path(trained) / "synthetic" / "rows.parquet", index=False)
    names = [UNTOUCHED, BASELINE] if strategy == BASELINE else [strategy]
    outcomes = [
        _outcome(name, evidence(name, table.y, inner, yardstick, objective, seed), model.threshold, used)
        for name in names
    ]
    for outcome in outcomes:
        outcome.update(seconds=round(time.perf_counter() - began, 3), settings=_used(settings, chosen))
    write_json(Path(trained) / "outcomes.json", outcomes)
    return {"inner_objective": outcomes[-1]["inner"][OBJECTIVE]["value"], "threshold": model.threshold}


def _rows_made_before(kept: str) -> Augmentation:
    return Augmentation(pd.read_parquet(Path(kept) / "rows.parquet"), read_json(Path(kept) / "quality.json"))


def _named_params(strategy: Strategy, params: Mapping[str, Any]) -> dict[str, Any]:
    """The user's settings for this strategy's generator, which go before the strategy's own."""
    given = params.get(strategy.generator)
    return {strategy.generator: {**strategy.params, **given}} if given else {}


def _generator_params(folder: str) -> dict[str, Any]:
    if not folder:
        return {}
    model = read_json(Path(folder) / "model.json")
    return {model["name"]: {k: v for k, v in model["settings"].items() if k != "seed"}}


def _used(settings: TrainingSettings, strategy: Strategy) -> dict[str, Any]:
    generator = {**strategy.params, **settings.generator_params.get(strategy.generator, {})}
    return {"generator": generator, "classifier": {**settings.classifier_params, **strategy.classifier_params}}


def _outcome(name: str, found: dict[str, Any], threshold: float, used: Augmentation | None) -> dict[str, Any]:
    strategy = STRATEGIES[name]
    return {
        **found,
        "title": strategy.title,
        "generator": strategy.generator or None,
        "threshold": threshold if strategy.threshold == "tuned" else 0.5,
        "filter": None if used is None else used.quality,
        "synthetic_rows": 0 if used is None else len(used.rows),
    }
