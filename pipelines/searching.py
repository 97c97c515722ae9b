"""A generator's search and training, in one step or fanned out over several that share a study."""

from collections.abc import Mapping
from typing import Any

from kfp import dsl

from components.plan_search import plan_search
from components.search_generator import search_generator
from components.train_gan import train_gan
from pipelines._resources import accelerated, heavy, light, shared


def run_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Which run a step belongs to: the id that the runner gave, and Kubeflow's, which counts where there is none."""
    return {"run_id": given["run_id"], "kubeflow_run": dsl.PIPELINE_JOB_ID_PLACEHOLDER}


def trained(features: Any, facts: Any, generator: Any, given: Mapping[str, Any]) -> Any:
    """The task that trains the generator; `given` are the pipeline's parameters by name.

    Where search_pods is above 0, so many steps search beside each other first; what they leave, it searches itself.
    """
    search = {
        "generator": generator,
        "params": given["generator_params"],
        "trials": given["trials"],
        "search_seconds": given["search_seconds"],
        "pods": given.get("search_pods", 0),
        "objective": given["search_objective"],
        "space": given["search_space"],
        "storage": given["search_storage"],
        "seed": given["seed"],
        **run_of(given),
    }
    planned = shared(light(plan_search(**search)))
    with dsl.ParallelFor(planned.outputs["Output"]) as worker:
        searched = shared(accelerated(heavy(search_generator(features=features, worker=worker, **search))))
    made = train_gan(features=features, facts=facts, workers=given["search_workers"], **search)
    return shared(accelerated(heavy(made))).after(searched)
