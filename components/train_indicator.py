"""Train the health indicator on the snapshots that are declared healthy."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def train_indicator(
    signals: dsl.Input[dsl.Dataset],
    study: dsl.Input[dsl.Artifact],
    seed: int,
    indicator: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Train the health indicator on the snapshots that are declared healthy.

    kubeflow_run is only there so that a run on a cluster never takes what another one has trained.
    """
    from rarefault import steps

    numbers = steps.train_indicator(signals.path, study.path, indicator.path, record=metrics.path, seed=seed)
    for name, value in numbers.items():
        metrics.log_metric(name, value)
