"""Make the study that several search steps share."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def plan_search(
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
) -> list:
    """Make the study that the search steps share, and name them; none where the training step searches by itself."""
    from rarefault import steps

    numbers = steps.plan_search(
        record=metrics.path,
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
    return [str(worker) for worker in range(int(numbers["pods"]))]
