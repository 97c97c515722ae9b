"""Strategies compared on inner folds, by what an inspector says of images that nothing was fitted on."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.classifiers.image import Inspector
from rarefault.datasets.images.image_set import ImageSet
from rarefault.metrics.images.classes import class_report, flat_metrics
from rarefault.tuning.comparison import OBJECTIVE, compare_folds, mean_with_interval
from rarefault.tuning.images.jobs import Result, Watch, fingerprint, run_jobs
from rarefault.tuning.images.recipes import Classical, Recipe, Sampler, classically
from rarefault.tuning.images.repeats import seed_of
from rarefault.tuning.images.samplers import Factory, collapsed_classes, sampler_of

MEASURED = "macro_f1"
"""What strategies are compared by."""


@dataclass(frozen=True)
class InnerBench:
    """What all folds share: the training images, pairs of positions (to fit on, to judge on), and who fits what."""

    train: ImageSet
    folds: Sequence[tuple[np.ndarray, np.ndarray]]
    factories: Mapping[str, Factory]
    inspector: Mapping[str, Any]
    classical: Classical = classically

    def __post_init__(self) -> None:
        for number, (fit_rows, held_out) in enumerate(self.folds):
            shared = np.intersect1d(fit_rows, held_out)
            groups = self.train.groups
            if groups is not None and not len(shared):
                shared = np.intersect1d(groups[fit_rows].astype(str), groups[held_out].astype(str))
            if len(shared):
                raise ValueError(f"fold {number} has {shared[:5].tolist()} on both sides; expected whole groups apart")


@dataclass(frozen=True)
class _FoldJob:
    fold: int
    sampler: str
    recipes: tuple[Recipe, ...]
    seed: int


def compare_inner(
    bench: InnerBench,
    recipes: Sequence[Recipe],
    folder: str | Path,
    folds_per_repeat: int,
    seed: int = 0,
    processes: int = 2,
    progress: Watch | None = None,
) -> list[dict[str, Any]]:
    """What each strategy reached on the folds, in plain values.

    Each: name, title, generator (or None), inner (an estimate for every metric of `flat_metrics`, and "objective", the
    macro F1), inner_difference (None for the yardstick, see `yardstick`; else estimate with p_better), folds_tried,
    seconds, collapsed ({class: folds in which its generator collapsed}) and failed (why, or empty). One generator a
    fold is shared by its strategies. `folder` keeps what is done: a run that was cut off goes on.
    """
    names = [recipe.name for recipe in recipes]
    if len(set(names)) != len(names):
        raise ValueError(f"recipes need different names, got {names}")
    jobs = {
        f"fold-{fold}-{sampler or 'real'}": _FoldJob(fold, sampler, _users(recipes, sampler), seed_of(seed, fold))
        for fold in range(len(bench.folds))
        for sampler in dict.fromkeys(recipe.sampler for recipe in recipes)
    }
    found = run_jobs(_judge_fold, bench, jobs, folder, _identity(bench), processes, progress)
    outcomes = []
    for recipe in recipes:
        of_folds = [found[f"fold-{fold}-{recipe.sampler or 'real'}"] for fold in range(len(bench.folds))]
        outcomes.append(_outcome(recipe, of_folds, seed))
    _add_differences(outcomes, folds_per_repeat, seed)
    return outcomes


def yardstick(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """The strategy without generated images that is best on the mean over the folds: what the others must beat."""
    plain = [outcome for outcome in outcomes if not outcome["generator"]]
    if not plain:
        raise ValueError("a comparison needs a strategy without generated images")
    return str(max(plain, key=lambda outcome: outcome["inner"][OBJECTIVE]["value"])["name"])


def fold_objective(bench: InnerBench, recipe: Recipe, fold: int, seed: int) -> float:
    """The macro F1 of one recipe on one fold; raises ValueError when its generator cannot be fitted there."""
    result = _judge_fold(bench, _FoldJob(fold, recipe.sampler, (recipe,), seed_of(seed, fold)))
    if result["failed"]:
        raise ValueError(result["failed"])
    return float(result["scores"][recipe.name]["metrics"][MEASURED])


def _users(recipes: Sequence[Recipe], sampler: str) -> tuple[Recipe, ...]:
    return tuple(recipe for recipe in recipes if recipe.sampler == sampler)


def _judge_fold(bench: InnerBench, job: _FoldJob) -> Result:
    """Fit the generator on the fold's training part, then an inspector for each recipe that uses it."""
    fit_rows, held_out = bench.folds[job.fold]
    part, judged = bench.train.rows(fit_rows), bench.train.rows(held_out)
    began = time.perf_counter()
    samplers, collapsed = {}, []
    if job.sampler:
        try:
            generator = bench.factories[job.sampler](part, job.seed)
        except ValueError as problem:  # too few images, or it diverges: the others are compared without it
            return {"failed": str(problem), "seconds": time.perf_counter() - began}
        samplers = {job.sampler: sampler_of(generator)}
        collapsed = collapsed_classes(generator.health_)
    fitting = time.perf_counter() - began
    scores = {recipe.name: _score(bench, recipe, part, judged, samplers, job.seed) for recipe in job.recipes}
    return {"failed": "", "seconds": fitting, "collapsed": collapsed, "scores": scores}


def _score(
    bench: InnerBench, recipe: Recipe, part: ImageSet, judged: ImageSet, samplers: Mapping[str, Sampler], seed: int
) -> Result:
    began = time.perf_counter()
    train = recipe.build(part, samplers, seed, bench.classical)
    classes = train.facts.classes
    inspector = Inspector.from_params({**bench.inspector, "seed": seed}).fit(train.images, train.codes, classes)
    report = class_report(judged.codes, inspector.probabilities(judged.images), classes, train.facts.background)
    return {"metrics": flat_metrics(report), "seconds": time.perf_counter() - began}


def _outcome(recipe: Recipe, of_folds: Sequence[Result], seed: int) -> dict[str, Any]:
    failed = next((result["failed"] for result in of_folds if result["failed"]), "")
    scores = [] if failed else [result["scores"][recipe.name] for result in of_folds]
    rows = [{**score["metrics"], OBJECTIVE: score["metrics"][MEASURED]} for score in scores]
    lost = [label for result in of_folds for label in result.get("collapsed", ())]
    return {
        "name": recipe.name,
        "title": recipe.title,
        "generator": recipe.sampler or None,
        "inner": {key: mean_with_interval([row[key] for row in rows], seed) for key in rows[0]} if rows else None,
        "inner_difference": None,
        "folds": [row[OBJECTIVE] for row in rows],
        "folds_tried": len(rows),
        "seconds": round(sum(r["seconds"] for r in of_folds) + sum(score["seconds"] for score in scores), 3),
        "collapsed": {label: lost.count(label) for label in sorted(set(lost))},
        "failed": failed,
    }


def _add_differences(outcomes: Sequence[dict[str, Any]], folds_per_repeat: int, seed: int) -> None:
    best = yardstick(outcomes)
    theirs = next(outcome["folds"] for outcome in outcomes if outcome["name"] == best)
    for outcome in outcomes:
        if outcome["name"] != best and not outcome["failed"]:
            outcome["inner_difference"] = compare_folds(outcome["folds"], theirs, folds_per_repeat, seed)


def _identity(bench: InnerBench) -> str:
    folds = [[part.tolist() for part in fold] for fold in bench.folds]
    factories = [[name, _told(factory)] for name, factory in bench.factories.items()]
    return json.dumps(
        [fingerprint(bench.train), folds, dict(bench.inspector), factories, _told(bench.classical)], sort_keys=True
    )


def _told(part: Factory | Classical) -> str:
    """A dataclass tells its settings; a function has its name alone."""
    return repr(part) if is_dataclass(part) else getattr(part, "__qualname__", type(part).__qualname__)
