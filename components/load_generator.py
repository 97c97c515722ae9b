"""Bring a registered generator here."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def load_generator(
    features: dsl.Input[dsl.Dataset],
    generator: str,
    found: str,
    version: str,
    registry: str,
    model: dsl.Output[dsl.Model],
    registered: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    shards: int = 1,
) -> list:
    """Bring a registered generator here, and name the shards in which its rows are drawn."""
    from rarefault import steps

    numbers = steps.load_generator(
        features.path,
        model.path,
        registered.path,
        record=metrics.path,
        generator=generator,
        version=version,
        found=found,
        registry=registry,
        shards=int(shards),
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return [str(shard) for shard in range(int(numbers["shards"]))]
