"""Keep the synthetic rows nearest to the centroid of the real minority cluster."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def kmeans_filter(
    features: dsl.Input[dsl.Dataset],
    synthetic: dsl.Input[List[dsl.Dataset]],
    gate_lift: float,
    gate_recall: float,
    seed: int,
    kept: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
):
    """Keep the synthetic rows nearest to the centroid of the real minority cluster."""
    from rarefault import steps

    numbers = steps.kmeans_filter(
        features.path,
        [shard.path for shard in synthetic],
        kept.path,
        record=metrics.path,
        gate_lift=gate_lift,
        gate_recall=gate_recall,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
