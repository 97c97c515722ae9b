"""Delete the features that cannot inform a model, and say which strategies are compared."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def preprocess(
    train: dsl.Input[dsl.Dataset],
    strategies: list,
    classifier: str,
    features: dsl.Output[dsl.Dataset],
    plan: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> list:
    """Delete the features that cannot inform a model, and say which strategies are compared."""
    import json
    from pathlib import Path

    from rarefault import steps

    numbers = steps.preprocess(
        train.path, features.path, plan.path, record=metrics.path, strategies=strategies, classifier=classifier
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return list(json.loads(Path(plan.path).read_text())["strategies"])
