"""Measure every trained strategy on the untouched test rows."""

from typing import List

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def evaluate(
    test: dsl.Input[dsl.Dataset],
    features: dsl.Input[dsl.Dataset],
    baseline: dsl.Input[dsl.Model],
    trained: dsl.Input[List[dsl.Model]],
    beta: float,
    cost_ratio: float,
    min_probability: float,
    seed: int,
    evaluation: dsl.Output[dsl.Model],
    curves: dsl.Output[dsl.ClassificationMetrics],
    metrics: dsl.Output[dsl.Metrics],
):
    """Select by inner-fold evidence and test; the ROC curve and the confusion matrix are the selected model's."""
    import json
    from pathlib import Path

    from rarefault import steps

    numbers = steps.evaluate(
        test.path,
        features.path,
        [baseline.path, *(model.path for model in trained)],
        evaluation.path,
        record=metrics.path,
        beta=beta,
        cost_ratio=cost_ratio,
        min_probability=min_probability,
        seed=seed,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    roc = json.loads((Path(evaluation.path) / "details.json").read_text())["roc"]
    found = json.loads((Path(evaluation.path) / "evaluation.json").read_text())
    counts = next(s for s in found["strategies"] if s["name"] == found["selected"])["confusion"]
    matrix = [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]]
    curves.log_roc_curve(roc["fpr"], roc["tpr"], roc["threshold"])
    curves.log_confusion_matrix(["good", "fault"], matrix)
    Path(curves.path).write_text(json.dumps({"roc": roc, "confusion": matrix}))
