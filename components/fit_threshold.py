"""Fit the threshold V and the degree of degradation to the indicators of healthy snapshots."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def fit_threshold(
    indicator: dsl.Input[dsl.Model],
    window: int,
    slide: int,
    confidence: float,
    assessment_params: dict,
    model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
):
    """Fit the threshold V and the degree of degradation to the indicators of healthy snapshots."""
    from rarefault import steps

    numbers = steps.fit_threshold(
        indicator.path,
        model.path,
        record=metrics.path,
        window=window,
        slide=slide,
        confidence=confidence,
        params=assessment_params,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
