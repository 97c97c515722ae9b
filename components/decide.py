"""Decide whether to retrain, to keep the champion, or to wait for labels."""

from kfp import dsl

from components import _images


@dsl.component(base_image=_images.TRAIN, install_kfp_package=False)
def decide(
    findings: dsl.Input[dsl.Artifact],
    facts: dsl.Input[dsl.Artifact],
    champion: dsl.Input[dsl.Model],
    force: bool,
    retrain_on_drift: bool,
    retrain_on_drop: bool,
    max_age_days: float,
    decision: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
) -> str:
    """Decide whether to retrain, to keep the champion, or to wait for labels: retrain, keep or wait."""
    import json
    from pathlib import Path

    from rarefault import steps

    numbers = steps.decide(
        findings.path,
        facts.path,
        champion.path,
        decision.path,
        record=metrics.path,
        force=force,
        retrain_on_drift=retrain_on_drift,
        retrain_on_drop=retrain_on_drop,
        max_age_days=max_age_days,
    )
    for name, value in numbers.items():
        metrics.log_metric(name, value)
    return str(json.loads(Path(decision.path).read_text())["action"])
