"""Train one generator of images on all training images."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def train_gan_images(
    train: dsl.Input[dsl.Dataset],
    study: dsl.Input[dsl.Artifact],
    pipeline: str,
    preset: str,
    source: str,
    strategy_params: dict,
    checkpoints: str,
    seed: int,
    model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Train one generator of images; `source` is its name, with +classical where it learns from augmented images.

    kubeflow_run is only there so that a run on a cluster never takes what another one has trained.
    """
    from rarefault import steps

    numbers = steps.train_gan_images(
        train.path,
        study.path,
        model.path,
        record=metrics.path,
        strategy=source,
        pipeline=pipeline,
        preset=preset,
        strategy_params=strategy_params,
        checkpoints=checkpoints,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
