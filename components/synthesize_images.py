"""Draw the synthetic images of one generator."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def synthesize_images(
    train: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    pipeline: str,
    preset: str,
    times: float,
    synthetic: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
):
    """Draw the synthetic images of one generator."""
    from rarefault import steps

    numbers = steps.synthesize_images(
        train.path,
        model.path,
        synthetic.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        times=times,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
