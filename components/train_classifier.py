"""Train the classifier under one strategy, with its inner-fold evidence."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def train_classifier(
    features: dsl.Input[dsl.Dataset],
    strategy: str,
    classifier: str,
    classifier_params: dict,
    strategy_params: dict,
    beta: float,
    cost_ratio: float,
    folds: int,
    repeats: int,
    gate_lift: float,
    gate_recall: float,
    seed: int,
    trained: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    baseline: dsl.Input[dsl.Model] = None,
    kept: dsl.Input[dsl.Dataset] = None,
    generator: dsl.Input[dsl.Model] = None,
):
    """Train the classifier under one strategy; with a baseline, compare the two on the same inner folds."""
    from rarefault import steps

    numbers = steps.train_classifier(
        features.path,
        trained.path,
        record=metrics.path,
        strategy=strategy,
        baseline=baseline.path if baseline else "",
        kept=kept.path if kept else "",
        generator=generator.path if generator else "",
        classifier=classifier,
        classifier_params=classifier_params,
        strategy_params=strategy_params,
        beta=beta,
        cost_ratio=cost_ratio,
        folds=folds,
        repeats=repeats,
        gate_lift=gate_lift,
        gate_recall=gate_recall,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
