"""The alerts and dashboards: every expression can be read, asks for what the server tells, and fires when it should."""

import importlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import promql_parser
import pytest
import yaml
from alert_scenes import BASE, SCENES
from manifest_rendering import ROOT, rendered
from prometheus_client.parser import text_string_to_metric_families

from serving.server.metrics import Metrics
from serving.server.tables import TABLES
from serving.server.vibration.observation import GAUGES

DASHBOARDS = sorted((ROOT / "manifests/base/monitoring/dashboards").glob("*.json"))
CLUSTER = {  # of kube-state-metrics and the kubelet, which the Prometheus operator's stack reads
    "kube_deployment_status_replicas_available": {"namespace", "deployment"},
    "kube_horizontalpodautoscaler_spec_max_replicas": {"namespace", "horizontalpodautoscaler"},
    "kube_horizontalpodautoscaler_status_current_replicas": {"namespace", "horizontalpodautoscaler"},
    "kube_pod_completion_time": {"namespace", "pod"},
    "kube_pod_status_phase": {"namespace", "pod", "phase"},
    "kube_statefulset_status_replicas_ready": {"namespace", "statefulset"},
    "kubelet_volume_stats_available_bytes": {"namespace", "persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"namespace", "persistentvolumeclaim"},
}
TARGET = {"namespace", "pod", "container", "job", "endpoint", "instance"}
"""What the Prometheus operator adds to every series of a pod."""


def seen():
    drift = SimpleNamespace(rows=lambda: 500.0, index=lambda: np.array([0.3]))
    counts = {"out_of_range": np.array([1]), "filled": np.array([1]), "faults": 1, "passes": 9}
    return SimpleNamespace(look=lambda: None, drift=drift, **counts)


@pytest.fixture(scope="session")
def told():
    """What the server exports: the labels of each metric."""
    metrics = Metrics()
    metrics.traffic("press", "v1").answered(0.002)
    metrics.traffic("press", "v1").refused(400)
    metrics.reloads["press", "ok"] += 1
    schema = SimpleNamespace(names=["force"])
    model = SimpleNamespace(name="press", version="1", positive="fail", negative="pass", schema=schema)
    model.seen, model.kind = seen(), TABLES
    machines = {name: {"m-1": 1.0} for name in GAUGES}
    kind = replace(TABLES, counts=lambda model: {}, drift=lambda model: (0.0, {}), machines=lambda model: machines)
    models = {"press": model, "mill": SimpleNamespace(name="mill", version="1", kind=kind)}
    found = {}
    for family in text_string_to_metric_families(metrics.text(models, True).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    assert len(found) > 12 and "rarefault_drift_psi" in found
    return found


@pytest.fixture(scope="session")
def groups():
    [rules] = [part for part in rendered("microk8s") if part["kind"] == "PrometheusRule"]
    return rules["spec"]["groups"]


@pytest.fixture(scope="session")
def rules(groups):
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="session")
def known(told, rules):
    """Every metric that can be asked for, the recorded ones included."""
    recorded = {}
    for rule in rules:
        if "record" in rule:
            kept = re.search(r"\bby \(([^)]*)\)", rule["expr"]).group(1)
            recorded[rule["record"]] = {label.strip() for label in kept.split(",")}
    return {name: labels | TARGET for name, labels in told.items()} | CLUSTER | recorded


def selectors(expression):
    """The name and the labels of everything that an expression asks for."""
    found = []

    def look(node):
        if isinstance(node, promql_parser.VectorSelector):
            matchers = node.matchers.matchers
            named = [part.value for part in matchers if part.name == "__name__"]
            found.append((node.name or named[0], {part.name for part in matchers} - {"__name__"}))

    promql_parser.walk(promql_parser.parse(expression), look)
    return found


def grouped(expression):
    """Every label by which an expression groups or matches."""
    lists = re.findall(r"\b(?:by|on|without|group_left)\s*\(([^)]*)\)", expression)
    return {label.strip() for part in lists for label in part.split(",") if label.strip()}


def check(expression, known):
    asked = selectors(expression)
    assert asked, expression
    for name, labels in asked:
        assert name in known, f"nobody exports {name}: {expression}"
        assert labels <= known[name], f"{name} has no label {labels - known[name]}"
    assert grouped(expression) <= set().union(*(known[name] for name, _ in asked)), expression


def test_every_rule_asks_for_what_is_told(rules, known):
    for rule in rules:
        check(rule["expr"], known)


def test_the_check_refuses_what_nobody_tells(known):
    for wrong in ("rarefault_latency > 1", 'rarefault_ready{color="red"}', "sum by (color) (rarefault_ready)"):
        with pytest.raises(AssertionError):
            check(wrong, known)


def test_there_is_an_alert_for_everything_that_must_not_go_unseen(rules, known):
    alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
    wanted = {"LatencyHigh", "Errors", "Drift", "NoChampion", "RetrainingFailed"}
    assert {f"Rarefault{name}" for name in wanted} <= set(alerts)
    assert len(alerts) == sum("alert" in rule for rule in rules)
    for alert in alerts.values():
        assert alert["labels"]["severity"] in ("critical", "warning", "info")
        words = {name for text in alert["annotations"].values() for name in re.findall(r"\$labels\.(\w+)", text)}
        asked = set().union(*(known[name] for name, _ in selectors(alert["expr"])))
        assert words <= asked, alert["alert"]
        assert set(alert["annotations"]) == {"summary", "description"}


def test_retraining_is_named_as_its_pipeline(rules):
    """Argo names a step's pod after the pipeline, by which the alert knows it."""
    from pipelines import PIPELINES

    module, _, name = PIPELINES["retrain"].partition(":")
    pipeline = getattr(importlib.import_module(module), name).pipeline_spec.pipeline_info.name
    [alert] = [rule for rule in rules if rule.get("alert") == "RarefaultRetrainingFailed"]
    assert f'pod=~"{pipeline}-.+-system-container-impl-.+"' in alert["expr"]


def test_every_alert_fires_when_it_should_and_only_then(groups, rules, tmp_path):
    alerts = sorted(rule["alert"] for rule in rules if "alert" in rule)
    assert set().union(*(fire for _, _, fire in SCENES.values())) == set(alerts)
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed (apt-get install prometheus); the expressions were only parsed")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
    tests = []
    for name, (series, at, fire) in SCENES.items():
        values = [{"series": key, "values": value} for key, value in series.items()]
        firing = [
            {"expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)', "eval_time": at}
            | {"exp_samples": [{"value": int(alert in fire), "labels": "{}"}]}
            for alert in alerts
        ]
        tests.append({"name": name, "interval": "1m", "input_series": values, "promql_expr_test": firing})
    twice = f'rarefault_requests_total{{{BASE}, protocol="v1", status="200", job='
    read = [{"series": f'{twice}"{job}"}}', "values": "0+600x60"} for job in "ab"]
    once = {
        "expr": "sum(rarefault:requests:rate5m)",
        "eval_time": "20m",
        "exp_samples": [{"value": 10, "labels": "{}"}],
    }
    tests.append({"name": "two monitors", "interval": "1m", "input_series": read, "promql_expr_test": [once]})
    whole = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(whole))
    done = subprocess.run([tool, "test", "rules", "tests.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def board(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_asks_for_what_is_told(path, known):
    made = board(path)
    variables = {part["name"] for part in made["templating"]["list"]}
    for panel in made["panels"]:
        assert panel["title"] and panel["description"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for target in panel["targets"]:
            assert set(re.findall(r"\$\{?(\w+)", target["expr"])) <= variables
            check(re.sub(r"\$(\w+)", "x", target["expr"]), known)
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= set().union(
                *(known[name] for name, _ in selectors(re.sub(r"\$(\w+)", "x", target["expr"])))
            )
    for variable in made["templating"]["list"][1:]:
        query = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        check(re.sub(r"\$(\w+)", "x", query.group(1)), known)
        assert query.group(2) in known["rarefault_model_info"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_do_not_overlap(path):
    panels = board(path)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
        assert one["x"] + one["w"] <= 24


def test_grafana_finds_both_dashboards():
    boards = [board(path) for path in DASHBOARDS]
    assert len({made["uid"] for made in boards}) == len({made["title"] for made in boards}) == len(boards) == 2
    labelled = [part for part in rendered("microk8s") if part["metadata"].get("labels", {}).get("grafana_dashboard")]
    assert sorted(json.loads(text)["uid"] for part in labelled for text in part["data"].values()) == sorted(
        made["uid"] for made in boards
    )
    assert {part["metadata"]["labels"]["grafana_dashboard"] for part in labelled} == {"1"}


def test_prometheus_finds_the_rules_and_the_pods():
    objects = rendered("microk8s")
    for part in objects:
        if part["kind"] in ("PrometheusRule", "PodMonitor"):
            assert part["metadata"]["labels"]["release"] == "kube-prom-stack"
    monitors = {part["metadata"]["name"]: part["spec"] for part in objects if part["kind"] == "PodMonitor"}
    asked = {endpoint["port"] for endpoint in monitors["rarefault-models"]["podMetricsEndpoints"]}
    [runtime] = [part for part in objects if part["kind"] == "ServingRuntime"]
    assert runtime["spec"]["containers"][0]["ports"][0]["name"] in asked
    [store] = [part for part in objects if part["kind"] == "StatefulSet" and part["metadata"]["name"] == "object-store"]
    [container] = store["spec"]["template"]["spec"]["containers"]
    assert monitors["object-store"]["podMetricsEndpoints"][0]["port"] in {port["name"] for port in container["ports"]}
