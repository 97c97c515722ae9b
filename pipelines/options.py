"""The options that commands share: which pipeline, its parameters, and the cluster it goes to."""

from collections.abc import Callable
from typing import Any

import click

import pipelines
from rarefault.errors import InputError

Command = Callable[..., Any]


def _known(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value not in pipelines.PIPELINES:
        raise InputError(f"unknown pipeline {value!r}; known pipelines: {', '.join(pipelines.PIPELINES)}")
    return value


def pipeline_argument(command: Command) -> Command:
    """The argument PIPELINE, refused where there is no such pipeline."""
    return click.argument("pipeline", callback=_known)(command)


def parameter_options(command: Command) -> Command:
    """The options that fill a pipeline's parameters: data, label, positive and assignments."""
    for option in (
        click.option(
            "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any parameter, such as trials=20."
        ),
        click.option("--positive", default="", help="The label's value for a faulty part."),
        click.option("--label", default="", help="The label's column."),
        click.option("--data", default="", help="A file, s3://BUCKET/KEY, or a name from `rarefault data list`."),
    ):
        command = option(command)
    return command


def cluster_options(command: Command) -> Command:
    """The options that say which Kubeflow is asked."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option(
            "--timeout",
            default=30,
            show_default=True,
            type=click.IntRange(1, 3600),
            help="Seconds to wait for an answer.",
        ),
        click.option("--experiment", default="rarefault", show_default=True, help="Kubeflow's folder for the runs."),
        click.option("--namespace", default="", help="Your namespace, where Kubeflow has many users."),
        click.option("--endpoint", default="", help="Kubeflow Pipelines' address; default: RAREFAULT_KUBEFLOW."),
    ):
        command = option(command)
    return command
