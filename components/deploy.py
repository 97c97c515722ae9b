"""Write the exported model and the InferenceService that serves it."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def deploy(
    evaluation: dsl.Input[dsl.Model],
    registered: dsl.Input[dsl.Artifact],
    storage_uri: str,
    exported: dsl.Output[dsl.Model],
    manifest: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Write the exported model and the InferenceService that serves it."""
    from rarefault import steps

    numbers = steps.deploy(
        evaluation.path, registered.path, exported.path, manifest.path, record=metrics.path, storage_uri=storage_uri
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
