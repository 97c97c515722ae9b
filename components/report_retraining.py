"""Gather what a retrain run left into result.json and the HTML report."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def report_retraining(
    facts: dsl.Input[dsl.Artifact],
    champion: dsl.Input[dsl.Model],
    findings: dsl.Input[dsl.Artifact],
    decision: dsl.Input[dsl.Artifact],
    gather_record: dsl.Input[dsl.Metrics],
    monitor_record: dsl.Input[dsl.Metrics],
    decide_record: dsl.Input[dsl.Metrics],
    data: str,
    batches: list,
    label: str,
    positive: str,
    group_column: str,
    time_column: str,
    drop_columns: list,
    data_params: dict,
    force: bool,
    retrain_on_drift: bool,
    drift_level: float,
    drift_rows: int,
    retrain_on_drop: bool,
    max_drop: float,
    max_age_days: float,
    window_share: float,
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
    plan: dsl.Input[dsl.Artifact] = None,
    evaluation: dsl.Input[dsl.Model] = None,
    kept: dsl.Input[dsl.Dataset] = None,
    generator: dsl.Input[dsl.Artifact] = None,
    generator_model: dsl.Input[dsl.Model] = None,
    registered: dsl.Input[dsl.Artifact] = None,
    preprocess_record: dsl.Input[dsl.Metrics] = None,
    find_record: dsl.Input[dsl.Metrics] = None,
    generator_record: dsl.Input[dsl.Metrics] = None,
    synthesize_records: dsl.Input[List[dsl.Metrics]] = None,
    filter_record: dsl.Input[dsl.Metrics] = None,
    baseline_record: dsl.Input[dsl.Metrics] = None,
    strategy_records: dsl.Input[List[dsl.Metrics]] = None,
    evaluate_record: dsl.Input[dsl.Metrics] = None,
    register_record: dsl.Input[dsl.Metrics] = None,
    deploy_record: dsl.Input[dsl.Metrics] = None,
    kubeflow_run: str = "",
):
    """Gather what a retrain run left; everything from `plan` on is there only where it retrained."""
    from rarefault import steps

    watching = [gather_record, monitor_record, decide_record]
    first = [preprocess_record, find_record, generator_record, *(synthesize_records or []), filter_record]
    last = [filter_record, baseline_record, *(strategy_records or []), evaluate_record, register_record, deploy_record]
    trained = [
        ("plan", plan),
        ("evaluation", evaluation),
        ("kept", kept),
        ("generator", generator),
        ("generator_model", generator_model),
        ("registered", registered),
    ]
    numbers = steps.report_retraining(
        facts.path,
        champion.path,
        findings.path,
        decision.path,
        [entry.path for entry in [*watching, *first, *last] if entry],
        result.path,
        page.path,
        record=metrics.path,
        trained={name: artifact.path for name, artifact in trained if artifact},
        inputs=locals(),
        run_id=run_id or kubeflow_run,
        attempt=attempt,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
