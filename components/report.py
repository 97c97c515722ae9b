"""Gather what the steps left into result.json and the HTML report."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def report(
    facts: dsl.Input[dsl.Artifact],
    plan: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Model],
    kept: dsl.Input[dsl.Dataset],
    generator: dsl.Input[dsl.Artifact],
    generator_model: dsl.Input[dsl.Model],
    registered: dsl.Input[dsl.Artifact],
    ingest_record: dsl.Input[dsl.Metrics],
    preprocess_record: dsl.Input[dsl.Metrics],
    find_record: dsl.Input[dsl.Metrics],
    generator_record: dsl.Input[dsl.Metrics],
    synthesize_records: dsl.Input[List[dsl.Metrics]],
    filter_record: dsl.Input[dsl.Metrics],
    baseline_record: dsl.Input[dsl.Metrics],
    strategy_records: dsl.Input[List[dsl.Metrics]],
    evaluate_record: dsl.Input[dsl.Metrics],
    register_record: dsl.Input[dsl.Metrics],
    deploy_record: dsl.Input[dsl.Metrics],
    data: str,
    label: str,
    positive: str,
    group_column: str,
    time_column: str,
    drop_columns: list,
    data_params: dict,
    test_size: float,
    classifier: str,
    classifier_params: dict,
    beta: float,
    cost_ratio: float,
    strategies: list,
    strategy_params: dict,
    min_probability: float,
    folds: int,
    repeats: int,
    reuse_generator: bool,
    generator_params: dict,
    trials: int,
    search_seconds: float,
    search_workers: int,
    search_objective: str,
    search_space: dict,
    search_storage: str,
    search_pods: int,
    synthesis_shards: int,
    gate_lift: float,
    gate_recall: float,
    min_recall: float,
    tolerance: float,
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
        preprocess_record,
        find_record,
        generator_record,
        *synthesize_records,
        filter_record,
        baseline_record,
        *strategy_records,
        evaluate_record,
        register_record,
        deploy_record,
    ]
    numbers = steps.report(
        facts.path,
        plan.path,
        evaluation.path,
        kept.path,
        generator.path,
        generator_model.path,
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
