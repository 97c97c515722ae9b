"""The commands that ask a Kubeflow cluster: submit, schedule, unschedule, runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cluster.cron import six_fields
from pipelines.options import cluster_options, parameter_options, pipeline_argument
from rarefault.errors import InputError

_ACCOUNT = click.option("--service-account", "account", default="", help="What the steps run as; default: Kubeflow's.")


def _service(endpoint: str, namespace: str, timeout: int) -> Any:
    from pipelines.cluster.connection import Endpoint
    from pipelines.cluster.service import Service

    return Service.at(Endpoint.from_environment(endpoint, namespace, timeout))


@click.command()
@pipeline_argument
@parameter_options
@click.option("--seed", default=None, type=int, help="The same seed, data and versions give the same numbers.")
@_ACCOUNT
@cluster_options
def submit(
    pipeline: str,
    data: str,
    label: str,
    positive: str,
    assignments: tuple[str, ...],
    seed: int | None,
    account: str,
    endpoint: str,
    namespace: str,
    experiment: str,
    timeout: int,
    debug: bool,
) -> None:
    """Run PIPELINE on a Kubeflow cluster, and print the run's id.

    The pipeline is uploaded first, if it is not there yet as it is now. Who asks is told by RAREFAULT_KUBEFLOW_TOKEN
    (or ..._TOKEN_FILE), or by RAREFAULT_KUBEFLOW_COOKIE, the session cookie of your browser.

    \b
    rarefault submit fault-detection --data /data/parts.csv --label result --positive fail
    rarefault submit train-generator --data s3://line-1/parts.parquet --label result --set search_pods=4
    """
    from pipelines.cluster.parameters import cluster_parameters

    values = cluster_parameters(pipeline, data, label, positive, seed, assignments)
    service = _service(endpoint, namespace, timeout)
    run_id = service.submit(pipeline, values, experiment, account)
    click.echo(f"run {run_id}\nsee {service.endpoint.address}/#/runs/details/{run_id}")


@click.command()
@pipeline_argument
@click.option("--cron", default="", help="When to run on the cluster: '0 3 * * *' is every night at three.")
@click.option("--local", "local_cron", default="", metavar="CRON", help="Run on this machine at these times instead.")
@click.option("--out", default="", help="With --local: where the runs' folders go; default: runs/PIPELINE-scheduled.")
@parameter_options
@click.option("--seed", default=None, type=int, help="The same seed, data and versions give the same numbers.")
@_ACCOUNT
@cluster_options
def schedule(
    pipeline: str,
    cron: str,
    local_cron: str,
    out: str,
    data: str,
    label: str,
    positive: str,
    assignments: tuple[str, ...],
    seed: int | None,
    account: str,
    endpoint: str,
    namespace: str,
    experiment: str,
    timeout: int,
    debug: bool,
) -> int:
    """Run PIPELINE again and again: on a cluster (--cron), or on this machine (--local).

    One run at a time; a time that was missed is not caught up. On a cluster, scheduling again updates the schedule;
    times are those of the cluster, mostly UTC. On this machine the command stays and works until you end it.

    \b
    rarefault schedule retrain --cron "0 3 * * *" --data /data/parts.csv --label result
    rarefault schedule retrain --local "0 3 * * *" --data parts.csv --label result
    """
    if bool(cron) == bool(local_cron):
        raise InputError(
            "name the times with --cron (on a cluster) or with --local (on this machine), and not with both"
        )
    if local_cron:
        from pipelines import local_schedule
        from pipelines.commands import local_parameters

        values = local_parameters(pipeline, data, label, positive, seed, assignments)
        return int(local_schedule.run(pipeline, values, local_cron, Path(out or f"runs/{pipeline}-scheduled")))
    from pipelines.cluster.parameters import cluster_parameters

    times, values = six_fields(cron), cluster_parameters(pipeline, data, label, positive, seed, assignments)
    made, done = _service(endpoint, namespace, timeout).schedule(pipeline, times, values, experiment, account)
    click.echo(f"{done}: {pipeline} at {times} (seconds first), schedule {made}")
    return 0


@click.command()
@pipeline_argument
@cluster_options
def unschedule(pipeline: str, endpoint: str, namespace: str, experiment: str, timeout: int, debug: bool) -> None:
    """End PIPELINE's schedule on a cluster; runs that have begun go on."""
    ended = _service(endpoint, namespace, timeout).unschedule(pipeline, experiment)
    click.echo(f"{pipeline} is no longer scheduled" if ended else f"{pipeline} was not scheduled")


@click.command()
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 200), help="How many to list.")
@cluster_options
def runs(most: int, endpoint: str, namespace: str, experiment: str, timeout: int, debug: bool) -> None:
    """List the newest runs on a cluster: when, how long, how they ended."""
    found = _service(endpoint, namespace, timeout).runs(experiment, most)
    if not found:
        click.echo(f"no runs in experiment {experiment}")
    for run in found:
        click.echo(_line(run))


def _line(run: Any) -> str:
    began = run.created_at.astimezone(UTC) if run.created_at else None
    ended = run.finished_at.astimezone(UTC) if run.finished_at and run.finished_at.year > 1970 else datetime.now(UTC)
    minutes = f"{(ended - began).total_seconds() / 60:6.1f} min" if began else ""
    reason = " ".join(str(getattr(run.error, "message", "") or "").split())[:120] if run.error else ""
    when = f"{began:%Y-%m-%d %H:%M}" if began else "?"
    return f"{when}  {minutes}  {(run.state or '?').lower():10} {run.display_name}  {run.run_id}  {reason}".rstrip()
