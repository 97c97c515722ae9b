"""Register the trained generators of images as new versions."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def register_image_generators(
    facts: dsl.Input[dsl.Artifact],
    models: dsl.Input[List[dsl.Model]],
    synthetic: dsl.Input[List[dsl.Dataset]],
    quality: dsl.Input[dsl.Artifact],
    registry: str,
    run_id: str,
    generators: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Register the trained generators of images as new versions."""
    from rarefault import steps

    numbers = steps.register_image_generators(
        facts.path,
        [model.path for model in models],
        [drawn.path for drawn in synthetic],
        quality.path,
        generators.path,
        record=metrics.path,
        registry=registry,
        run_id=run_id or kubeflow_run,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
