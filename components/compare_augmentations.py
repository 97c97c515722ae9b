"""Compare ways to use generated images on the inner folds."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def compare_augmentations(
    train: dsl.Input[dsl.Dataset],
    study: dsl.Input[dsl.Artifact],
    pipeline: str,
    preset: str,
    strategies: list,
    strategy_params: dict,
    classical: list,
    times: float,
    inspector: str,
    inspector_params: dict,
    folds: int,
    fold_repeats: int,
    checkpoints: str,
    seed: int,
    compared: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Compare ways to use generated images on the inner folds, each generator fitted inside them."""
    from rarefault import steps

    numbers = steps.compare_augmentations(
        train.path,
        study.path,
        compared.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        strategies=strategies,
        strategy_params=strategy_params,
        classical=classical,
        times=times,
        inspector=inspector,
        inspector_params=inspector_params,
        folds=folds,
        fold_repeats=fold_repeats,
        checkpoints=checkpoints,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
