"""Train inspectors on real and on generated images, and measure them on the untouched test images."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def classify_images(
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    models: dsl.Input[List[dsl.Model]],
    pipeline: str,
    preset: str,
    inspector: str,
    inspectors: list,
    inspector_params: dict,
    classical: list,
    repeats: int,
    times: float,
    checkpoints: str,
    seed: int,
    classified: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Train inspectors on real and on generated images, and measure them on the untouched test images."""
    from rarefault import steps

    numbers = steps.classify_images(
        train.path,
        test.path,
        [model.path for model in models],
        classified.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        inspectors=inspectors or [inspector],
        inspector_params=inspector_params,
        classical=classical,
        repeats=repeats,
        times=times,
        checkpoints=checkpoints,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
