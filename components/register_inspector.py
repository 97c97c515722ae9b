"""Register the chosen inspector, and make it champion if it passes the gates."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def register_inspector(
    test: dsl.Input[dsl.Dataset],
    facts: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Model],
    generators: dsl.Input[dsl.Artifact],
    registry: str,
    run_id: str,
    inspector: str,
    min_score: float,
    tolerance: float,
    approve: bool,
    seed: int,
    registered: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Register the chosen inspector with its lineage; it becomes champion only if it passes the gates."""
    from rarefault import steps

    numbers = steps.register_inspector(
        test.path,
        facts.path,
        evaluation.path,
        generators.path,
        registered.path,
        record=metrics.path,
        registry=registry,
        run_id=run_id or kubeflow_run,
        settings={"inspector": inspector, "seed": seed},
        min_score=min_score,
        tolerance=tolerance,
        approve=approve,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
