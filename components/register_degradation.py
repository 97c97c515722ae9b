"""Register the degradation model, and make it champion if it passes the gates."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def register_degradation(
    signals: dsl.Input[dsl.Dataset],
    evaluation: dsl.Input[dsl.Model],
    registry: str,
    run_id: str,
    indicator: str,
    max_false_alarms: float,
    tolerance: float,
    max_delay: int,
    approve: bool,
    seed: int,
    registered: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Register the degradation model with its lineage; it becomes champion only if it passes the gates."""
    from rarefault import steps

    numbers = steps.register_degradation(
        signals.path,
        evaluation.path,
        registered.path,
        record=metrics.path,
        registry=registry,
        run_id=run_id or kubeflow_run,
        settings={"indicator": indicator, "seed": seed},
        max_false_alarms=max_false_alarms,
        tolerance=tolerance,
        max_delay=max_delay,
        approve=approve,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
