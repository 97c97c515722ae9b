"""A version onto a cluster: what is applied, what is asked, and what is left when something fails."""

import dataclasses
import json

import pytest
import yaml
from rollouts import deploy, release

from serving.cluster import ClusterError, RolloutError, SupersededError
from serving.cluster.errors import ConflictError, ForbiddenError
from serving.kubernetes import Canary, DeploymentSettings, build

MODES = ("Standard", "Knative")
STEPS = (10, 50)


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


@pytest.fixture
def go(cluster, versions):
    """go(version, mode, ...) -> the lines that were said; raises what the attempt raises."""

    def run(version, mode="Standard", steps=STEPS, image="registry:5000/serve:1", **settings):
        run.said = []
        deploy(release(version, mode, image=image), versions[version], steps, run.said.append, **settings)
        return run.said

    return run


def journal(cluster):
    data = cluster.api.objects["ConfigMap", "press-release"]["data"]
    return {**data, "stable": json.loads(data["stable"] or "null")}


def applied(cluster, kind="InferenceService"):
    """What was applied to the cluster, one after the other."""
    found = []
    for method, path, query, body in cluster.api.requests:
        if method == "PATCH" and "dryRun" not in query:
            thing = json.loads(body)
            if thing.get("kind") == kind:
                found.append(thing)
            assert query["fieldManager"] == "rarefault", path
    return found


def shares(cluster):
    """The canary's share in each service that was applied; None without canary."""
    found = []
    for service in applied(cluster):
        spec = service["spec"]
        canary = spec.get("canary")
        found.append(canary[0]["trafficPercent"] if canary else spec["predictor"].get("canaryTrafficPercent"))
    return found


def one_line(told):
    assert "\n" not in str(told.value)
    return str(told.value)


def test_the_first_version_is_applied_and_asked(cluster, go, mode):
    said = go("3", mode)
    assert cluster.answering() == {"3": 100}
    assert shares(cluster) == [None]
    assert {kind for kind, _ in cluster.api.objects} == {
        *("ConfigMap", "ServingRuntime", "NetworkPolicy", "InferenceService", "PodMonitor")
    }
    assert journal(cluster)["stable"]["version"] == "3"
    assert journal(cluster)["attempt"] == ""
    assert said[-2:] == ["version 3 answers as registered", "version 3 serves press"]


def test_the_next_version_gets_more_and_more_of_the_requests(cluster, go, mode):
    go("3", mode)
    cluster.api.requests.clear()
    said = go("4", mode)
    assert shares(cluster) == [10, 50, None]
    assert cluster.answering() == {"4": 100}
    assert "version 4 gets 10 % of the requests, version 3 keeps the others" in said
    assert "version 4 answers as registered at 50 %" in said
    assert "canary" not in cluster.service["spec"]
    assert "canaryTrafficPercent" not in cluster.service["spec"]["predictor"]
    assert journal(cluster)["stable"]["version"] == "4"


def test_the_canary_itself_is_asked(cluster, go):
    go("3")
    cluster.asked.clear()
    go("4")
    asked = {(host.partition(".")[0], uri[-1]) for host, uri, _ in cluster.asked}
    assert ("press-v4-predictor", "4") in asked


def test_without_steps_a_version_is_replaced_at_once(cluster, go, mode):
    go("3", mode)
    cluster.api.requests.clear()
    go("4", mode, steps=())
    assert shares(cluster) == [None]
    assert cluster.answering() == {"4": 100}


def test_by_default_only_knative_moves_in_steps(cluster, go, mode):
    """In Standard mode a canary needs a KServe that Kubeflow does not bring yet."""
    go("3", mode)
    cluster.api.requests.clear()
    go("4", mode, steps=None)
    assert shares(cluster) == ([None] if mode == "Standard" else [10, 50, None])


def test_deploying_again_changes_nothing(cluster, go, mode):
    go("3", mode)
    go("4", mode)
    before = cluster.state(), cluster.service["metadata"]["resourceVersion"], list(cluster.revisions)
    cluster.api.requests.clear()
    go("4", mode)
    assert (cluster.state(), cluster.service["metadata"]["resourceVersion"], list(cluster.revisions)) == before
    assert shares(cluster) == [None]


def test_other_settings_of_the_same_version_are_applied(cluster, go):
    go("3")
    go("3", image="registry:5000/serve:2")
    [container] = cluster.api.objects["ServingRuntime", "rarefault"]["spec"]["containers"]
    assert container["image"] == "registry:5000/serve:2"
    assert journal(cluster)["stable"]["settings"]["image"] == "registry:5000/serve:2"


# failures: the previous version serves again

HARMS = {
    "never ready": {"ready": False},
    "cannot be loaded": {"fails": True},
    "answers otherwise": {"shift": 0.01},
    "answers errors": {"errors": True},
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("steps", [STEPS, ()], ids=["steps", "at once"])
def test_what_fails_is_put_back(cluster, go, mode, harm, steps):
    go("3", mode)
    before = cluster.state()
    for name, value in HARMS[harm].items():
        setattr(cluster.pods["s3://rarefault/press/4"], name, value)
    with pytest.raises(RolloutError) as told:
        go("4", mode, steps, ready_seconds=0.5)
    assert one_line(told).endswith("; version 3 serves press again")
    assert {"answers otherwise": "registered", "cannot be loaded": ""}.get(harm, "does not answer") in str(told.value)
    after = cluster.state()
    assert after["answers"] == {"3": 100}
    assert "failed" in journal(cluster)["said"] and journal(cluster)["attempt"] == ""
    for state in (before, after):
        state["('ConfigMap', 'press-release')"]["data"].pop("said")
    assert after == before


def test_a_model_that_kserve_gave_up_is_told(cluster, go):
    go("3")
    cluster.pods["s3://rarefault/press/4"].fails = True
    with pytest.raises(RolloutError, match=r"KServe gave the version up: ModelLoadFailed: no such bucket; version 3"):
        go("4", steps=(), ready_seconds=0.5)


def test_no_request_meets_the_failed_revision_while_the_old_one_comes_back(cluster, go, monkeypatch):
    """Knative sends what it has to the newest revision that is ready, and that is the failed one."""
    go("3", "Knative")
    cluster.pods["s3://rarefault/press/4"].shift = 0.01
    cluster.pods["s3://rarefault/press/3"].after = 5
    seen = []
    real = cluster._look
    monkeypatch.setattr(
        cluster, "_look", lambda *a: (seen.append((cluster.answering(), shares(cluster)[-1])), real(*a))[1]
    )
    with pytest.raises(RolloutError, match="version 3 serves press again"):
        go("4", "Knative")
    back = [answering for answering, share in seen if share == 0]
    assert back and all(answering.get("4", 0) == 0 for answering in back)


def test_a_first_version_that_fails_leaves_no_service(cluster, go, mode):
    cluster.pods["s3://rarefault/press/3"].ready = False
    with pytest.raises(
        RolloutError, match=r"version 3 does not answer after 0.5 s: .*; press is not served, as before"
    ):
        go("3", mode, ready_seconds=0.5)
    assert {kind for kind, _ in cluster.api.objects} == {"ConfigMap", "ServingRuntime"}
    cluster.pods["s3://rarefault/press/3"].ready = True
    go("3", mode)
    assert cluster.answering() == {"3": 100}


def test_a_version_that_breaks_while_it_is_watched_is_put_back(cluster, go, monkeypatch):
    go("3", "Knative")
    from serving.cluster.smoke import Smoke

    real = Smoke.watch

    def watch(self, *arguments):
        cluster.pods["s3://rarefault/press/4"].shift = 0.2
        real(self, *arguments)

    monkeypatch.setattr(Smoke, "watch", watch)
    with pytest.raises(RolloutError, match=r"version 4 answers .* is registered; version 3 serves press again"):
        go("4", "Knative", canary_seconds=5.0)
    assert cluster.answering() == {"3": 100}


def test_a_previous_version_that_does_not_come_back_is_told(cluster, go):
    go("3")
    cluster.pods["s3://rarefault/press/4"].shift = 0.01
    cluster.pods["s3://rarefault/press/3"].errors = True
    with pytest.raises(RolloutError, match=r"and version 3 could not be put back: version 3 does not answer"):
        go("4", steps=(), ready_seconds=0.5)


# what the cluster refuses


def test_a_conflict_is_tried_again(cluster, go):
    cluster.api.conflicts = {"InferenceService": 2, "ServingRuntime": 1}
    go("3")
    assert cluster.answering() == {"3": 100}


def test_a_conflict_that_never_ends_is_told(cluster, go):
    cluster.api.conflicts = {"ConfigMap": 1000}
    with pytest.raises(
        ConflictError, match=r"ConfigMap press-release (in namespace rarefault changed meanwhile|never stops)"
    ):
        go("3")
    assert cluster.service is None


def test_fields_of_another_manager_are_taken_over_and_named(cluster, go):
    go("3")
    for thing in build("press", "3", "s3://rarefault/press/3", DeploymentSettings(image="i", min_replicas=2)):
        if thing["kind"] == "InferenceService":
            cluster.api.applied_by_hand(thing)
    said = go("3")
    assert cluster.service["spec"]["predictor"]["minReplicas"] == 1
    assert 'taking over InferenceService press: .spec.predictor.minReplicas, set by "kubectl"' in said


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("get", "ConfigMap"), ("patch", "ConfigMap"), ("patch", "InferenceService"), ("patch", "ServingRuntime")],
)
def test_a_forbidden_change_is_told_before_anything_is_changed(cluster, go, verb, kind):
    go("3")
    before = cluster.state()
    cluster.api.forbidden = {(verb, kind)}
    with pytest.raises(ForbiddenError) as told:
        go("4")
    assert f"the cluster forbids to {verb} {kind}" in one_line(told)
    assert 'default-editor" cannot' in str(told.value)
    assert str(told.value).endswith("accepted: an account with the Role rarefault-deployer there")
    assert cluster.state() == before


def test_a_missing_namespace_is_told(cluster, versions):
    with pytest.raises(ClusterError, match="the cluster has no namespace 'line-9'; accepted: one that is there"):
        deploy(
            dataclasses.replace(release("3"), settings=DeploymentSettings(image="i", namespace="line-9")), versions["3"]
        )


def test_a_cluster_without_kserve_is_told(cluster, go):
    cluster.api.unknown = {"InferenceService", "ServingRuntime"}
    with pytest.raises(ClusterError, match="the cluster knows no InferenceService; install KServe"):
        go("3")


def test_a_cluster_without_prometheus_is_served_all_the_same(cluster, go):
    cluster.api.unknown = {"PodMonitor"}
    assert "the cluster knows no PodMonitor: Prometheus will not read the model's metrics" in go("3")
    cluster.pods["s3://rarefault/press/4"].ready = False
    with pytest.raises(RolloutError, match="version 3 serves press again"):
        go("4", ready_seconds=0.5)


def test_a_kserve_without_canaries_is_told_before_anything_is_changed(cluster, go):
    go("3")
    before = cluster.state()
    cluster.api.unknown_fields = {"canary"}
    with pytest.raises(ClusterError, match=r"spec.canary.*; accepted: canary_steps=\[\], or KServe 0.20 or newer"):
        go("4")
    assert cluster.state() == before
    go("4", steps=())


def test_a_server_that_is_away_for_a_moment_is_asked_again(cluster, go):
    cluster.api.away = 3
    go("3")


@pytest.mark.parametrize("kind", ["ConfigMap", "InferenceService"])
def test_a_change_whose_answer_was_lost_counts(cluster, go, mode, kind):
    cluster.api.lost = {kind}
    for version in ("3", "4", "5"):
        go(version, mode)
    assert cluster.answering() == {"5": 100}
    assert journal(cluster)["stable"]["version"] == "5"


def test_a_cluster_that_cannot_be_reached_is_told(cluster, versions, monkeypatch):
    cluster.close()
    with pytest.raises(ClusterError, match=r"the Kubernetes API at http://127.0.0.1:\d+ cannot be reached: .*accepted"):
        deploy(release("3"), versions["3"])


def test_no_cluster_at_all_is_told(tmp_path, versions, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    with pytest.raises(ClusterError, match=r"no cluster to deploy to: .*accepted: a kubeconfig"):
        deploy(release("3"), versions["3"])


# what others did


def test_a_service_that_was_applied_by_hand_is_what_is_put_back(cluster, go, mode):
    for thing in build(
        "press", "3", "s3://rarefault/press/3", DeploymentSettings(image="registry:5000/serve:1", mode=mode)
    ):
        cluster.api.applied_by_hand(thing)
    cluster._look(cluster.service, "GET")
    cluster.pods["s3://rarefault/press/4"].shift = 0.01
    with pytest.raises(RolloutError, match="version 3 serves press again"):
        go("4", mode)
    assert cluster.answering() == {"3": 100}


def test_a_canary_that_was_set_by_hand_does_not_stay(cluster, go, mode):
    settings = DeploymentSettings(image="registry:5000/serve:1", mode=mode)
    go("3", mode)
    canary = Canary("5", "s3://rarefault/press/5", 20)
    for thing in build("press", "3", "s3://rarefault/press/3", settings, canary):
        cluster.api.applied_by_hand(thing)
    said = go("4", mode, steps=())
    assert "removing a canary that was set by hand" in said
    assert cluster.answering() == {"4": 100}
    assert "canary" not in cluster.service["spec"]


def test_a_service_of_another_model_is_left_alone(cluster, go):
    thing = build("press", "3", "s3://rarefault/press/3", DeploymentSettings(image="i"))[2]
    thing["metadata"]["annotations"]["rarefault/model"] = "other"
    cluster.api.applied_by_hand(thing)
    with pytest.raises(ValueError, match="serves model other, not press; accepted: a namespace where this name"):
        go("3")


def test_of_two_deployments_the_later_one_goes_on(cluster, go, versions):
    go("3", "Knative")
    began = []

    def before(number, method, path):
        if "dryRun" not in path and method == "PATCH" and "inferenceservices" in path and not began:
            began.append(number)
            deploy(release("5", "Knative"), versions["5"], ())

    cluster.api.before = before
    with pytest.raises(SupersededError, match="another deployment of this model began meanwhile"):
        go("4", "Knative")
    assert journal(cluster)["stable"]["version"] == "5"
    assert cluster.answering() == {"5": 100}


def test_the_journal_survives_what_people_write_into_it(cluster, go):
    go("3")
    thing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "press-release"}}
    cluster.api.applied_by_hand({**thing, "data": {"stable": "{broken"}})
    go("4")
    assert journal(cluster)["stable"]["version"] == "4"


def test_what_is_applied_is_what_the_manifest_says(cluster, go):
    go("3")
    wanted = build("press", "3", "s3://rarefault/press/3", release("3").settings)
    for thing in yaml.safe_load(yaml.safe_dump(wanted)):
        assert cluster.api.objects[thing["kind"], thing["metadata"]["name"]]["spec"] == thing["spec"]
