"""Measure how alike a generator's rows and the untouched test rows are."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def evaluate_generator(
    test: dsl.Input[dsl.Dataset],
    features: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    seed: int,
    similarity: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Measure how alike a generator's rows and the untouched test rows are."""
    from rarefault import steps

    numbers = steps.evaluate_generator(
        test.path, features.path, model.path, similarity.path, record=metrics.path, seed=seed
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
