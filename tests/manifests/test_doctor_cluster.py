"""rarefault doctor --cluster, against an API server in this process that holds what manifests/ renders to."""

import socket

import pytest
import yaml
from kubernetes_double import Kubernetes, kubeconfig, serve
from manifest_rendering import ROOT, rendered

from rarefault import cli
from rarefault.commands.cluster_checks import Place, examine
from rarefault.commands.cluster_objects import SECRETS, path_of

PLACE = Place()
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/inferenceservices.serving.kserve.io"
STORAGE = "/apis/serving.kserve.io/v1alpha1/clusterstoragecontainers/default"
MODELS = "/apis/serving.kserve.io/v1beta1/namespaces/rarefault/inferenceservices"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def definition(**fields):
    spec = {"properties": {"spec": {"properties": {"predictor": {}, **fields}}}}
    return {"spec": {"versions": [{"name": "v1beta1", "schema": {"openAPIV3Schema": spec}}]}}


def whole_cluster():
    """What a cluster holds after every step of manifests/README.md, by API path."""
    held = {
        "/version": {"major": "1", "minor": "34+", "gitVersion": "v1.34.2"},
        "/apis/metrics.k8s.io/v1beta1": {},
        "/apis/monitoring.coreos.com/v1": {},
        "/apis/gateway.networking.k8s.io/v1": {},
        CRD: definition(canary={"type": "array"}),
        STORAGE: yaml.safe_load((ROOT / "manifests/kserve/storage-initializer.yaml").read_text()),
        path_of("Service", "kubeflow", "ml-pipeline"): {},
        path_of("ServiceAccount", PLACE.profile, "default-editor"): {},
        MODELS: {"items": [served("press")]},
    }
    mark = {"storageclass.kubernetes.io/is-default-class": "true"}
    held[CLASSES] = {"items": [{"metadata": {}}, {"metadata": {"annotations": mark}}]}
    for part in rendered("microk8s"):
        if part["kind"] == "Namespace":
            held[f"/api/v1/namespaces/{part['metadata']['name']}"] = part
            continue
        held[path_of(part["kind"], part["metadata"]["namespace"], part["metadata"]["name"])] = part
        if part["kind"] in ("Deployment", "StatefulSet"):
            part["status"] = {"readyReplicas": 1}
    for name, namespace, keys, notes in SECRETS:
        where = PLACE.namespace if namespace == "rarefault" else PLACE.profile
        metadata = {"annotations": dict.fromkeys(notes, "x")}
        held[path_of("Secret", where, name)] = {"metadata": metadata, "data": dict.fromkeys(keys, "c2VjcmV0")}
    return held


def served(name, ready="True", **more):
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready, **more}]}}


@pytest.fixture(scope="module")
def held():
    return whole_cluster()


@pytest.fixture
def kubernetes(held, tmp_path, monkeypatch):
    """The server, which the command line finds by its kubeconfig."""
    made = Kubernetes(held)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with serve(made) as address:
        use(monkeypatch, kubeconfig(tmp_path / "config", address))
        yield made


def use(monkeypatch, path):
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))


def doctor(capsys, *words):
    """The exit code, and what was said."""
    with pytest.raises(SystemExit) as end:
        cli.main(["doctor", "--cluster", *words])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


class Dictionary:
    """Reads from a dictionary."""

    def __init__(self, objects):
        self.objects, self.asked = objects, []

    def read(self, path):
        self.asked.append(path)
        return self.objects.get(path)


def bad(objects):
    return [finding for finding in examine(Dictionary(objects), PLACE) if finding.bad]


def test_a_whole_cluster_is_well(kubernetes, capsys):
    code, out, err = doctor(capsys)
    assert (code, err) == (0, "")
    assert "all is well" in out and "!" not in out
    assert "model press" in out
    assert set(kubernetes.asked) == set(kubernetes.objects), "something is checked that the manifests do not bring"


def test_an_empty_cluster_is_told_everything(kubernetes, capsys, held):
    kubernetes.objects.clear()
    code, out, _ = doctor(capsys)
    assert code == 1
    assert f"{len(held) - 1} problem(s) found" in out  # no model is no problem
    assert "none is served yet" in out


def paths():
    return sorted(path for path in whole_cluster() if path != MODELS)


@pytest.mark.parametrize("path", paths())
def test_each_missing_thing_is_told_with_what_to_do(held, path):
    [finding] = bad({key: value for key, value in held.items() if key != path})
    assert finding.text.startswith("missing; ")
    assert any(word in finding.text for word in ("kubectl", "microk8s", "manifests/README.md", "--profile"))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("/version", {"major": "1", "minor": "33", "gitVersion": "v1.33.1"}, "v1.33.1 is too old"),
        (CLASSES, {"items": []}, "no storage class is the default"),
        (CRD, definition(), "no canary in Standard mode"),
        (STORAGE, {"spec": {"container": {"name": "storage-initializer"}}}, "would refuse every model's pod"),
        ("/api/v1/namespaces/rarefault", {"metadata": {"labels": {}}}, "level is None, not restricted"),
        (path_of("Secret", "rarefault", "rarefault-object-store"), {"metadata": {}, "data": {}}, "AWS_ACCESS_KEY_ID, "),
        (path_of("Secret", PLACE.profile, "rarefault-database"), {"metadata": {}}, "lacks uri"),
        (path_of("StatefulSet", "rarefault", "database"), {"spec": {"replicas": 1}}, "0 of 1 pods are ready"),
        (path_of("Deployment", "rarefault", "mlflow"), {"spec": {}, "status": {}}, "0 of 1 pods are ready"),
        (path_of("RoleBinding", "rarefault", "rarefault-deployer"), {"subjects": []}, "no rights to default-editor"),
        (
            path_of("PersistentVolumeClaim", PLACE.profile, "rarefault-data"),
            {"status": {"phase": "Lost"}},
            "volume is lost",
        ),
        (
            MODELS,
            {"items": [served("a"), served("b", "False", message="no image")]},
            "not ready: no image; see kubectl",
        ),
        (MODELS, {"items": [{"metadata": {"name": "b"}}]}, "KServe has not looked at it"),
    ],
)
def test_what_is_there_but_wrong_is_told(held, path, value, said):
    [finding] = bad({**held, path: value})
    assert said in finding.text
    assert "kubectl" in finding.text or "manifests/README.md" in finding.text or "microk8s" in finding.text


def test_a_secret_is_never_shown(kubernetes, capsys):
    _, out, err = doctor(capsys)
    assert "c2VjcmV0" not in out + err and "secret" not in out


def test_another_profile_and_namespace_are_looked_for(held):
    reader = Dictionary(held)
    findings = list(examine(reader, Place("line-1", "press-shop")))
    assert sum(finding.bad for finding in findings) > 20
    named = [path for path in reader.asked if "/namespaces/" in path]
    assert all("/namespaces/line-1" in p or "/press-shop/" in p or "/kubeflow/" in p for p in named)


def test_what_may_not_be_read_is_told(kubernetes, capsys):
    kubernetes.forbidden = {path_of("Secret", "rarefault", "rarefault-database"), MODELS}
    code, out, _ = doctor(capsys)
    assert code == 1
    assert "you may not read it" in out and "1 problem(s) found" in out


def test_a_wrong_login_is_one_line(kubernetes, tmp_path, monkeypatch, capsys):
    config = yaml.safe_load((tmp_path / "config").read_text())
    config["users"][0]["user"]["token"] = "another"
    (tmp_path / "other").write_text(yaml.safe_dump(config))
    use(monkeypatch, tmp_path / "other")
    code, _, err = doctor(capsys)
    assert code == 2
    assert err.count("\n") == 1 and "refuses this login; renew the kubeconfig" in err


def test_no_server_is_one_line(tmp_path, monkeypatch, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        use(monkeypatch, kubeconfig(tmp_path / "config", f"http://127.0.0.1:{free.getsockname()[1]}"))
        code, _, err = doctor(capsys)
    assert code == 2
    assert err.count("\n") == 1 and "cannot be reached" in err


def test_a_server_that_never_answers_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("rarefault.commands.cluster_reading._SECONDS", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(monkeypatch, kubeconfig(tmp_path / "config", f"http://127.0.0.1:{silent.getsockname()[1]}"))
        code, _, err = doctor(capsys)
    assert code == 2
    assert err.count("\n") == 1 and "cannot be reached" in err


def test_something_else_than_kubernetes_is_one_line(kubernetes, capsys):
    kubernetes.says = lambda body: "<html>welcome</html>"
    code, _, err = doctor(capsys)
    assert code == 2
    assert err.count("\n") == 1 and "is no Kubernetes API server" in err


@pytest.mark.parametrize("content", [None, "", "a: [", "kind: Config\n"])
def test_no_kubeconfig_is_one_line(tmp_path, monkeypatch, capsys, content):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if content is not None:
        (tmp_path / "config").write_text(content)
    use(monkeypatch, tmp_path / "config")
    code, _, err = doctor(capsys)
    assert code == 2
    assert err.count("\n") == 1 and "no cluster is known" in err


def test_an_unknown_context_is_one_line(kubernetes, capsys):
    code, _, err = doctor(capsys, "--context", "elsewhere")
    assert code == 2
    assert err.count("\n") == 1 and "elsewhere" in err


@pytest.mark.parametrize("name", ["../secrets", "A", "a/b", ""])
@pytest.mark.parametrize("option", ["--namespace", "--profile"])
def test_a_name_that_is_none_is_refused(kubernetes, capsys, option, name):
    code, _, err = doctor(capsys, option, name)
    assert code == 2
    assert "is no namespace" in err
    assert not kubernetes.asked
