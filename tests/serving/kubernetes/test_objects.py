"""The objects of a served model, against the schemas of the cluster they go to."""

import copy
import re
from itertools import product

import pytest
import yaml
from cluster_schemas import check
from hypothesis import given
from hypothesis import strategies as st

from serving.kubernetes import Canary, DeploymentSettings, build, dns_label, fetchable, to_yaml
from serving.kubernetes.names import label_value
from serving.server.settings import parse

IMAGE = "registry:5000/rarefault/serve:1.0"
STABLE = ("gearbox-line-classifier", "3", "s3://models/gearbox/3")
CANARY = Canary("4", "s3://models/gearbox/4", 10)
MODES = ("Standard", "Knative")


def objects(canary=None, **settings):
    return {part["kind"]: part for part in build(*STABLE, DeploymentSettings(image=IMAGE, **settings), canary)}


def predictor(canary=None, **settings):
    return objects(canary, **settings)["InferenceService"]["spec"]["predictor"]


@pytest.mark.parametrize(
    ("mode", "canary", "namespace", "account"), list(product(MODES, (None, CANARY), ("", "line-1"), ("", "minio")))
)
def test_a_cluster_accepts_every_object(schema_folder, mode, canary, namespace, account):
    made = objects(canary, mode=mode, namespace=namespace, service_account=account)
    assert list(made) == ["ServingRuntime", "NetworkPolicy", "InferenceService", "PodMonitor"]
    for part in made.values():
        check(part, schema_folder)
        assert part["metadata"].get("namespace", "") == namespace


@pytest.mark.parametrize("kind", ["ServingRuntime", "InferenceService", "NetworkPolicy"])
def test_the_check_refuses_unknown_fields_at_every_depth(schema_folder, kind):
    """Guards the guard: a field that no schema names must not pass, wherever it stands."""

    def places(value):
        if isinstance(value, dict):
            yield value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from places(inner)

    made = objects(CANARY)[kind]
    free = {"labels", "annotations", "requests", "limits", "matchLabels", "metadata"}

    def is_free(wrong):  # maps of free keys, and metadata, which has no schema of its own
        return any(wrong is holder.get(name) for holder in places(made) for name in free)

    count = len([place for place in places(made) if not is_free(place)])
    assert count > 5
    for index in range(count):
        wrong = copy.deepcopy(made)
        known = [id(holder[name]) for holder in places(wrong) for name in free if name in holder]
        [place for place in places(wrong) if id(place) not in known][index]["unknownField"] = "x"
        with pytest.raises(ValueError, match="unknownField"):
            check(wrong, schema_folder)


@pytest.mark.parametrize("mode", MODES)
def test_one_to_ten_replicas_of_half_a_core_and_half_a_gigabyte(mode):
    made = predictor(mode=mode)
    assert (made["minReplicas"], made["maxReplicas"]) == (1, 10)
    assert made["model"]["resources"]["limits"] == {"cpu": "500m", "memory": "512Mi"}
    assert made["model"]["storageUri"] == STABLE[2]


def test_standard_mode_scales_by_cpu_and_knative_by_requests():
    standard, knative = objects()["InferenceService"], objects(mode="Knative")["InferenceService"]
    assert standard["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    assert standard["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "hpa"
    assert standard["spec"]["predictor"]["scaleMetric"] == "cpu"
    assert knative["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"
    assert "serving.kserve.io/autoscalerClass" not in knative["metadata"]["annotations"]
    assert knative["spec"]["predictor"]["scaleMetric"] == "rps"


def test_a_canary_is_a_second_deployment_in_standard_mode():
    service = objects(CANARY)["InferenceService"]
    [canary] = service["spec"]["canary"]
    assert canary["trafficPercent"] == 10
    assert canary["predictor"]["name"] == "v4"
    assert canary["predictor"]["model"]["storageUri"] == CANARY.storage_uri
    assert service["spec"]["predictor"]["model"]["storageUri"] == STABLE[2]
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]
    # what KServe's webhook refuses, and the schema does not tell
    assert not {"maxReplicas", "scaleTarget", "scaleMetric", "autoScaling"} & set(canary["predictor"])
    assert canary["predictor"]["minReplicas"] <= service["spec"]["predictor"]["minReplicas"]


def test_a_canary_is_a_share_for_the_newer_revision_in_knative_mode():
    service = objects(CANARY, mode="Knative")["InferenceService"]
    assert "canary" not in service["spec"]
    assert service["spec"]["predictor"]["canaryTrafficPercent"] == 10
    assert service["spec"]["predictor"]["model"]["storageUri"] == CANARY.storage_uri
    assert service["spec"]["predictor"]["labels"]["app.kubernetes.io/version"] == "4"


def test_knative_is_spared_what_it_refuses():
    """Knative's webhook refuses these fields unless a feature flag allows them."""
    made = predictor(mode="Knative")
    assert not {"securityContext", "terminationGracePeriodSeconds", "deploymentStrategy"} & set(made)
    assert {"securityContext", "terminationGracePeriodSeconds", "deploymentStrategy"} < set(predictor())


def test_the_container_may_do_nothing_but_serve():
    [container] = objects()["ServingRuntime"]["spec"]["containers"]
    context = container["securityContext"]
    assert context["runAsNonRoot"] and context["runAsUser"] > 0
    assert context["readOnlyRootFilesystem"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    for mode in MODES:
        assert predictor(mode=mode)["automountServiceAccountToken"] is False


def test_the_probes_ask_for_health_on_the_served_port():
    [container] = objects()["ServingRuntime"]["spec"]["containers"]
    asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {probe["port"] for probe in asked.values()} == {8080} == {p["containerPort"] for p in container["ports"]}
    assert asked["readiness"]["path"] == "/v2/health/ready"
    assert asked["startup"]["path"] == asked["liveness"]["path"] == "/v2/health/live"
    assert f"--http_port={container['ports'][0]['containerPort']}" in container["args"]


def test_a_pod_outlives_the_requests_it_is_answering():
    made = predictor()
    [container] = objects()["ServingRuntime"]["spec"]["containers"]
    settings, ignored = parse([argument.replace("{{.Name}}", "press") for argument in container["args"]], {})
    assert not ignored
    assert made["terminationGracePeriodSeconds"] > settings.drain_seconds + made["timeout"]


def test_the_firewall_lets_in_the_allowed_namespaces_only():
    policy = objects(allowed_namespaces=("gateway", "metrics"))["NetworkPolicy"]["spec"]
    [rule] = policy["ingress"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for port in rule["ports"]] == [8080]
    [source] = rule["from"]
    assert source["namespaceSelector"]["matchExpressions"][0]["values"] == ["gateway", "metrics"]


def test_the_firewall_lets_knative_reach_its_proxy():
    [rule] = objects(mode="Knative", allowed_namespaces=("gateway",))["NetworkPolicy"]["spec"]["ingress"]
    assert {8012, 8080, 9090} <= {port["port"] for port in rule["ports"]}
    assert "knative-serving" in rule["from"][0]["namespaceSelector"]["matchExpressions"][0]["values"]


@pytest.mark.parametrize(
    ("uri", "ports"),
    [
        ("s3://models/1", [{53}, {443, 9000}]),
        ("http://files:8000/m.tar.gz", [{53}, {443, 8000, 9000}]),
        ("http://files/m.tar.gz", [{53}, {80, 443, 9000}]),
        ("pvc://claim/models/1", []),
    ],
)
def test_the_firewall_lets_out_what_fetching_the_model_needs(uri, ports):
    parts = build("m", "1", uri, DeploymentSettings(image=IMAGE, egress_ports=(443, 9000)))
    egress = next(part for part in parts if part["kind"] == "NetworkPolicy")["spec"]["egress"]
    assert [{port["port"] for port in rule["ports"]} for rule in egress] == ports


def test_the_monitor_and_the_firewall_find_the_pods_that_kserve_makes():
    for mode, port in (("Standard", "http1"), ("Knative", "user-port")):
        made = objects(mode=mode)
        label = {"serving.kserve.io/inferenceservice": made["InferenceService"]["metadata"]["name"]}
        monitor = made["PodMonitor"]["spec"]
        assert made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label
        assert monitor["selector"]["matchLabels"] == label
        assert monitor["podMetricsEndpoints"] == [{"port": port, "path": "/metrics", "interval": "15s"}]
        assert set(monitor) == {"selector", "podTargetLabels", "podMetricsEndpoints"}


def test_the_text_is_the_same_every_time_and_reads_back():
    settings = DeploymentSettings(image=IMAGE)
    first, second = (build(*STABLE, settings, CANARY) for _ in range(2))
    assert to_yaml(first) == to_yaml(second)
    assert list(yaml.safe_load_all(to_yaml(first))) == first
    assert "&id" not in to_yaml(first)


@given(st.text(max_size=300))
def test_any_model_name_gives_a_valid_service_name(name):
    label = dns_label(name)
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", label)
    assert len(f"{label}-{dns_label(name, longest=12)}-predictor") <= 63
    assert dns_label(label) == label


@given(st.lists(st.text(max_size=60), min_size=2, max_size=6, unique=True))
def test_two_models_never_share_a_service(names):
    assert len({dns_label(name) for name in names}) == len(names)


@given(st.text(max_size=100))
def test_any_version_gives_a_valid_label(version):
    assert re.fullmatch(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", label_value(version))
    assert len(label_value(version)) <= 63


def test_a_good_name_is_kept():
    assert dns_label("gearbox-line-classifier") == "gearbox-line-classifier"
    assert dns_label("steel-plates-z_scratch-classifier").startswith("steel-plates-z-scratch-classifier-")
    assert dns_label("3d-printer").startswith("m-3d-printer-")


@pytest.mark.parametrize(
    "uri", ["", "models:/m/1", "minio://b/m", "/mnt/m", "s3://", "s3:///", "s3://a b", "file:///m"]
)
def test_addresses_that_kserve_cannot_read_are_refused(uri):
    assert not fetchable(uri)
    with pytest.raises(ValueError, match=r"storage_uri must begin with one of s3://.*, got"):
        build("m", "1", uri, DeploymentSettings(image=IMAGE))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": "has space"}, "image must be"),
        ({"mode": "Serverless"}, "mode must be Standard or Knative"),
        ({"min_replicas": 0}, "min_replicas must be >= 1"),
        ({"max_replicas": 0}, "max_replicas must be"),
        ({"min_replicas": 5, "max_replicas": 4}, "max_replicas must be"),
        ({"cpu": "half"}, "cpu must be"),
        ({"memory": "0.5 GB"}, "memory must be"),
        ({"cpu_target": 101}, "cpu_target must be"),
        ({"rps_target": 0}, "rps_target must be"),
        ({"namespace": "Line 1"}, "namespace"),
        ({"allowed_namespaces": ()}, "allowed_namespaces must"),
        ({"egress_ports": (70000,)}, "egress_ports must"),
        ({"egress_ports": ()}, "egress_ports must"),
        ({"environment": {"PATH": "/"}}, "environment must be RAREFAULT_"),
        ({"state_secret": "postgresql://a:b@c/d"}, "state_secret must be lower-case letters"),
        ({"environment": {"RAREFAULT_MAX_ROWS": 5}}, "must be a text"),
    ],
)
def test_settings_that_no_cluster_takes_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        DeploymentSettings(**{"image": IMAGE, **settings})


def test_a_canary_of_the_same_version_or_with_an_impossible_share_is_refused():
    with pytest.raises(ValueError, match="another version"):
        build(*STABLE, DeploymentSettings(image=IMAGE), Canary("3", STABLE[2]))
    with pytest.raises(ValueError, match="percent must be"):
        Canary("4", STABLE[2], 101)


def test_the_server_can_be_told_its_settings(schema_folder):
    made = objects(environment={"RAREFAULT_MISSING": "fill"})["InferenceService"]
    assert made["spec"]["predictor"]["model"]["env"] == [{"name": "RAREFAULT_MISSING", "value": "fill"}]
    check(made, schema_folder)


def test_knative_can_sleep():
    assert predictor(mode="Knative", min_replicas=0)["minReplicas"] == 0


def test_the_address_of_the_machines_states_is_a_secrets(schema_folder):
    secret = {"name": "RAREFAULT_STATE", "valueFrom": {"secretKeyRef": {"name": "machines", "key": "url"}}}
    for canary in (None, CANARY):
        made = objects(canary, state_secret="machines", environment={"RAREFAULT_MISSING": "fill"})
        check(made["InferenceService"], schema_folder)
        models = [made["InferenceService"]["spec"]["predictor"]["model"]]
        models += [one["predictor"]["model"] for one in made["InferenceService"]["spec"].get("canary", ())]
        assert [model["env"][-1] for model in models] == [secret] * len(models)


@pytest.mark.parametrize("uri", ["pvc://models/gearbox", "s3://models/gearbox"])
def test_the_pods_reach_the_database_of_machines_states(uri):
    def ports(**settings):
        made = build("m", "1", uri, DeploymentSettings(image=IMAGE, **settings))
        return [port["port"] for rule in made[1]["spec"]["egress"] for port in rule["ports"]]

    assert set(ports(state_secret="machines")) - set(ports()) - {53} == {5432} and 53 in ports(state_secret="machines")
