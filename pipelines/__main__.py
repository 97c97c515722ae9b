"""python -m pipelines: the commands of `rarefault` that run pipelines, here or on a cluster."""

import click

from pipelines.cluster.commands import runs, schedule, submit, unschedule
from pipelines.cluster.compiling import compile_pipelines
from pipelines.commands import run


@click.group()
def main() -> None:
    """Run pipelines here or on a cluster."""


for command in (run, compile_pipelines, submit, schedule, unschedule, runs):
    main.add_command(command)

if __name__ == "__main__":
    main()
