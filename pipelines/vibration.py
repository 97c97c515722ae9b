"""From a machine's signals to a registered and deployed degradation model: the tasks of the pipeline degradation."""

from collections.abc import Mapping
from typing import Any

from kfp import dsl

from components.assess_life import assess_life
from components.deploy import deploy
from components.evaluate_degradation import evaluate_degradation
from components.find_indicator_settings import find_indicator_settings
from components.fit_threshold import fit_threshold
from components.ingest_signals import ingest_signals
from components.plan_search import plan_search
from components.register_degradation import register_degradation
from components.search_generator import search_generator
from components.train_indicator import train_indicator
from pipelines._resources import deploying, heavy, light, reading, remote, shared
from pipelines.searching import run_of


def read(given: Mapping[str, Any]) -> Any:
    """The task that reads and checks the signals."""
    wanted = ("data", "healthy", "rate", "channels", "machines", "data_params", "window", "seed", "fingerprint")
    task = ingest_signals(**{name: given[name] for name in wanted}, kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER)
    return reading(light(task))


def learn(ingested: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Wire the steps from the search to deploy; returns what the report reads, under the names of its inputs."""
    signals, seed = ingested.outputs["signals"], given["seed"]
    study = _search(signals, given)
    trained = heavy(
        train_indicator(
            signals=signals,
            study=study.outputs["study"],
            kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            seed=seed,
        )
    )
    wanted = ("window", "slide", "confidence", "assessment_params")
    limited = light(fit_threshold(indicator=trained.outputs["indicator"], **{name: given[name] for name in wanted}))
    model = limited.outputs["model"]
    assessed = light(assess_life(signals=signals, model=model))
    evaluated = heavy(
        evaluate_degradation(
            signals=signals,
            model=model,
            life=assessed.outputs["life"],
            rivals=given["rivals"],
            held_out=given["held_out"],
            seed=seed,
        )
    )
    gates = ("registry", "indicator", "max_false_alarms", "tolerance", "max_delay", "approve", "seed")
    registered = remote(
        register_degradation(
            signals=signals,
            evaluation=evaluated.outputs["evaluation"],
            **{name: given[name] for name in gates},
            **run_of(given),
        )
    )
    deployed = deploying(
        deploy(
            evaluation=evaluated.outputs["evaluation"],
            train=signals,
            registered=registered.outputs["registered"],
            registry=given["registry"],
            storage_uri=given["storage_uri"],
            params=given["deploy_params"],
        )
    )
    return {
        "signals": signals,
        "study": study.outputs["study"],
        "life": assessed.outputs["life"],
        "evaluation": evaluated.outputs["evaluation"],
        "registered": registered.outputs["registered"],
        "ingest_record": ingested.outputs["metrics"],
        "search_record": study.outputs["metrics"],
        "train_record": trained.outputs["metrics"],
        "threshold_record": limited.outputs["metrics"],
        "assess_record": assessed.outputs["metrics"],
        "evaluate_record": evaluated.outputs["metrics"],
        "register_record": registered.outputs["metrics"],
        "deploy_record": deployed.outputs["metrics"],
    }


def _search(signals: Any, given: Mapping[str, Any]) -> Any:
    """The task that finds the indicator's settings: beside others on a cluster where search_pods is above 0."""
    search = {
        "generator": given["indicator"],
        "params": given["indicator_params"],
        "trials": given["trials"],
        "search_seconds": given["search_seconds"],
        "pods": given["search_pods"],
        "objective": given["search_objective"],
        "space": given["search_space"],
        "storage": given["search_storage"],
        "seed": given["seed"],
        **run_of(given),
    }
    planned = shared(light(plan_search(**search)))
    with dsl.ParallelFor(planned.outputs["Output"]) as worker:
        searched = shared(heavy(search_generator(features=signals, worker=worker, **search)))
    made = find_indicator_settings(signals=signals, workers=given["search_workers"], **search)
    return shared(heavy(made)).after(searched)
