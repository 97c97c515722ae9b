"""What the search of an image generator minimises, measured on real images that the trial's generator has not seen."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.images.splits import inner_folds_images, split_images
from rarefault.errors import InputError
from rarefault.metrics.images.features import features
from rarefault.metrics.images.frechet import frechet_distance
from rarefault.tuning.images.inner import InnerBench, fold_objective
from rarefault.tuning.images.recipes import Recipe
from rarefault.tuning.images.samplers import FitGenerator

HELD_OUT = 1 / 3
FOLDS = 3
INSPECTOR = {"network": "table5-cnn", "width": 0.5, "epochs": 10, "lr": 2e-3, "beta1": 0.9, "schedule": "one-cycle"}
"""What judges a trial of "inner-f1": small, for it is trained three times a trial."""
_DRAWN = 200

Report = Callable[[float, int], None]
"""Called as report(value, look) on the way to the value; raising in it stops the trial."""


def frechet(images: ImageSet, generator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """Mean Fréchet distance over the classes with a defect, from generated images to a held-out third of the real."""
    learned, held_out = _apart(images, seed)
    model = FitGenerator(generator, params)(learned, seed)
    distances = [
        frechet_distance(features(held_out.of(name)), features(model.sample(_DRAWN, name)))
        for name in images.facts.defects
    ]
    return float(np.mean(distances))


def _apart(images: ImageSet, seed: int) -> tuple[ImageSet, ImageSet]:
    """A held-out third, whole groups where there are enough of them."""
    try:
        fit_rows, held_out = split_images(images, HELD_OUT, seed)
    except InputError:
        if images.groups is None:
            raise
        # too few groups: the comparison of settings alone suffers
        fit_rows, held_out = split_images(replace(images, groups=None), HELD_OUT, seed)
    return images.rows(fit_rows), images.rows(held_out)


def inner_f1(images: ImageSet, generator: str, params: Mapping[str, Any], seed: int, report: Report) -> float:
    """One minus the mean macro F1 of 3 inner folds, where generated images balance the classes; reported fold by fold.

    Raises InputError when there are too few groups or images for the folds.
    """
    folds = inner_folds_images(images, FOLDS, 1, seed)
    bench = InnerBench(images, folds, {generator: FitGenerator(generator, params)}, INSPECTOR)
    recipe = Recipe("trial", "Trial", generator)
    values: list[float] = []
    for fold in range(FOLDS):
        values.append(1.0 - fold_objective(bench, recipe, fold, seed))
        report(float(np.mean(values)), fold + 1)
    return float(np.mean(values))


OBJECTIVES: dict[str, Callable[[ImageSet, str, Mapping[str, Any], int, Report], float]] = {
    "frechet": frechet,
    "inner-f1": inner_f1,
}
