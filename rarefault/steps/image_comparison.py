"""Compare ways to use generated images on the inner folds; each generator is fitted inside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rarefault import presets, progress
from rarefault.datasets.images import ImageSet
from rarefault.datasets.images.splits import inner_folds_images
from rarefault.errors import InputError
from rarefault.steps.image_settings import (
    TITLES,
    ChosenMethods,
    generator_settings,
    inspector_settings,
    kept_results,
    processes,
)
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.comparison import OBJECTIVE
from rarefault.tuning.images.inner import InnerBench, compare_inner, yardstick
from rarefault.tuning.images.recipes import Recipe
from rarefault.tuning.images.recipes import strategies as all_strategies
from rarefault.tuning.images.samplers import FitGenerator

UNTOUCHED = "untouched"


@recorded
def compare_augmentations(
    train: str,
    study: str,
    compared: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    strategies: Sequence[str] = (),
    strategy_params: Mapping[str, Any] | None = None,
    classical: Sequence[str] = (),
    times: float = 0.0,
    inspector: str = "table5-cnn",
    inspector_params: Mapping[str, Any] | None = None,
    folds: int = 0,
    fold_repeats: int = 0,
    checkpoints: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Write what each strategy reached on the inner folds of the images in `train` to file `compared` (JSON).

    Untouched images and classical augmentation are always among the strategies. What is done is kept below
    `checkpoints`, so that a comparison that was cut off goes on.
    """
    images, name = ImageSet.read(train), str(read_json(study)["generator"])
    recipes = chosen_recipes(pipeline, preset, name, strategies, times)
    folds = presets.setting(pipeline, preset, "folds", folds)
    repeats = presets.setting(pipeline, preset, "fold_repeats", fold_repeats)
    bench = InnerBench(
        images,
        inner_folds_images(images, folds, repeats, seed),
        {
            sampler: FitGenerator(
                sampler, generator_settings(study, pipeline, preset, sampler, strategy_params or {}, fold=True)
            )
            for sampler in dict.fromkeys(recipe.sampler for recipe in recipes if recipe.sampler)
        },
        inspector_settings(pipeline, preset, inspector, inspector_params or {}, seed, fold=True),
        ChosenMethods(tuple(classical)),
    )
    watch = progress.watch("compare_augmentations", "fit")
    with kept_results(checkpoints, "compare") as folder:
        outcomes = compare_inner(bench, recipes, folder, folds, seed, processes(), watch)
    kept = {recipe.name: asdict(recipe) for recipe in recipes}
    write_json(compared, {"folds": folds, "repeats": repeats, "recipes": kept, "outcomes": outcomes})
    best = next(outcome for outcome in outcomes if outcome["name"] == yardstick(outcomes))
    return {"inner_macro_f1": best["inner"][OBJECTIVE]["value"]}


def chosen_recipes(
    pipeline: str, preset: str, generator: str, names: Sequence[str], times: float = 0.0
) -> list[Recipe]:
    """The strategies of a run: those named, else the pipeline's own; raises InputError for a name that there is not."""
    if pipeline == presets.AUGMENTATION:
        default, times = [generator, f"{generator}+classical"], 0.0
    else:
        default = presets.preset(pipeline, preset)["candidates"] or [generator]
        times = presets.setting(pipeline, preset, "times", times)
    known, chosen = all_strategies(TITLES, times), {*(names or default), UNTOUCHED, "classical"}
    unknown = sorted(chosen - {recipe.name for recipe in known})
    if unknown:
        raise InputError(f"unknown strategies {unknown}; known strategies: {[recipe.name for recipe in known]}")
    return [recipe for recipe in known if recipe.name in chosen]
