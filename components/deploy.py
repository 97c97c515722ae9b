"""Export the selected classifier for serving, write its Kubernetes objects, and if asked to, serve the champion."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def deploy(
    evaluation: dsl.Input[dsl.Model],
    train: dsl.Input[dsl.Dataset],
    registered: dsl.Input[dsl.Artifact],
    registry: str,
    storage_uri: str,
    params: dict,
    exported: dsl.Output[dsl.Model],
    manifest: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Export the selected classifier for serving, write its Kubernetes objects, and if asked to, serve the champion."""
    from serving import deployment

    numbers = deployment.deploy(
        evaluation.path,
        train.path,
        registered.path,
        exported.path,
        manifest.path,
        record=metrics.path,
        registry=registry,
        storage_uri=storage_uri,
        settings=params,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
