"""rarefault manifest: the Kubernetes objects of a registered model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from serving.commands.assignments import parse
from serving.kubernetes import Canary, DeploymentSettings

if TYPE_CHECKING:
    from rarefault.registry.store import Version


@click.command()
@click.argument("model", default="", metavar="[MODEL[@ALIAS]]")
@click.option(
    "--storage-uri", default="", help="Where the cluster finds the model; {name} and {version} are filled in."
)
@click.option("--canary", default="", metavar="ALIAS", help="An alias or number of a version that gets a share.")
@click.option("--percent", default=10, show_default=True, type=click.IntRange(0, 100), help="The canary's share.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting of the deployment.")
@click.option("--out", default="-", type=click.Path(dir_okay=False), help="The file to write; default: the terminal.")
@click.option("--registry", default="", help="MLflow address; default: sqlite on this machine.")
def manifest(
    model: str, storage_uri: str, canary: str, percent: int, assignments: tuple[str, ...], out: str, registry: str
) -> None:
    """Write the objects that serve a registered model on a KServe cluster, as YAML.

    MODEL is a registered classifier, inspector or degradation model; @ALIAS an alias or a version number, by default
    champion. Without MODEL it is the champion of the last run. Settings are mode (Standard or Knative), namespace,
    image, min_replicas, max_replicas, cpu, memory, cpu_target, rps_target, environment, state_secret, service_account,
    allowed_namespaces, egress_ports and monitor_labels.

    \b
    rarefault manifest | kubectl apply --server-side -f -
    rarefault manifest secom-classifier --set mode=Knative --set namespace=line-1
    rarefault manifest secom-classifier --storage-uri 's3://models/{name}/{version}'
    rarefault manifest secom-classifier --canary challenger --percent 20
    """
    from rarefault.registry.store import Registry
    from serving.commands.finding import find
    from serving.deployment import deployment_settings, kind_of, manifest_text

    params = parse(assignments, DeploymentSettings)
    deployment_settings(params)  # wrong ones are refused before the registry is asked
    store = Registry(registry)
    stable, _ = find(store, model)
    settings = deployment_settings(params, kind_of(stable))
    newer = find(store, f"{stable.name}@{canary}")[0] if canary else None
    share = Canary(str(newer.version), _address(newer, storage_uri), percent) if newer else None
    text = manifest_text(stable.name, str(stable.version), _address(stable, storage_uri), settings, share)
    if out == "-":
        click.echo(text, nl=False)
        return
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(text)
    click.echo(out)


def _address(version: "Version", wanted: str) -> str:
    from rarefault.registry.attachments import address_of
    from serving.deployment import PLACE, cluster_address

    return cluster_address(wanted, address_of(version, PLACE), version.name, str(version.version))
