"""Judge how close generated images come to real ones."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def judge_images(
    train: dsl.Input[dsl.Dataset],
    models: dsl.Input[List[dsl.Model]],
    pipeline: str,
    preset: str,
    classical: list,
    fid_draws: int,
    fid_network: str,
    checkpoints: str,
    seed: int,
    quality: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Judge how close generated images come to real ones: Fréchet distance, copies, diversity, pictures."""
    from rarefault import steps

    numbers = steps.judge_images(
        train.path,
        [model.path for model in models],
        quality.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        classical=classical,
        fid_draws=fid_draws,
        fid_network=fid_network,
        checkpoints=checkpoints,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
