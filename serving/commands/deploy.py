"""rarefault deploy: what the deploy step does on a cluster, by hand."""

import click

from serving.commands.assignments import parse
from serving.kubernetes import DeploymentSettings


@click.command()
@click.argument("model", default="", metavar="[MODEL[@ALIAS]]")
@click.option(
    "--storage-uri",
    default="",
    help="Where the model is copied to, such as s3://models/{name}/{version}; default: where the registry keeps it, "
    "or s3://rarefault/NAME/VERSION.",
)
@click.option("--context", default="", help="The context of the kubeconfig; default: the current one.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting of the deployment.")
@click.option("--registry", default="", help="MLflow address; default: sqlite on this machine.")
def deploy(model: str, storage_uri: str, context: str, assignments: tuple[str, ...], registry: str) -> None:
    """Serve a registered model on a KServe cluster.

    MODEL is a registered classifier or inspector; @ALIAS an alias or a version number, by default champion. Without
    MODEL it is the champion of the last run. Its exported folder is copied to the object store (MLFLOW_S3_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), its objects are applied, it is asked for rows whose answers are known,
    and gets more and more of the requests. If anything fails, the version before serves again. The same command again
    changes nothing, and goes on where an interrupted one stopped. An engineer who names a version here decides: it need
    not be the champion.

    Settings are those of `rarefault manifest`, and ready_seconds, canary_steps, canary_seconds and gateway.

    \b
    rarefault deploy
    rarefault deploy secom-classifier@3 --set namespace=line-1
    rarefault deploy secom-classifier --set mode=Knative --set 'canary_steps=[5, 25, 50]' --set canary_seconds=300
    rarefault deploy secom-classifier --context factory --set gateway=http://10.64.140.43
    """
    from rarefault.registry.attachments import address_of
    from rarefault.registry.store import Registry
    from serving.cluster.deploying import bring_to_cluster
    from serving.cluster.settings import RolloutSettings
    from serving.commands.finding import find
    from serving.commands.folders import fetched
    from serving.deployment import PLACE, all_settings, cluster_address, kind_of, say

    chosen = {"context": context} if context else {}
    params = {**parse(assignments, DeploymentSettings, RolloutSettings), **chosen}
    all_settings(params)  # wrong ones are refused before the registry is asked
    store = Registry(registry)
    version, _ = find(store, model)
    settings, rollout = all_settings(params, kind_of(version))
    uri = cluster_address(storage_uri, address_of(version, PLACE), version.name, str(version.version))
    release, _ = bring_to_cluster(store, version, fetched(store, version), uri, settings, rollout, say)
    click.echo(f"{version.name} version {release.version} serves in namespace {release.settings.namespace}")
