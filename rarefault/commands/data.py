"""rarefault data: the catalogue of named data sets."""

import click


@click.group()
def data() -> None:
    """Named data sets: what they are, where they come from, and how to get them."""


@data.command("list")
def list_data() -> None:
    """Every data set with its origin, licence and whether it is on this machine."""
    from rarefault.datasets.catalogue import describe

    for row in describe():
        click.echo("  ".join(str(cell) for cell in row) if not isinstance(row, dict) else _line(row))


def _line(row: dict[str, str]) -> str:
    first, *others = row.values()
    return f"{first:22} " + " | ".join(str(value) for value in others if value)


@data.command()
@click.argument("name")
def get(name: str) -> None:
    """Put a data set into this user's cache (from RAREFAULT_DATA or its public origin), checksum checked."""
    from rarefault.datasets.catalogue import get as get_data

    click.echo(str(get_data(name)))
