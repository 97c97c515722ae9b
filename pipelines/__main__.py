"""python -m pipelines: the same commands as `rarefault run` and `rarefault compile`."""

import click

from pipelines.commands import compile_pipelines, run


@click.group()
def main() -> None:
    """Run or compile the pipelines."""


main.add_command(run)
main.add_command(compile_pipelines)

if __name__ == "__main__":
    main()
