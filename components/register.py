"""Register the selected classifier, and make it champion if it passes the gates."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def register(
    test: dsl.Input[dsl.Dataset],
    facts: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Model],
    generator: dsl.Input[dsl.Artifact],
    registry: str,
    run_id: str,
    classifier: str,
    min_recall: float,
    tolerance: float,
    beta: float,
    cost_ratio: float,
    approve: bool,
    seed: int,
    registered: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Register the selected classifier with its lineage; it becomes champion only if it passes the gates."""
    from rarefault import steps

    numbers = steps.register(
        test.path,
        facts.path,
        evaluation.path,
        generator.path,
        registered.path,
        record=metrics.path,
        registry=registry,
        run_id=run_id or kubeflow_run,
        settings={"classifier": classifier, "beta": beta, "seed": seed},
        min_recall=min_recall,
        tolerance=tolerance,
        beta=beta,
        cost_ratio=cost_ratio,
        approve=approve,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
