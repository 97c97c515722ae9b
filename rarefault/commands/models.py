"""rarefault models: what is registered, and who is champion."""

import json
from typing import Any

import click

_registry = click.option("--registry", default="", help="MLflow address; default: sqlite on this machine.")


def _open(address: str) -> Any:
    from rarefault.registry.store import Registry

    return Registry(address)


@click.group()
def models() -> None:
    """List, show, promote and roll back registered models."""


@models.command("list")
@_registry
def list_models(registry: str) -> None:
    """Every registered model with its newest version and its champion."""
    store = _open(registry)
    names = store.names()
    if not names:
        click.echo("no model is registered yet; `rarefault run fault-detection` registers one")
    for name in names:
        versions = store.versions(name)
        champion = next((str(v.version) for v in versions if "champion" in v.aliases), "none")
        click.echo(f"{name:40} newest {versions[0].version:>4}   champion {champion:>4}")


@models.command()
@click.argument("name")
@click.option("--version", "which", default="", help="A version number or an alias; default: every version.")
@_registry
def show(name: str, which: str, registry: str) -> None:
    """The versions of a model, or one version's lineage."""
    store = _open(registry)
    if which:
        version = store.version(name, which)
        lineage = {key: _plain(value) for key, value in version.tags.items()}
        click.echo(json.dumps({"uri": version.uri, "aliases": version.aliases, **lineage}, indent=1))
        return
    versions = store.versions(name) or [store.version(name, "champion")]
    for version in versions:
        aliases = ", ".join(version.aliases) or "-"
        click.echo(f"{version.version:>4}  {aliases:30}  {version.tags.get('decision', '')}")


def _plain(value: str) -> Any:
    return json.loads(value) if value[:1] in ("{", "[") else value


@models.command()
@click.argument("name")
@click.option("--version", "which", default="challenger", show_default=True, help="A version number or an alias.")
@_registry
def promote(name: str, which: str, registry: str) -> None:
    """Make a version the champion."""
    version = _open(registry).promote(name, which)
    click.echo(f"{name} version {version.version} is champion now; `rarefault models rollback {name}` undoes this")


@models.command()
@click.argument("name")
@_registry
def rollback(name: str, registry: str) -> None:
    """Make the previous champion champion again."""
    version = _open(registry).rollback(name)
    click.echo(f"{name} version {version.version} is champion again")
