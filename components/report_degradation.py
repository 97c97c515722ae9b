"""Gather what the steps left into result.json and the HTML report."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def report_degradation(
    signals: dsl.Input[dsl.Dataset],
    study: dsl.Input[dsl.Artifact],
    life: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Model],
    registered: dsl.Input[dsl.Artifact],
    ingest_record: dsl.Input[dsl.Metrics],
    search_record: dsl.Input[dsl.Metrics],
    train_record: dsl.Input[dsl.Metrics],
    threshold_record: dsl.Input[dsl.Metrics],
    assess_record: dsl.Input[dsl.Metrics],
    evaluate_record: dsl.Input[dsl.Metrics],
    register_record: dsl.Input[dsl.Metrics],
    deploy_record: dsl.Input[dsl.Metrics],
    data: str,
    healthy: str,
    rate: float,
    channels: list,
    machines: list,
    data_params: dict,
    indicator: str,
    indicator_params: dict,
    window: int,
    slide: int,
    confidence: float,
    assessment_params: dict,
    rivals: list,
    held_out: float,
    trials: int,
    search_seconds: float,
    search_workers: int,
    search_objective: str,
    search_space: dict,
    search_storage: str,
    search_pods: int,
    max_false_alarms: float,
    tolerance: float,
    max_delay: int,
    approve: bool,
    storage_uri: str,
    deploy_params: dict,
    registry: str,
    seed: int,
    fingerprint: str,
    run_id: str,
    attempt: float,
    result: dsl.Output[dsl.Artifact],
    page: dsl.Output[dsl.HTML],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Gather what the steps left into result.json and the HTML report."""
    from rarefault import steps

    records = [
        ingest_record,
        search_record,
        train_record,
        threshold_record,
        assess_record,
        evaluate_record,
        register_record,
        deploy_record,
    ]
    numbers = steps.report_degradation(
        signals.path,
        study.path,
        life.path,
        evaluation.path,
        registered.path,
        [record.path for record in records],
        result.path,
        page.path,
        record=metrics.path,
        inputs=locals(),
        run_id=run_id or kubeflow_run,
        attempt=attempt,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
