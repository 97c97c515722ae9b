"""The command that writes pipelines as files for a cluster."""

import re
from pathlib import Path

import click
import yaml

import pipelines
from pipelines.cluster.cron import six_fields
from rarefault import __version__
from rarefault.errors import InputError


@click.command("compile")
@click.argument("names", nargs=-1)
@click.option("--out", default="compiled", show_default=True, type=click.Path(path_type=Path), help="Target folder.")
@click.option("--server", default="2.17", show_default=True, help="The cluster's version of Kubeflow Pipelines.")
@click.option("--kubernetes", is_flag=True, help="Pipeline and PipelineVersion resources, for GitOps.")
@click.option("--namespace", default="", help="With --kubernetes: the resources' namespace.")
@click.option("--cron", default="", help="With --kubernetes: a ScheduledWorkflow resource too, for one pipeline.")
@click.option("--pipeline-id", default="", help="With --cron: the applied Pipeline's metadata.uid.")
@click.option("--experiment-id", default="", help="With --cron: the id of the experiment for its runs.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="With --cron: a parameter of its runs.")
def compile_pipelines(
    names: tuple[str, ...],
    out: Path,
    server: str,
    kubernetes: bool,
    namespace: str,
    cron: str,
    pipeline_id: str,
    experiment_id: str,
    assignments: tuple[str, ...],
) -> None:
    """Write pipelines (default: all) as versioned YAML for any Kubeflow.

    What a step asks of the cluster is set by environment variables, such as RAREFAULT_CLUSTER_GPUS=1,
    RAREFAULT_CLUSTER_NODE_SELECTOR=pool=training or RAREFAULT_CLUSTER_DATA_CLAIM=rarefault-data.

    \b
    rarefault compile                                   # to upload in the dashboard
    rarefault compile --server 2.16                     # without what that version refuses
    rarefault compile retrain --kubernetes --namespace kubeflow
    """
    from pipelines.cluster.package import LIMITS_SINCE, write_package, write_resources

    version = _checked(names, server, namespace)
    if cron and (not kubernetes or len(names) != 1 or not pipeline_id or not experiment_id):
        raise InputError("--cron needs --kubernetes, one pipeline, --pipeline-id and --experiment-id")
    if version >= LIMITS_SINCE:
        click.echo("for Kubeflow Pipelines 2.17 and later; --server 2.16 writes them for an older one", err=True)
    for name in names or pipelines.PIPELINES:
        path = out / f"{name}-{__version__}.yaml"
        if kubernetes:
            click.echo(str(write_resources(name, path, namespace, version)))
        else:
            click.echo(str(write_package(name, path, version)))
    if cron:
        ids = {"pipeline": pipeline_id, "experiment": experiment_id}
        click.echo(str(_write_schedule(names[0], out, namespace, cron, assignments, ids)))


def _checked(names: tuple[str, ...], server: str, namespace: str) -> tuple[int, int]:
    unknown = sorted(set(names) - set(pipelines.PIPELINES))
    if unknown:
        raise InputError(f"unknown pipelines {unknown}; known pipelines: {', '.join(pipelines.PIPELINES)}")
    if namespace and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", namespace):
        raise InputError(f"the namespace {namespace!r} is none; accepted: small letters, digits and -")
    found = re.fullmatch(r"v?(\d{1,3})\.(\d{1,3})(\.\d{1,5})?", server)
    if not found or (int(found[1]), int(found[2])) < (2, 16):
        raise InputError(f"--server is {server!r}; accepted: a version of Kubeflow Pipelines from 2.16 on")
    return int(found[1]), int(found[2])


def _write_schedule(
    name: str, out: Path, namespace: str, cron: str, assignments: tuple[str, ...], ids: dict[str, str]
) -> Path:
    from pipelines.cluster.package import scheduled_workflow
    from pipelines.cluster.parameters import cluster_parameters

    values = cluster_parameters(name, "", "", "", None, assignments)
    path = out / f"{name}-{__version__}-schedule.yaml"
    path.write_text(yaml.safe_dump(scheduled_workflow(name, namespace, six_fields(cron), values, ids)))
    return path
