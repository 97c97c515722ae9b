"""Register a trained generator, its search included."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def register_generator(
    features: dsl.Input[dsl.Dataset],
    facts: dsl.Input[dsl.Artifact],
    model: dsl.Input[dsl.Model],
    registry: str,
    run_id: str,
    training: dsl.Input[dsl.Metrics],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
) -> str:
    """Register a trained generator, its search included."""
    from rarefault import steps

    numbers = steps.register_generator(
        features.path,
        facts.path,
        model.path,
        training.path,
        record=metrics.path,
        registry=registry,
        run_id=run_id or kubeflow_run,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return str(int(numbers["version"]))
