"""Measure false alarms on held-out healthy snapshots, and compare the indicator with others."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def evaluate_degradation(
    signals: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    life: dsl.Input[dsl.Artifact],
    rivals: list,
    held_out: float,
    seed: int,
    evaluation: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
):
    """Measure false alarms on held-out healthy snapshots, and compare the indicator with others on the whole life."""
    from rarefault import steps

    numbers = steps.evaluate_degradation(
        signals.path,
        model.path,
        life.path,
        evaluation.path,
        record=metrics.path,
        rivals=rivals,
        held_out=held_out,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
