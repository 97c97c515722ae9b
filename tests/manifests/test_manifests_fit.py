"""The objects of manifests/ fit each other, the code and the rights that the deploy step needs."""

import json
import re
import shutil
from decimal import Decimal

import pytest
import yaml
from manifest_rendering import (
    OVERLAYS,
    ROOT,
    by_kustomize,
    by_rules,
    containers,
    every,
    names,
    pods,
    rendered,
    renderer,
    walk,
)

from pipelines import _cluster
from rarefault.commands.cluster_objects import APPLIED, SECRETS
from serving.cluster import api, rollout
from serving.deployment import deployment_settings
from serving.kubernetes import DeploymentSettings, build

MANIFESTS = ROOT / "manifests"
PROFILE = "kubeflow-user-example-com"


def test_services_lead_to_ports_that_are_open(objects):
    workloads = {json.dumps(t["metadata"]["labels"]): t for _, t in pods(objects)}
    for service in every(objects, "Service"):
        template = workloads[json.dumps(service["spec"]["selector"])]
        ports = {port["name"] for part in template["spec"]["containers"] for port in part["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_addresses_lead_to_services(objects):
    known = {
        f"{s['metadata']['name']}.rarefault.svc:{s['spec']['ports'][0]['port']}" for s in every(objects, "Service")
    }
    assert known == {"mlflow.rarefault.svc:5000", "object-store.rarefault.svc:8333", "database.rarefault.svc:5432"}
    used = {
        address
        for part in objects
        if part["kind"] in ("Deployment", "StatefulSet")
        for _, value in walk(part)
        for address in re.findall(r"[a-z-]+\.rarefault\.svc:\d+", str(value))
    }
    assert used == known


def test_the_firewall_opens_the_ports_that_are_asked_for(objects):
    policies = {part["metadata"]["name"]: part["spec"] for part in every(objects, "NetworkPolicy")}
    assert policies["nothing-else"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, template in pods(objects):
        assert policies[name]["podSelector"]["matchLabels"] == template["metadata"]["labels"]
        opened = {port["port"] for rule in policies[name]["ingress"] for port in rule["ports"]}
        ports = {port["containerPort"] for part in template["spec"]["containers"] for port in part["ports"]}
        assert opened == ports
    for policy in policies.values():
        for rule in policy.get("ingress", []):
            assert rule["from"] and rule["ports"], "open to everybody"
    outward = {port["port"] for rule in policies["mlflow"]["egress"] for port in rule["ports"]}
    assert outward == {5432, 8333}
    assert {port["port"] for rule in policies["models"]["egress"] for port in rule["ports"]} == {8333}


def test_the_deploy_step_may_do_no_more_than_deploy(objects):
    assert not [part for part in objects if part["kind"].startswith("ClusterRole")]
    [role] = every(objects, "Role")
    for rule in role["rules"]:
        assert "*" not in rule["apiGroups"] + rule["resources"] + rule["verbs"]
        assert not {"secrets", "roles", "rolebindings", "serviceaccounts", "pods/exec"} & set(rule["resources"])
    may = {(resource, verb) for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    uses = {(plural, verb) for _, plural in api.KINDS.values() for verb in ("get", "create", "patch")}
    removes = {(api.KINDS[kind][1], "delete") for kind in rollout.OWN_KINDS}
    assert may == uses | removes
    groups = {(rule["apiGroups"][0], resource) for rule in role["rules"] for resource in rule["resources"]}
    assert groups == {(root.split("/")[2] if root != "/api/v1" else "", plural) for root, plural in api.KINDS.values()}
    [binding] = every(objects, "RoleBinding")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "default-editor", "namespace": PROFILE}]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def amount(text):
    """A Kubernetes quantity as a number."""
    digits, unit = re.fullmatch(r"([\d.]+)([a-zA-Z]*)", str(text)).groups()
    factors = {"": 1, "m": Decimal("0.001"), "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    return Decimal(digits) * factors[unit]


def test_the_quota_leaves_room_for_two_models_at_their_limit(objects):
    [quota] = every(objects, "ResourceQuota")
    hard = {key: amount(value) for key, value in quota["spec"]["hard"].items()}
    settings = deployment_settings({})
    replicas = 2 * settings.max_replicas
    fetching = {"limits.cpu": Decimal(1), "limits.memory": amount("1Gi")}  # KServe's own container, before the server's
    for kind in ("requests", "limits"):
        for resource, own in (("cpu", settings.cpu), ("memory", settings.memory)):
            key = f"{kind}.{resource}"
            platform = [
                amount(container["resources"][kind][resource])
                for _, template in pods(objects)
                for container in template["spec"]["containers"]
            ]
            each = max(amount(own), fetching.get(key, Decimal(0)))
            assert sum(platform) + replicas * each <= hard[key], key
    assert len(list(pods(objects))) + replicas <= hard["pods"]
    claims = [claim for part in every(objects, "StatefulSet") for claim in part["spec"]["volumeClaimTemplates"]]
    stored = sum(amount(claim["spec"]["resources"]["requests"]["storage"]) for claim in claims)
    assert stored <= hard["requests.storage"]


def test_the_runtime_is_what_the_command_line_writes(objects):
    [runtime] = every(objects, "ServingRuntime")
    [container] = runtime["spec"]["containers"]
    settings = deployment_settings({"namespace": "rarefault", "image": container["image"]})
    assert runtime == build("m", "1", "s3://rarefault/m/1", settings)[0]


def test_microk8s_runs_the_images_that_the_code_names(monkeypatch):
    monkeypatch.delenv("RAREFAULT_SERVE_IMAGE", raising=False)
    images = {container["image"] for container in containers(rendered("microk8s"))}
    version = (ROOT / "rarefault/__init__.py").read_text().split('__version__ = "')[1].split('"')[0]
    assert {f"localhost:32000/rarefault/{kind}:{version}" for kind in ("serve", "train")} <= images


def test_the_accounts_of_models_know_the_object_store(objects):
    """The objects of a model name no account, so that its pods have the namespace's default one."""
    assert "serviceAccountName" not in str(build("m", "1", "s3://b/m", DeploymentSettings(image="r/serve:1")))
    [account] = [part for part in every(objects, "ServiceAccount") if part["metadata"]["name"] == "default"]
    assert account["secrets"] == [{"name": "rarefault-object-store"}]


def test_the_doctor_knows_every_object(objects):
    brought = {(part["kind"], part["metadata"]["name"]) for part in objects if part["kind"] != "Namespace"}
    assert brought == set(APPLIED)
    assert len(APPLIED) == len(set(APPLIED))


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_profile_is_set_in_one_place(name, tmp_path):
    shutil.copytree(MANIFESTS, tmp_path / "manifests")
    folder = tmp_path / "manifests/overlays" / name
    settings = folder / "settings.yaml"
    settings.write_text(settings.read_text().replace(PROFILE, "press-shop"))
    text = yaml.safe_dump_all(by_kustomize(folder) if renderer() else by_rules(folder))
    assert PROFILE not in text
    assert text.count("press-shop") == yaml.safe_dump_all(rendered(name)).count(PROFILE) == 6


def test_the_steps_of_pipelines_find_what_they_ask_for(objects):
    settings = _cluster.ClusterSettings()
    assert settings.data_claim in names(objects, "PersistentVolumeClaim")
    opened = {part["metadata"]["name"]: part["spec"]["ports"][0]["port"] for part in every(objects, "Service")}
    for address, service in ((settings.registry, "mlflow"), (settings.object_store, "object-store")):
        assert address == f"http://{service}.rarefault.svc:{opened[service]}"
    made = {name: set(keys) for name, namespace, keys, _ in SECRETS if namespace == "profile"}
    readme = (MANIFESTS / "README.md").read_text()
    for name, keys in (_cluster.OBJECT_STORE, _cluster.DATABASE):
        assert set(keys) == made[name]
    for name, keys in (_cluster.MLFLOW, _cluster.NOTIFY):
        assert all(f"`{word}`" in readme for word in (name, *keys))
