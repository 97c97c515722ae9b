"""Search the settings of a health indicator, or take them as they are."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def find_indicator_settings(
    signals: dsl.Input[dsl.Dataset],
    generator: str,
    params: dict,
    trials: int,
    search_seconds: float,
    workers: int,
    pods: int,
    objective: str,
    space: dict,
    storage: str,
    seed: int,
    run_id: str,
    study: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Search the settings of a health indicator, named by `generator`, or take them as they are."""
    from rarefault import steps

    numbers = steps.find_indicator_settings(
        signals.path,
        study.path,
        record=metrics.path,
        indicator=generator,
        params=params,
        trials=trials,
        search_seconds=search_seconds,
        workers=workers,
        pods=pods,
        objective=objective,
        space=space,
        storage=storage,
        seed=seed,
        run_id=run_id or kubeflow_run,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
