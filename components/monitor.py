"""Measure the drift of the new rows and the champion's figures on those that have labels."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def monitor(
    recent: dsl.Input[dsl.Dataset],
    champion: dsl.Input[dsl.Model],
    drift_level: float,
    drift_rows: int,
    max_drop: float,
    beta: float,
    seed: int,
    findings: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
):
    """Measure the drift of the new rows and the champion's figures on those that have labels."""
    from rarefault import steps

    numbers = steps.monitor(
        recent.path,
        champion.path,
        findings.path,
        record=metrics.path,
        drift_level=drift_level,
        drift_rows=drift_rows,
        max_drop=max_drop,
        beta=beta,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
