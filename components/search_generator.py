"""One of several steps that search a generator's settings on one shared study."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def search_generator(
    features: dsl.Input[dsl.Dataset],
    worker: str,
    generator: str,
    params: dict,
    trials: int,
    search_seconds: float,
    pods: int,
    objective: str,
    space: dict,
    storage: str,
    seed: int,
    run_id: str,
    kubeflow_run: str,
    metrics: dsl.Output[dsl.Metrics],
    pipeline: str = "",
    preset: str = "",
):
    """Search a generator's settings beside others on one shared study."""
    from rarefault import steps

    numbers = steps.search_generator(
        features.path,
        record=metrics.path,
        worker=worker,
        generator=generator,
        params=params,
        trials=trials,
        search_seconds=search_seconds,
        pods=pods,
        objective=objective,
        space=space,
        storage=storage,
        seed=seed,
        run_id=run_id or kubeflow_run,
        pipeline=pipeline,
        preset=preset,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
