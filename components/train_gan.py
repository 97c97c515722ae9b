"""Search the settings of a generator and train it with the best ones."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def train_gan(
    features: dsl.Input[dsl.Dataset],
    facts: dsl.Input[dsl.Artifact],
    generator: str,
    params: dict,
    trials: int,
    search_seconds: float,
    workers: int,
    objective: str,
    space: dict,
    storage: str,
    seed: int,
    model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    pods: int = 0,
    run_id: str = "",
    kubeflow_run: str = "",
):
    """Search the settings of a generator and train it with the best ones."""
    from rarefault import steps

    numbers = steps.train_gan(
        features.path,
        facts.path,
        model.path,
        record=metrics.path,
        generator=generator,
        params=params,
        trials=trials,
        search_seconds=search_seconds,
        workers=workers,
        objective=objective,
        space=space,
        storage=storage,
        seed=seed,
        pods=int(pods),
        run_id=run_id or kubeflow_run,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
