"""What manifests/README.md has a person do: the patches of KServe, the Secrets, the files and alerts that it names."""

import json
import re

import yaml
from cluster_schemas import check
from manifest_rendering import ROOT, every, rendered

from rarefault.commands.cluster_objects import SECRETS
from serving.kubernetes import DeploymentSettings

MANIFESTS = ROOT / "manifests"
README = (MANIFESTS / "README.md").read_text()


def test_kserve_fetches_models_in_a_restricted_container(schema_folder):
    """KServe's own object, completed as README.md says."""
    patch = yaml.safe_load((MANIFESTS / "kserve/storage-initializer.yaml").read_text())
    amounts = {"requests": {"memory": "100Mi", "cpu": "100m"}, "limits": {"memory": "1Gi", "cpu": "1"}}
    container = {"name": "storage-initializer", "image": "kserve/storage-initializer:v0.20.0", "resources": amounts}
    spec = {"container": container | patch["spec"]["container"], "supportedUriFormats": [{"prefix": "s3://"}]}
    whole = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterStorageContainer",
        "metadata": {"name": "default"},
        "spec": {**spec, "workloadType": "initContainer"},
    }
    check(whole, schema_folder)
    context = patch["spec"]["container"]["securityContext"]
    assert context["runAsNonRoot"] and context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]} and context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_kserve_serves_in_standard_mode_through_the_gateway():
    settings = yaml.safe_load((MANIFESTS / "kserve/settings.yaml").read_text())["data"]
    gateway, rights = yaml.safe_load_all((MANIFESTS / "kserve/gateway.yaml").read_text())
    ingress = json.loads(settings["ingress"])
    assert json.loads(settings["deploy"]) == {"defaultDeploymentMode": "Standard"}
    assert ingress["enableGatewayApi"] is True
    assert ingress["kserveIngressGateway"] == f"{gateway['metadata']['namespace']}/{gateway['metadata']['name']}"
    assert ingress["ingressClassName"] == gateway["spec"]["gatewayClassName"]
    assert rights["spec"]["selector"]["matchLabels"] == {
        "gateway.networking.k8s.io/gateway-name": gateway["metadata"]["name"]
    }
    assert gateway["metadata"]["namespace"] in DeploymentSettings(image="r/serve:1").allowed_namespaces


def test_the_guide_names_files_and_steps_that_exist():
    for path in set(re.findall(r"(?<![\w/])(?:manifests|overlays|base|kserve|components)/[\w./-]*[\w/]", README)):
        assert (MANIFESTS / path.removeprefix("manifests/")).exists(), path
    steps = dict(re.findall(r"^## (\d)\. (.+)$", README, re.MULTILINE))
    told = {"3": "Kubeflow", "4": "KServe and the gateway", "5": "Secrets"}  # by the doctor
    assert told.items() <= steps.items()
    assert "microk8s enable kubeflow" not in README


def test_the_guide_makes_every_secret_whole():
    for name, namespace, keys, notes in SECRETS:
        assert f"create secret generic {name}" in README, namespace
        for word in (*keys, *notes):
            assert word in README


def test_the_guide_tells_every_alert():
    [rules] = every(rendered("microk8s"), "PrometheusRule")
    alerts = {rule["alert"] for group in rules["spec"]["groups"] for rule in group["rules"] if "alert" in rule}
    assert alerts == set(re.findall(r"`(Rarefault[A-Z]\w+)`", README))
