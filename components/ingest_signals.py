"""Read the signals of machines, check them, and declare which snapshots are healthy."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def ingest_signals(
    data: str,
    healthy: str,
    rate: float,
    channels: list,
    machines: list,
    data_params: dict,
    window: int,
    seed: int,
    fingerprint: str,
    signals: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    kubeflow_run: str = "",
):
    """Read the signals of machines, check them, and declare which snapshots are healthy.

    kubeflow_run is only there so that a run on a cluster reads the signals as they are now.
    """
    from rarefault import steps

    numbers = steps.ingest_signals(
        data,
        signals.path,
        record=metrics.path,
        healthy=healthy,
        rate=rate,
        channels=channels,
        machines=machines,
        params=data_params,
        window=window,
        seed=seed,
        fingerprint=fingerprint,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
