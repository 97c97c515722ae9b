"""What a step may use on a cluster, and how often it is tried again."""

import os

from kfp.dsl import PipelineTask

PARALLEL = int(os.environ.get("RAREFAULT_PARALLEL") or os.cpu_count() or 2)
"""How many strategies are trained side by side."""


def light(task: PipelineTask) -> PipelineTask:
    """A step that reads and writes tables."""
    return task.set_cpu_request("250m").set_cpu_limit("1").set_memory_request("512M").set_memory_limit("2G")


def heavy(task: PipelineTask) -> PipelineTask:
    """A step that trains; tried again when its node goes away."""
    sized = task.set_cpu_request("1").set_cpu_limit("2").set_memory_request("1G").set_memory_limit("4G")
    return sized.set_retry(num_retries=1, backoff_duration="10s", backoff_factor=2)


def remote(task: PipelineTask) -> PipelineTask:
    """A light step that talks to the model registry, which may be away for a while."""
    return light(task).set_retry(num_retries=2, backoff_duration="5s", backoff_factor=2)
