"""Find the newest registered generator that fits these data and has seen none of the test rows."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def find_generator(
    features: dsl.Input[dsl.Dataset],
    facts: dsl.Input[dsl.Artifact],
    generator: str,
    params: dict,
    reuse: bool,
    registry: str,
    run_id: str,
    found: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
) -> str:
    """Find the newest registered generator that fits these data and has seen none of the test rows; "" if none.

    The run's ids are only there so that a run never takes what another one has found.
    """
    from rarefault import steps

    numbers = steps.find_generator(
        features.path,
        facts.path,
        found.path,
        record=metrics.path,
        generator=generator,
        registry=registry,
        params=params,
        reuse=reuse,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return str(int(numbers["version"])) if numbers["version"] else ""
