"""Select by the inner folds, train the chosen inspector, test it, and say whether generated images helped."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import presets, progress
from rarefault.classifiers.image import Inspector
from rarefault.datasets.images import ImageSet
from rarefault.datasets.images.copies import pixel_hashes
from rarefault.metrics.images.classes import class_report, flat_metrics
from rarefault.steps.image_challenge import TRAINED_ON, paired_macro_f1
from rarefault.steps.image_classification import make_bench
from rarefault.steps.image_settings import ORIGINAL, kept_results, processes
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.images.inner import yardstick
from rarefault.tuning.images.recipes import Recipe
from rarefault.tuning.images.repeats import Bench, run_repeats
from rarefault.tuning.images.samplers import collapsed_classes
from rarefault.tuning.images.selection import TITLE, best_generated, helped_images, select_images

_DRAWS = 1000
_SHOWN = 1000


@recorded
def evaluate_inspector(
    train: str,
    test: str,
    models: Sequence[str],
    compared: str,
    evaluation: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    inspector: str = "table5-cnn",
    inspector_params: Mapping[str, Any] | None = None,
    classical: Sequence[str] = (),
    times: float = 0.0,
    repeats: int = 0,
    min_probability: float = 0.95,
    checkpoints: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Leave evaluation.json and selected/ (the inspector) in folder `evaluation`, and synthetic/ where it learned some.

    The strategy is selected by the outcomes in `compared`, before the test images are looked at. Whether generated
    images helped is judged by inspectors trained `repeats` times with the best of them and without.
    """
    bench = make_bench(train, test, models, pipeline, preset, [inspector], inspector_params or {}, classical, seed)
    found = read_json(compared)
    outcomes, sources, collapsed = found["outcomes"], _sources(models), _collapsed(models)
    choice = select_images(outcomes, min_probability, collapsed)
    recipes = {name: _with_source(Recipe(**values), sources) for name, values in found["recipes"].items()}
    rival, base = best_generated(outcomes, choice.selected), yardstick(outcomes)
    difference = None
    if rival is not None:
        pair = [recipes[base], recipes[rival]]
        watch = progress.watch("evaluate_inspector", "training")
        repeats = presets.setting(pipeline, preset, "repeats", repeats)
        with kept_results(checkpoints, "evaluate") as folder:
            runs = run_repeats(bench, pair, folder, repeats, seed, processes(), watch)[inspector]
        said = [np.array([run["said"] for run in runs[recipe.name]]) for recipe in pair]
        k = len(bench.train.facts.classes)
        difference, _, _ = paired_macro_f1(bench.test.codes, said[1], said[0], k, seed)
    learned = recipes[choice.selected].build(bench.train, bench.samplers, seed, bench.classical)
    chosen = _trained(bench, inspector, learned, seed)
    p = chosen.probabilities(bench.test.images)
    _keep(Path(evaluation), chosen, learned, len(bench.train))
    values = {
        "classes": list(chosen.classes_),
        "inspector": inspector,
        "objective": TITLE,
        "baseline": base,
        "strategies": [_strategy(outcome, choice.fates) for outcome in outcomes],
        "selected": choice.selected,
        "selected_because": choice.because,
        "helped": {**helped_images(outcomes, choice.selected, difference), "difference": difference},
        "source": recipes[choice.selected].sampler,
        "synthetic_images": len(learned) - len(bench.train),
        "synthetic_fingerprint": _fingerprint(learned.images[len(bench.train) :]),
        **_tested(bench.test, p, seed),
    }
    write_json(Path(evaluation) / "evaluation.json", values)
    _keep_samples(bench.test, p, Path(evaluation) / "samples.npz")
    return {name: values["test"][name]["value"] for name in ("macro_f1", "accuracy", "balanced_accuracy")}


def _sources(models: Sequence[str]) -> dict[str, str]:
    """The source that draws for each generator; the one that learned from the original images before others."""
    found = [read_json(Path(folder) / "source.json") for folder in models]
    found.sort(key=lambda source: source["source"] == ORIGINAL)
    return {source["generator"]: source["source"] for source in found}


def _collapsed(models: Sequence[str]) -> dict[str, list[str]]:
    """The classes that each generator makes badly when fitted on all training images."""
    return {
        read_json(Path(folder) / "source.json")["generator"]: collapsed_classes(
            read_json(Path(folder) / "model.json")["health"]
        )
        for folder in sorted(models, key=lambda folder: read_json(Path(folder) / "source.json")["source"] == ORIGINAL)
    }


def _with_source(recipe: Recipe, sources: Mapping[str, str]) -> Recipe:
    return replace(recipe, sampler=sources[recipe.sampler]) if recipe.sampler else recipe


def _trained(bench: Bench, inspector: str, learned: ImageSet, seed: int) -> Inspector:
    params = {"network": inspector, **bench.inspectors[inspector], "seed": seed}
    return Inspector.from_params(params).fit(learned.images, learned.codes, bench.train.facts.classes)


def _keep(evaluation: Path, chosen: Inspector, learned: ImageSet, n_real: int) -> None:
    """The inspector with the fingerprints of the real images it was trained on, and the others that it learned."""
    chosen.save(evaluation / "selected")
    hashes = pixel_hashes(learned.images[:n_real])
    np.save(evaluation / "selected" / TRAINED_ON, hashes, allow_pickle=False)
    if len(learned) > n_real:
        learned.rows(np.arange(n_real, len(learned))).write(evaluation / "synthetic")


def _fingerprint(images: np.ndarray) -> str:
    return hashlib.sha256(images.tobytes()).hexdigest()[:16] if len(images) else ""


def _strategy(outcome: Mapping[str, Any], fates: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    status, reason = fates[outcome["name"]]
    kept = ("name", "title", "inner", "inner_difference", "seconds")
    return {**{key: outcome[key] for key in kept}, "status": status, "reason": reason}


def _tested(test: ImageSet, p: np.ndarray, seed: int) -> dict[str, Any]:
    """Estimates on the test images, with intervals of a bootstrap within each class; the confusion; every answer."""
    classes, background, y = test.facts.classes, test.facts.background, test.codes
    report = class_report(y, p, classes, background)
    rng = np.random.default_rng([seed, 6])
    rows = [np.flatnonzero(y == code) for code in np.unique(y)]
    drawn = []
    for _ in range(_DRAWS):
        picked = np.concatenate([rng.choice(of, len(of)) for of in rows])
        drawn.append(flat_metrics(class_report(y[picked], p[picked], classes, background)))
    estimates = {}
    for name, value in flat_metrics(report).items():
        low, high = np.quantile([values[name] for values in drawn], [0.025, 0.975])
        estimates[name] = {"value": value, "low": float(low), "high": float(high)}
    return {
        "test": estimates,
        "confusion": report["confusion"],
        "defects": report["defects"],
    }


def _keep_samples(test: ImageSet, p: np.ndarray, path: Path) -> None:
    """Test images (at most 1,000, evenly drawn), their codes and what was said of them, for people to look at."""
    at = np.unique(np.linspace(0, len(test) - 1, min(len(test), _SHOWN)).round().astype(int))
    np.savez(path, images=test.images[at], codes=test.codes[at], p=p[at])
