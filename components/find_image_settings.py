"""Search the settings of an image generator, or take them as they are."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def find_image_settings(
    train: dsl.Input[dsl.Dataset],
    pipeline: str,
    preset: str,
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
    generators: list,
    strategies: list,
    run_id: str,
    study: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
) -> list:
    """Search the settings of an image generator, or take them as they are; returns what is to be trained."""
    import json
    from pathlib import Path

    from rarefault import steps

    numbers = steps.find_image_settings(
        train.path,
        study.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        generator=generator,
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
        generators=generators,
        strategies=strategies,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return json.loads(Path(study.path).read_text())["sources"]
