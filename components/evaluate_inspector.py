"""Train the inspector that the inner folds chose, and say whether generated images helped."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def evaluate_inspector(
    train: dsl.Input[dsl.Dataset],
    test: dsl.Input[dsl.Dataset],
    models: dsl.Input[List[dsl.Model]],
    compared: dsl.Input[dsl.Artifact],
    pipeline: str,
    preset: str,
    inspector: str,
    inspector_params: dict,
    classical: list,
    repeats: int,
    min_probability: float,
    times: float,
    checkpoints: str,
    seed: int,
    evaluation: dsl.Output[dsl.Model],
    curves: dsl.Output[dsl.ClassificationMetrics],
    metrics: dsl.Output[dsl.Metrics],
):
    """Train the inspector that the inner folds chose, test it, and say whether generated images helped."""
    import json
    from pathlib import Path

    from rarefault import steps

    numbers = steps.evaluate_inspector(
        train.path,
        test.path,
        [model.path for model in models],
        compared.path,
        evaluation.path,
        record=metrics.path,
        pipeline=pipeline,
        preset=preset,
        inspector=inspector,
        inspector_params=inspector_params,
        classical=classical,
        repeats=repeats,
        min_probability=min_probability,
        times=times,
        checkpoints=checkpoints,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    found = json.loads((Path(evaluation.path) / "evaluation.json").read_text())
    curves.log_confusion_matrix(found["classes"], found["confusion"])
    Path(curves.path).write_text(json.dumps({"classes": found["classes"], "confusion": found["confusion"]}))
