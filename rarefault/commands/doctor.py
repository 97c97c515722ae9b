"""rarefault doctor: is everything here that the pipelines need?"""

import os
import platform
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version

import click

from rarefault.errors import InputError

_NEEDED = ("kfp", "mlflow", "torch", "scikit-learn", "pandas", "optuna", "imbalanced-learn", "skops", "safetensors")
_OPTIONAL = {"sdv": "the ctgan strategy is left out"}


@click.command()
@click.option("--cluster", is_flag=True, help="Check a Kubernetes cluster instead of this machine.")
@click.option("--namespace", default="rarefault", show_default=True, help="Where the cluster serves models.")
@click.option(
    "--profile", default="kubeflow-user-example-com", show_default=True, help="The Kubeflow profile of the pipelines."
)
@click.option("--context", default="", help="A context of the kubeconfig; default: the current one.")
def doctor(cluster: bool, namespace: str, profile: str, context: str) -> int:
    """Check this machine (packages, disk, data and registry), or with --cluster what pipelines need on a cluster.

    Each thing that is missing comes with what to do about it. Nothing is changed. The exit code is 1 if there is any.
    """
    problems = _cluster(namespace, profile, context) if cluster else _machine()
    click.echo("all is well" if not problems else f"{problems} problem(s) found")
    return 1 if problems else 0


def _machine() -> int:
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
    return problems


def _cluster(namespace: str, profile: str, context: str) -> int:
    from rarefault.commands.cluster_checks import Place, examine
    from rarefault.commands.cluster_reading import ApiServer

    for name in (namespace, profile):
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
            raise InputError(f"{name!r} is no namespace; accepted: lower-case letters, digits and -, at most 63")
    server = ApiServer(context)
    click.echo(f"cluster {server.address}")
    problems = 0
    for finding in examine(server, Place(namespace, profile)):
        problems += finding.bad
        click.echo(f"{'!' if finding.bad else ' '} {finding.name:58} {finding.text}")
    return problems


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
    from rarefault.registry.store import Registry

    try:
        store = Registry()
        click.echo(f"{'registry':22} {store.shown_address}, {len(store.names())} models")
    except InputError as problem:
        click.echo(f"{'registry':22} {problem}")
        return 1
    return 0
