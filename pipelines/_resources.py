"""What a step may use on a cluster, what it finds there, and how often it is tried again.

Locally, none of it has an effect but the retries.
"""

from kfp import dsl, kubernetes
from kfp.dsl import PipelineTask

from components.report_failure import report_failure
from pipelines._cluster import DATABASE, MLFLOW, NOTIFY, OBJECT_STORE, ClusterSettings, Secret

USER = 1000
"""The user of our images; Pod Security `restricted` wants it named."""
HOUR = 3600
_CLUSTER = ClusterSettings.from_environment()
PARALLEL = _CLUSTER.parallel
"""How many strategies are trained side by side on a cluster; on this machine, as many as it has cores."""
LIMITS = dsl.PipelineConfig(
    ttl_seconds_after_finished=_CLUSTER.ttl_hours * HOUR, active_deadline_seconds=_CLUSTER.run_hours * HOUR
)
"""How long Kubeflow keeps a finished run's pods, and how long a run may take."""


def light(task: PipelineTask) -> PipelineTask:
    """A step that reads and writes tables."""
    sized = task.set_cpu_request("250m").set_cpu_limit("1").set_memory_request("512M").set_memory_limit("2G")
    return _placed(sized, HOUR)


def heavy(task: PipelineTask) -> PipelineTask:
    """A step that trains; tried again when its node goes away."""
    sized = task.set_cpu_request("1").set_cpu_limit("2").set_memory_request("1G").set_memory_limit("4G")
    return _retried(_placed(sized, 12 * HOUR), 2, "10s")


def remote(task: PipelineTask) -> PipelineTask:
    """A light step that talks to the model registry, which may be away for a while."""
    return _retried(asking(task), 2, "5s")


def asking(task: PipelineTask) -> PipelineTask:
    """A light step that reads from the registry but fails on bad input above all, which no second try mends."""
    return _secrets(light(task), MLFLOW, OBJECT_STORE)


def deploying(task: PipelineTask) -> PipelineTask:
    """A step that waits for a served model, each time it moves requests to it; it puts back what failed by itself."""
    return _retried(kubernetes.set_timeout(asking(task), 12 * HOUR), 1, "5s")


def shared(task: PipelineTask) -> PipelineTask:
    """A step that finds the database that searches share."""
    return _secrets(task, DATABASE)


def reading(task: PipelineTask) -> PipelineTask:
    """A step that reads data sets: from the claim mounted as /data, or from the object store."""
    if _CLUSTER.data_claim:
        kubernetes.mount_pvc(task, pvc_name=_CLUSTER.data_claim, mount_path="/data")
    return _secrets(task, OBJECT_STORE)


def accelerated(task: PipelineTask) -> PipelineTask:
    """A step that trains a generator: with GPUs where the cluster's settings give it some."""
    if _CLUSTER.gpus:
        task.set_accelerator_type(_CLUSTER.gpu_type).set_accelerator_limit(_CLUSTER.gpus)
        task.set_container_image(_CLUSTER.gpu_image)
        kubernetes.add_toleration(task, key=_CLUSTER.gpu_type, operator="Exists", effect="NoSchedule")
        for label, value in _CLUSTER.gpu_node_selector.items():
            kubernetes.add_node_selector(task, label, value)
    return task


def watched(pipeline: str, run_id: str) -> dsl.ExitHandler:
    """A group of steps after which, however it ended, a step says so and tells a person of a failure."""
    told = light(report_failure(pipeline=pipeline, run_id=run_id, kubeflow_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER))
    told.set_caching_options(False)  # each attempt has its own end
    return dsl.ExitHandler(_secrets(_retried(told, 1, "5s"), NOTIFY))


def _placed(task: PipelineTask, seconds: int) -> PipelineTask:
    for name, value in _CLUSTER.in_cluster().items():
        task.set_env_variable(name, value)
    for label, value in _CLUSTER.node_selector.items():
        kubernetes.add_node_selector(task, label, value)
    kubernetes.set_security_context(task, run_as_user=USER, run_as_group=USER, run_as_non_root=True)
    return kubernetes.set_timeout(task, seconds)


def _retried(task: PipelineTask, times: int, first: str) -> PipelineTask:
    return task.set_retry(num_retries=times, backoff_duration=first, backoff_factor=2, backoff_max_duration="300s")


def _secrets(task: PipelineTask, *secrets: Secret) -> PipelineTask:
    """Let the step see keys of Secrets as environment variables; a Secret that is not there is left out."""
    for name, keys in secrets:
        if name in str(task.platform_config.get("kubernetes", {}).get("secretAsEnv", "")):
            continue
        kubernetes.use_secret_as_env(task, secret_name=name, secret_key_to_env=keys, optional=True)
    return task
