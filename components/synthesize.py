"""Draw many more rows than the real ones from the generator."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def synthesize(
    features: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    synthetic: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    shard: str = "0",
    shards: int = 1,
):
    """Draw one shard of the synthetic rows, all of them many more than the real ones, from the generator."""
    from rarefault import steps

    numbers = steps.synthesize(
        features.path, model.path, synthetic.path, record=metrics.path, shard=int(shard), shards=int(shards)
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
