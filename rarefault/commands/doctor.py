"""rarefault doctor: is everything here that the pipelines need?"""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version

import click

_NEEDED = ("kfp", "mlflow", "torch", "scikit-learn", "pandas", "optuna", "imbalanced-learn", "skops", "safetensors")
_OPTIONAL = {"sdv": "the ctgan strategy is left out"}


@click.command()
def doctor() -> int:
    """Check this machine: packages, memory, disk, data and registry."""
    problems = 0
    click.echo(f"Python {sys.version.split()[0]} on {platform.system()}, {os.cpu_count()} cores")
    for package in _NEEDED:
        problems += _package(package, "missing; run `make setup`", needed=True)
    for package, consequence in _OPTIONAL.items():
        _package(package, f"missing; {consequence}", needed=False)
    problems += _disk()
    problems += _registry()
    data = os.environ.get("RAREFAULT_DATA", "")
    click.echo(f"{'RAREFAULT_DATA':22} {data or 'not set (only needed for the real data sets)'}")
    click.echo("all is well" if not problems else f"{problems} problem(s) found")
    return 1 if problems else 0


def _package(name: str, otherwise: str, needed: bool) -> int:
    try:
        click.echo(f"{name:22} {version(name)}")
    except PackageNotFoundError:
        click.echo(f"{name:22} {otherwise}")
        return int(needed)
    return 0


def _disk() -> int:
    from rarefault.registry.address import home

    place = home()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    click.echo(f"{'free disk':22} {free:.1f} GiB at {place}" + ("" if free > 2 else "; at least 2 GiB are needed"))
    return int(free <= 2)


def _registry() -> int:
    from rarefault.errors import InputError
    from rarefault.registry.store import Registry

    try:
        store = Registry()
        click.echo(f"{'registry':22} {store.shown_address}, {len(store.names())} models")
    except InputError as problem:
        click.echo(f"{'registry':22} {problem}")
        return 1
    return 0
