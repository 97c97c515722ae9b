"""One attempt to deploy a version, as a test asks for it."""

from dataclasses import replace

from serving.cluster.api import Cluster
from serving.cluster.cases import _case
from serving.cluster.journal import Release
from serving.cluster.rollout import Rollout
from serving.cluster.settings import RolloutSettings
from serving.cluster.smoke import Smoke
from serving.kubernetes import DeploymentSettings
from serving.model_folder import ModelFolder

MODEL, URI = "press", "s3://rarefault/press/{}"
QUICK = RolloutSettings(apply=True, ready_seconds=10.0, canary_seconds=0.0)


def release(version, mode="Standard", **settings):
    """A version as it is to be served."""
    known = {"image": "registry:5000/serve:1", "mode": mode, "namespace": "rarefault"}
    return Release(version, URI.format(version), DeploymentSettings(**{**known, **settings}))


def cases(folder):
    """The example rows of an exported folder with their registered predictions."""
    model = ModelFolder.read(folder)
    names = [feature.name for feature in model.features]
    pairs = zip(model.example_rows, model.example_probabilities, strict=True)
    return [_case(model, dict(zip(names, row, strict=True)), probability) for row, probability in pairs]


def deploy(target, folder, steps=None, say=lambda line: None, **settings):
    """Run one attempt against the cluster that KUBECONFIG names."""
    rollout = replace(QUICK, canary_steps=steps, **settings)
    cluster = Cluster(target.settings.namespace, say=say)
    return Rollout(cluster, MODEL, target, rollout, Smoke(MODEL, cases(folder), say), say).run()
