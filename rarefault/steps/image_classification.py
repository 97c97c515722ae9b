"""Train inspectors on real and on generated images, several times over, and measure them on the test images."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rarefault import presets, progress
from rarefault.datasets.images import ImageSet
from rarefault.steps.image_settings import (
    CLASSICAL,
    ORIGINAL,
    ChosenMethods,
    inspector_settings,
    kept_results,
    processes,
    title_of,
)
from rarefault.steps.record import read_json, recorded, write_json
from rarefault.tuning.images.recipes import Recipe, real_and_generated, six_tasks
from rarefault.tuning.images.repeats import Bench, run_repeats
from rarefault.tuning.images.samplers import SavedGenerator
from rarefault.tuning.images.tables import repeat_table


@recorded
def classify_images(
    train: str,
    test: str,
    models: Sequence[str],
    classified: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    inspectors: Sequence[str] = ("table5-cnn",),
    inspector_params: Mapping[str, Any] | None = None,
    classical: Sequence[str] = (),
    repeats: int = 0,
    times: float = 0.0,
    checkpoints: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Write classification.json to folder `classified`: a table for each inspector, a row for each training set.

    defect-augmentation trains on those of the paper's six tasks, defect-translation on the real images and on these
    with `times` as many of each generator in `models`. Each training is repeated with another seed, and its result
    kept below `checkpoints`.
    """
    bench = make_bench(train, test, models, pipeline, preset, inspectors, inspector_params or {}, classical, seed)
    recipes = recipes_of(pipeline, preset, models, times)
    repeats = presets.setting(pipeline, preset, "repeats", repeats)
    watch = progress.watch("classify_images", "training")
    with kept_results(checkpoints, "classify") as folder:
        found = run_repeats(bench, recipes, folder, repeats, seed, processes(), watch)
    rows = {name: repeat_table(results, recipes) for name, results in found.items()}
    tables = [{"inspector": name, "rows": table} for name, table in rows.items()]
    write_json(Path(classified) / "classification.json", {"repeats": repeats, "tables": tables})
    return {f"{name}_macro_f1": table[0]["metrics"]["macro_f1"]["value"] for name, table in rows.items()}


def make_bench(
    train: str,
    test: str,
    models: Sequence[str],
    pipeline: str,
    preset: str,
    inspectors: Sequence[str],
    inspector_params: Mapping[str, Any],
    classical: Sequence[str],
    seed: int,
) -> Bench:
    """What all trainings of a run share; the generators in `models` are its samplers, by source."""
    samplers = {read_json(Path(folder) / "source.json")["source"]: SavedGenerator(folder) for folder in models}
    identity = {"samplers": {name: sampler.identity for name, sampler in samplers.items()}, "classical": [*classical]}
    settings = {name: inspector_settings(pipeline, preset, name, inspector_params, seed) for name in inspectors}
    return Bench(
        ImageSet.read(train),
        ImageSet.read(test),
        samplers,
        settings,
        ChosenMethods(tuple(classical)),
        json.dumps(identity, sort_keys=True),
    )


def recipes_of(pipeline: str, preset: str, models: Sequence[str], times: float) -> list[Recipe]:
    """The training sets of a pipeline: the six tasks, or real images and `times` as many of each generator."""
    if pipeline == presets.AUGMENTATION:
        return six_tasks(ORIGINAL, CLASSICAL)
    sources = [read_json(Path(folder) / "source.json") for folder in models]
    titles = {source["source"]: title_of(source["source"], source["generator"]) for source in sources}
    return real_and_generated(titles, presets.setting(pipeline, preset, "times", times))
