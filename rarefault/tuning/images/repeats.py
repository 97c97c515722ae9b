"""An inspector trained on every recipe, several times over, and judged on the same test images."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.classifiers.image import Inspector
from rarefault.datasets.images.image_set import ImageSet
from rarefault.metrics.images.classes import class_report
from rarefault.tuning.images.jobs import Result, Watch, fingerprint, run_jobs
from rarefault.tuning.images.recipes import Classical, Recipe, Sampler, classically


@dataclass(frozen=True)
class Bench:
    """What all trials share.

    samplers were fitted on `train` alone; inspectors: {name: settings of an Inspector}, the name being that of the
    network unless the settings say otherwise; identity: text that changes when a sampler or `classical` does.
    """

    train: ImageSet
    test: ImageSet
    samplers: Mapping[str, Sampler] = field(default_factory=dict)
    inspectors: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"table5-cnn": {}})
    classical: Classical = classically
    identity: str = ""


@dataclass(frozen=True)
class Trial:
    """One training: the settings of an inspector, a recipe and a seed."""

    params: Mapping[str, Any]
    recipe: Recipe
    seed: int


def run_repeats(
    bench: Bench,
    recipes: Sequence[Recipe],
    folder: str | Path,
    repeats: int = 10,
    seed: int = 0,
    processes: int = 2,
    progress: Watch | None = None,
) -> dict[str, dict[str, list[Result]]]:
    """Results by inspector and recipe, one a repeat; all recipes share the seeds of their repeats.

    Each result: seconds, counts (images trained on, by class), report (`class_report` on the test images), said (n,)
    the code told for each test image and sure (n,) its probability. `folder` keeps them: a run that was cut off goes
    on. The numbers do not depend on `processes`.
    """
    names = [recipe.name for recipe in recipes]
    if len(set(names)) != len(names) or repeats < 1:
        raise ValueError(f"recipes need different names and repeats must be >= 1, got {names} and {repeats}")
    trials = {
        f"{inspector}-{recipe.name}-{repeat}": Trial({"network": inspector, **params}, recipe, seed_of(seed, repeat))
        for repeat in range(repeats)  # outermost: what is there after a while can be compared
        for inspector, params in bench.inspectors.items()
        for recipe in recipes
    }
    found = run_jobs(run_trial, bench, trials, folder, _identity(bench), processes, progress)
    return {
        inspector: {name: [found[f"{inspector}-{name}-{r}"] for r in range(repeats)] for name in names}
        for inspector in bench.inspectors
    }


def run_trial(bench: Bench, trial: Trial) -> Result:
    """Build the training set, train, and judge on the test images."""
    began = time.perf_counter()
    train = trial.recipe.build(bench.train, bench.samplers, trial.seed, bench.classical)
    classes, inspector = train.facts.classes, Inspector.from_params({**trial.params, "seed": trial.seed})
    p = inspector.fit(train.images, train.codes, classes).probabilities(bench.test.images)
    return {
        "seconds": round(time.perf_counter() - began, 3),
        "counts": train.counts,
        "report": class_report(bench.test.codes, p, classes, train.facts.background),
        "said": p.argmax(axis=1).tolist(),
        "sure": np.round(p.max(axis=1), 4).astype(float).tolist(),
    }


def seed_of(seed: int, repeat: int) -> int:
    """The seed of one repeat."""
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1)[0]) // 2


def _identity(bench: Bench) -> str:
    return json.dumps([fingerprint(bench.train), fingerprint(bench.test), bench.identity])
