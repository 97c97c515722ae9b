"""Say what became of a run, and tell a person when it failed."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def report_failure(
    pipeline: str,
    run_id: str,
    kubeflow_run: str,
    status: dsl.PipelineTaskFinalStatus,
    metrics: dsl.Output[dsl.Metrics],
):
    """Say what became of a run, and tell a person when it failed."""
    from rarefault import steps

    numbers = steps.report_failure(
        record=metrics.path,
        pipeline=pipeline,
        run_id=run_id or kubeflow_run,
        state=status.state,
        message=status.error_message or "",
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
