"""Assess every snapshot of every machine."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def assess_life(
    signals: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    life: dsl.Output[dsl.Artifact],
    series: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
):
    """Assess every snapshot of every machine: indicator, degree, state, and where the onset lies."""
    from rarefault import steps

    numbers = steps.assess_life(signals.path, model.path, life.path, series.path, record=metrics.path)
    for name, value in numbers.items():
        metrics.log_metric(name, value)
