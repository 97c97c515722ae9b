"""Read a set of images, check it, and set the test images aside."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def ingest_images(
    data: str,
    background: str,
    group_column: str,
    image_size: int,
    channels: int,
    limit_per_class: dict,
    data_params: dict,
    test_size: float,
    folds: int,
    pipeline: str,
    preset: str,
    seed: int,
    fingerprint: str,
    train: dsl.Output[dsl.Dataset],
    test: dsl.Output[dsl.Dataset],
    facts: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Read a set of images, check it, and set the test images aside.

    kubeflow_run is only there so that a run on a cluster reads the images as they are now.
    """
    from rarefault import steps

    numbers = steps.ingest_images(
        data,
        train.path,
        test.path,
        facts.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        size=image_size,
        channels=channels,
        background=background,
        group_column=group_column,
        limit_per_class=limit_per_class,
        data_params=data_params,
        test_size=test_size,
        folds=folds,
        seed=seed,
        fingerprint=fingerprint,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
