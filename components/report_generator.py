"""Gather what a train-generator run left into result.json and the HTML report."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def report_generator(
    facts: dsl.Input[dsl.Artifact],
    plan: dsl.Input[dsl.Artifact],
    generator_model: dsl.Input[dsl.Model],
    similarity: dsl.Input[dsl.Artifact],
    ingest_record: dsl.Input[dsl.Metrics],
    preprocess_record: dsl.Input[dsl.Metrics],
    train_record: dsl.Input[dsl.Metrics],
    register_record: dsl.Input[dsl.Metrics],
    evaluate_record: dsl.Input[dsl.Metrics],
    version: str,
    data: str,
    label: str,
    positive: str,
    group_column: str,
    time_column: str,
    drop_columns: list,
    data_params: dict,
    test_size: float,
    generator: str,
    generator_params: dict,
    trials: int,
    search_seconds: float,
    search_workers: int,
    search_objective: str,
    search_space: dict,
    search_storage: str,
    search_pods: int,
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
    """Gather what a train-generator run left into result.json and the HTML report."""
    from rarefault import steps

    records = [ingest_record, preprocess_record, train_record, register_record, evaluate_record]
    numbers = steps.report_generator(
        facts.path,
        plan.path,
        generator_model.path,
        similarity.path,
        [entry.path for entry in records],
        result.path,
        page.path,
        record=metrics.path,
        inputs=locals(),
        version=version,
        run_id=run_id or kubeflow_run,
        attempt=attempt,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
