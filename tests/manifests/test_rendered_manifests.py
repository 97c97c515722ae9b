"""Every object that manifests/ renders to: what a cluster takes, and what it must not hold."""

import copy
import re

import pytest
import yaml
from cluster_schemas import RefusedError, check
from manifest_rendering import ROOT, by_kustomize, by_rules, containers, every, key_of, names, pods, renderer, walk

from rarefault.commands.cluster_objects import SECRETS

MANIFESTS = ROOT / "manifests"
README = (MANIFESTS / "README.md").read_text()
PROFILE = "kubeflow-user-example-com"
SAID = re.compile(r"password|secret|token|credential|(access|private|api)[-_]?key", re.IGNORECASE)
SETTING = re.compile(r"//[^/@\s]*:(?!\$\()[^/@\s]+@|-----BEGIN|AKIA[0-9A-Z]{16}")


@pytest.fixture(scope="session")
def everything(objects):
    """The overlay and the pod that copies data."""
    return [*objects, yaml.safe_load((MANIFESTS / "data-pod.yaml").read_text())]


def test_a_cluster_takes_every_object(everything, schema_folder):
    for part in everything:
        check(part, schema_folder)


def test_the_check_refuses_an_unknown_field_in_every_kind(everything, schema_folder):
    kinds = {part["kind"]: part for part in everything}
    for part in kinds.values():
        body = next((key for key in ("spec", "rules", "roleRef") if key in part), None)
        for path in [[], [body]] if body and part["kind"] not in ("PodMonitor", "PrometheusRule") else [[body]]:
            wrong = copy.deepcopy(part)
            place = wrong
            for key in filter(None, path):
                place = place[key]
            place = place[0] if isinstance(place, list) else place
            place["unknownField"] = "x"
            with pytest.raises(RefusedError, match="unknownField"):
                check(wrong, schema_folder)


def test_kubectl_and_the_rules_agree(overlay):
    if renderer() is None:
        pytest.skip("neither kubectl nor kustomize is installed; the manifests are rendered by the rules alone")
    folder = MANIFESTS / "overlays" / overlay
    one, other = by_kustomize(folder), by_rules(folder)
    assert {key_of(part): part for part in one} == {key_of(part): part for part in other}
    assert len(one) == len(other) == len({key_of(part) for part in one})


def test_every_image_has_a_version(everything):
    images = [container["image"] for container in containers(everything)]
    assert len(images) >= 5
    for image in images:
        name, colon, tag = image.rpartition(":")
        assert colon and "/" in name and "/" not in tag, f"{image} has no tag"
        assert re.match(r"v?\d", tag), f"{image} is not pinned"


def test_no_secret_is_written_down(everything):
    assert not every(everything, "Secret")
    for part in everything:
        if part["kind"] == "ConfigMap" and "dashboard" in part["metadata"]["name"]:
            continue
        for path, value in walk(part):
            assert not SETTING.search(str(value)), f"{key_of(part)}: {path}"
    for container in containers(everything):
        for variable in container.get("env", []):
            if SAID.search(variable["name"]):
                assert "value" not in variable, f"{variable['name']} is written down"
                assert variable["valueFrom"]["secretKeyRef"]


def test_every_container_is_restricted_limited_and_probed(everything):
    checked = 0
    for part in everything:
        whole = part["spec"].get("template", part).get("spec", {}) if part.get("spec") else {}
        for container in containers(part):
            checked += 1
            own, above = container["securityContext"], whole.get("securityContext", {})
            context = {**above, **own}
            assert context["runAsNonRoot"] is True
            assert context["runAsUser"] > 0
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
            assert own["allowPrivilegeEscalation"] is False
            assert own["readOnlyRootFilesystem"] is True
            assert own["capabilities"] == {"drop": ["ALL"]}
            for kind in ("requests", "limits"):
                assert set(container["resources"][kind]) == {"cpu", "memory"}
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert checked == 5


def test_no_pod_has_an_account_of_the_cluster(everything):
    for _, template in pods(everything):
        assert template["spec"]["automountServiceAccountToken"] is False
        assert template["spec"]["enableServiceLinks"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(template["spec"])
        assert not any("hostPath" in volume for volume in template["spec"].get("volumes", []))
    for account in every(everything, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_the_namespace_is_restricted(objects):
    [namespace] = every(objects, "Namespace")
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {part["metadata"]["namespace"] for part in objects if part is not namespace} == {"rarefault", PROFILE}


def referred(part):
    """Kind, name and key of everything that an object's pods or accounts refer to."""
    for path, value in walk(part):
        if path[-1] != "name":
            continue
        holder = part
        for key in path[:-1]:
            holder = holder[key]
        kinds = {
            "secretKeyRef": "Secret",
            "configMapKeyRef": "ConfigMap",
            "configMap": "ConfigMap",
            "secrets": "Secret",
        }
        for key in path[-3:-1]:
            if key in kinds:
                yield kinds[key], value, holder.get("key")
    for path, value in walk(part):
        if path[-1] == "claimName":
            yield "PersistentVolumeClaim", value, None
        if path[-1] == "serviceAccountName":
            yield "ServiceAccount", value, None


def test_what_is_referred_to_is_there_or_told(everything):
    documented = {name: set() for name, *_ in SECRETS}
    for name, _, keys, _ in SECRETS:
        documented[name] |= set(keys)
    seen = set()
    for part in everything:
        for kind, name, key in referred(part):
            seen.add(kind)
            if kind == "Secret":
                assert name in documented and name in README
                assert key is None or key in documented[name]
            else:
                assert name in names(everything, kind), f"{kind} {name} is not in the manifests"
    assert seen == {"Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount"}


def test_every_mounted_volume_is_defined(everything):
    for name, template in pods(everything):
        volumes = {volume["name"] for volume in template["spec"].get("volumes", [])} | {"data"}
        for container in template["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes, name
