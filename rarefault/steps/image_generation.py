"""Search the settings of image generators, train them on all training images, and draw from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rarefault import progress
from rarefault.datasets.images import ImageFacts, ImageSet
from rarefault.generators.image import IMAGE_GENERATORS
from rarefault.steps.generator_training import preset_under, search_place, search_settings, study_name
from rarefault.steps.image_comparison import chosen_recipes
from rarefault.steps.image_settings import (
    CLASSICAL,
    ORIGINAL,
    checkpoint_place,
    generator_of,
    generator_settings,
)
from rarefault.steps.record import recorded, write_json

OBJECTIVE = "frechet"


@recorded
def find_image_settings(
    train: str,
    study: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    generator: str = "dcgan",
    params: Mapping[str, Any] | None = None,
    trials: int = 0,
    search_seconds: float = 0.0,
    workers: int = 2,
    pods: int = 0,
    objective: str = OBJECTIVE,
    space: Mapping[str, Any] | None = None,
    storage: str = "",
    seed: int = 0,
    run_id: str = "",
    generators: Sequence[str] = (),
    strategies: Sequence[str] = (),
) -> dict[str, float]:
    """Search the settings of a generator on the images in `train` and write what was found to file `study` (JSON).

    The file holds the generator's name, the settings `given`, those `searched` (none with trials = 0), the trials,
    and the `sources` that are to be trained: `generators`, or "original" and "classical", and what `strategies` need
    besides. storage, pods and workers are as for `train_gan`.
    """
    found: dict[str, Any] = {"objective": objective, "best": None, "value": None, "trials": [], "importances": {}}
    fixed = preset_under(params, generator, pipeline, preset)
    settings = search_settings(generator, trials, search_seconds, pods or workers, objective, space, fixed, seed)
    if settings is not None:
        from rarefault.tuning.search import search, summary

        watch, processes = progress.watch("find_image_settings", "trial"), 0 if pods and search_seconds else workers
        with search_place(storage) as address:
            trace = search(train, settings, address, watch, study_name(run_id, settings), processes)
            found = summary(trace, settings)
    best: dict[str, Any] = next((trial["params"] for trial in found["trials"] if trial["number"] == found["best"]), {})
    recipes = chosen_recipes(pipeline, preset, generator, strategies)
    compared = [recipe.sampler for recipe in recipes if recipe.sampler and (generators or recipe.sampler != generator)]
    sources = list(dict.fromkeys([*(generators or (ORIGINAL, CLASSICAL)), *compared]))
    values = {"generator": generator, "given": dict(params or {}), "searched": best, "sources": sources}
    write_json(study, {**found, **values})
    return {"trials": len(found["trials"]), **({} if found["value"] is None else {"objective": found["value"]})}


@recorded
def train_gan_images(
    train: str,
    study: str,
    model: str,
    *,
    record: str,
    strategy: str,
    pipeline: str,
    preset: str = "quick",
    strategy_params: Mapping[str, Any] | None = None,
    checkpoints: str = "",
    seed: int = 0,
) -> dict[str, float]:
    """Train a generator on the images in `train` and leave it in folder `model`.

    strategy: a generator's name, or "original" or "classical" for the one that `study` names; the latter learns from
    the defect images and classically augmented ones, as many in all as the largest class has. One that was killed
    goes on from its checkpoint. Returns how many classes were learned, and of how many it makes images all alike.
    """
    from rarefault.tuning.images.samplers import collapsed_classes

    images, name = ImageSet.read(train), generator_of(strategy, study)
    params = generator_settings(study, pipeline, preset, name, strategy_params or {})
    if strategy == CLASSICAL:
        params |= {"augment": "classical", "augmented": max(images.counts.values())}
    chosen = IMAGE_GENERATORS[name].from_params({**params, "seed": seed})
    chosen.fit(
        images.images,
        images.labels,
        background=images.facts.background,
        progress=progress.watch(f"train_gan_images {strategy}", "loop"),
        checkpoint=checkpoint_place(checkpoints, "train", strategy),
    ).save(model)
    write_json(Path(model) / "source.json", {"source": strategy, "generator": name})
    return {"classes": len(chosen.classes_), "collapsed": len(collapsed_classes(chosen.health_))}


@recorded
def synthesize_images(
    train: str,
    model: str,
    synthetic: str,
    *,
    record: str,
    pipeline: str,
    preset: str = "quick",
    times: float = 0.0,
) -> dict[str, float]:
    """Draw images of every class from the generator in `model` and write them, an image set, to folder `synthetic`.

    With times > 0 (or the preset's), so many for each real one; else as many of each as the largest class has.
    """
    from rarefault import presets
    from rarefault.generators.image import load_image_generator
    from rarefault.steps.record import read_json

    images, generator = ImageSet.read(train), load_image_generator(model)
    source = read_json(Path(model) / "source.json")
    times = times or presets.preset(pipeline, preset).get("times", 0.0)
    wanted = max(images.counts.values())
    counts = {name: round(times * images.counts[name]) if times else wanted for name in generator.classes_}
    drawn = {name: generator.sample(n, name) for name, n in counts.items()}
    facts = ImageFacts(
        classes=images.facts.classes,
        background=images.facts.background,
        name=source["source"],
        notes=f"Generated by {source['generator']}.",
    )
    labels = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    ImageSet(np.concatenate(list(drawn.values())), labels, facts).write(synthetic)
    return {"images": float(len(labels))}
