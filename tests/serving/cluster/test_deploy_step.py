"""The deploy step and `rarefault deploy`, from a registered version over a real object store to a cluster."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from fake_kserve import FakeCluster, Pod
from registered_models import NAME, open_workshop

from rarefault.errors import InputError
from rarefault.registry.attachments import address_of
from rarefault.storage import SUMS, Server, StorageError, fetch
from serving.cluster import ClusterError, RolloutError
from serving.cluster.deploying import OUTCOME, bring_to_cluster
from serving.commands.deploy import deploy
from serving.deployment import PLACE, all_settings

sys.path.insert(0, str(Path(__file__).parents[2] / "storage"))
from object_store import BUCKET, Weed, environment, free_ports

APPLY = {"apply": True, "ready_seconds": 10.0, "canary_seconds": 0.0}


class FetchedPods(dict):
    """Pods whose models are fetched from the object store, as KServe does it; others behave as they are told."""

    def __init__(self, store, folder):
        super().__init__()
        self.store, self.folder, self.shift = store, folder, 0.0

    def __contains__(self, uri):
        return uri is not None

    def __missing__(self, uri):
        target = self.folder / str(len(self))
        self[uri] = Pod(fetch(uri, target, self.store), shift=self.shift)
        return self[uri]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    with open_workshop(tmp_path_factory.mktemp("workshop")) as opened:
        opened.one = opened.register("one", champion=True)
        yield opened


@pytest.fixture(scope="module")
def weed(tmp_path_factory):
    server = Weed(tmp_path_factory.mktemp("seaweed"))
    yield server
    server.kill()


@pytest.fixture
def cluster(weed, tmp_path, monkeypatch, quick):
    for name, value in environment(weed.url).items():
        monkeypatch.setenv(name, value)
    made = FakeCluster(tmp_path, FetchedPods(Server(environment(weed.url)), tmp_path / "pods"))
    monkeypatch.setenv("KUBECONFIG", str(made.kubeconfig))
    yield made
    made.close()


@pytest.fixture
def again(workshop):
    """Make version 1 the champion again after a test that promoted another."""
    yield
    workshop.store.promote(NAME, "1")


def outcome(workshop, version):
    return workshop.store.version(NAME, version).tags.get(OUTCOME, "")


def objects(weed, prefix=""):
    return {found.object_name: found.etag for found in weed.client.list_objects(BUCKET, prefix, recursive=True)}


def test_without_apply_no_cluster_is_asked(workshop, monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    _, text, numbers = workshop.deploy(workshop.one, settings={"canary_steps": [5.0]})
    assert numbers["deployed"] == 0
    assert f"storageUri: s3://rarefault/{NAME}/1\n" in text


def test_the_champion_goes_through_the_object_store_onto_the_cluster(workshop, weed, cluster, capsys):
    exported, text, numbers = workshop.deploy(workshop.one, settings=APPLY)
    assert numbers["deployed"] == 1
    assert numbers["smoke_requests"] >= 8  # five of the export's rows, three test rows of the registry
    assert cluster.answering() == {"1": 100}
    uri = cluster.service["spec"]["predictor"]["model"]["storageUri"]
    assert uri.startswith(f"s3://{BUCKET}/{NAME}/1/")
    there = objects(weed, uri.removeprefix(f"s3://{BUCKET}/"))
    assert {name.rpartition("/")[2] for name in there} == {path.name for path in exported.iterdir()}
    assert outcome(workshop, "1") == f"serves in namespace rarefault from {uri}"
    manifest = {thing["kind"]: thing for thing in yaml.safe_load_all(text)}
    assert manifest["InferenceService"]["spec"] == cluster.service["spec"]
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("deploy: ")]
    assert f"deploy: version 1 serves {NAME}" in said
    assert any("8 rows with registered predictions" in line for line in said)


def test_the_step_run_again_changes_nothing(workshop, weed, cluster):
    workshop.deploy(workshop.one, settings=APPLY)
    before, kept = cluster.state(), objects(weed)
    _, _, numbers = workshop.deploy(workshop.one, settings=APPLY)
    assert numbers["files_sent"] == 0
    assert (cluster.state(), objects(weed)) == (before, kept)


def test_a_challenger_waits_for_an_engineer(workshop, cluster, capsys):
    waiting = workshop.register("waiting")
    _, text, numbers = workshop.deploy(waiting, settings=APPLY)
    assert numbers["deployed"] == 0
    assert cluster.service is None and not cluster.api.requests
    version = json.loads(waiting.read_text())["version"]
    assert (
        f"version {version} of {NAME} is not the champion, so nothing is deployed: It waits." in capsys.readouterr().err
    )
    assert "kind: InferenceService" in text


def test_a_version_that_is_no_champion_any_more_is_not_deployed(workshop, cluster, again, capsys):
    number = json.loads(workshop.register("newer", champion=True).read_text())["version"]
    assert workshop.deploy(workshop.one, settings=APPLY)[2]["deployed"] == 0
    assert f"is not the champion, so nothing is deployed: version {number} is" in capsys.readouterr().err
    assert cluster.service is None


def test_the_next_champion_replaces_it_and_a_bad_one_does_not(workshop, cluster, again):
    workshop.deploy(workshop.one, settings=APPLY)
    second = workshop.register("second", champion=True)
    number = json.loads(second.read_text())["version"]
    workshop.deploy(second, settings=APPLY | {"mode": "Standard", "canary_steps": [25]})
    assert cluster.answering() == {number: 100}
    third = workshop.register("third", champion=True)
    cluster.pods.shift = 0.1
    with pytest.raises(RolloutError, match=f"is registered; version {number} serves {NAME} again"):
        workshop.deploy(third, settings=APPLY)
    assert cluster.answering() == {number: 100}
    assert outcome(workshop, json.loads(third.read_text())["version"]).startswith("failed: version")


def test_wrong_keys_change_nothing(workshop, cluster, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StorageError, match="does not know these keys"):
        workshop.deploy(workshop.one, storage_uri=f"s3://{BUCKET}/elsewhere/{{name}}", settings=APPLY)
    assert cluster.service is None


def test_an_object_store_that_is_away_changes_nothing(workshop, cluster, monkeypatch):
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(StorageError, match="cannot be reached"):
        workshop.deploy(workshop.one, settings=APPLY)
    assert cluster.service is None


def test_other_addresses_are_taken_as_they_are(workshop, weed, cluster, tmp_path):
    exported, _, _ = workshop.deploy(workshop.one)
    cluster.pods["pvc://models/one"] = Pod(exported)
    before = objects(weed)
    workshop.deploy(workshop.one, storage_uri="pvc://models/one", settings=APPLY)
    assert cluster.service["spec"]["predictor"]["model"]["storageUri"] == "pvc://models/one"
    assert objects(weed) == before


def test_what_the_registry_keeps_in_the_object_store_is_not_copied(workshop, weed, cluster):
    exported, _, _ = workshop.deploy(workshop.one)
    version, uri = workshop.store.version(NAME, "1"), f"s3://{BUCKET}/mlflow/artifacts/serving"
    kept = address_of(version, PLACE)
    cluster.pods[uri] = Pod(exported)
    before, said = objects(weed), []
    workshop.store.tag(version, {f"rarefault.attached.{PLACE}": uri})
    try:
        settings, rollout = all_settings(APPLY)
        release, _ = bring_to_cluster(workshop.store, version, exported, uri, settings, rollout, said.append)
    finally:
        workshop.store.tag(version, {f"rarefault.attached.{PLACE}": kept})
    assert release.storage_uri == uri and objects(weed) == before
    assert said[0] == f"the registry keeps the model at {uri}, where the cluster reads it"


def test_a_folder_half_uploaded_is_finished(workshop, weed, cluster):
    workshop.deploy(workshop.one, storage_uri=f"s3://{BUCKET}/half/{{version}}", settings=APPLY)
    [marker] = [name for name in objects(weed, "half/") if name.endswith(SUMS)]
    weed.client.remove_object(BUCKET, marker)
    numbers = workshop.deploy(workshop.one, storage_uri=f"s3://{BUCKET}/half/{{version}}", settings=APPLY)[2]
    assert marker in objects(weed, "half/")
    assert numbers["files_sent"] == 0


def test_settings_are_checked_before_anything_else(workshop):
    with pytest.raises(InputError, match="canary_steps must grow and be from 1 to 99, got"):
        workshop.deploy(workshop.one, settings={"canary_steps": [50, 10]})
    with pytest.raises(InputError, match=r"a deployment has no setting 'aply'; known settings: \['image'.*'apply'"):
        workshop.deploy(workshop.one, settings={"aply": True})


def run(*words):
    return CliRunner().invoke(deploy, list(words))


def test_the_command_does_the_same_by_hand(workshop, cluster):
    workshop.deploy(workshop.one)
    done = run(NAME, "--set", "ready_seconds=10", "--set", "namespace=rarefault", "--set", "max_replicas=3")
    assert done.exception is None, done.output
    assert done.output.splitlines()[-1] == f"{NAME} version 1 serves in namespace rarefault"
    assert cluster.answering() == {"1": 100}
    assert cluster.service["spec"]["predictor"]["maxReplicas"] == 3


def test_the_command_names_the_context(workshop, cluster):
    done = run(NAME, "--context", "elsewhere")
    assert isinstance(done.exception, ClusterError)
    assert "elsewhere" in str(done.exception) and "\n" not in str(done.exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((NAME, "--set", "ready_seconds=0"), "ready_seconds must be > 0"),
        ((NAME, "--set", "gateway=10.0.0.1"), "gateway must be http://HOST"),
        ((NAME, "--set", "speed=5"), "one of the keys image, mode"),
        ((NAME, "--storage-uri", "/tmp/model"), "storage_uri must begin with one of s3://"),
        (("nothing",), "registered models: gearbox"),
    ],
)
def test_what_the_command_cannot_do_is_told(workshop, cluster, words, said):
    workshop.deploy(workshop.one)
    done = run(*words)
    assert isinstance(done.exception, ValueError) and said in str(done.exception), done.output
    assert "\n" not in str(done.exception)
    assert cluster.service is None


def test_help_teaches():
    said = run("--help").output
    assert "rarefault deploy secom-classifier@3 --set namespace=line-1" in said
    assert "If anything fails, the version before serves again." in " ".join(said.split())
