"""Replicas, load and rule together: queueing, scaling, and the paper's case."""

import json
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.autoscaling import Cluster, HorizontalSettings, KnativeSettings, Load, cases, simulate
from loadtest.autoscaling.__main__ import main
from loadtest.autoscaling.replica import Replica
from loadtest.autoscaling.traffic import Traffic


def fixed(pods):
    return KnativeSettings(min_replicas=pods, max_replicas=pods)


def test_the_same_seed_gives_the_same_trace():
    one, same, other = (simulate(Cluster(2), KnativeSettings("rps", 50), Load(((30, 80),)), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.latencies, same.latencies)
    assert len(one.latencies) != len(other.latencies) or not np.array_equal(one.latencies, other.latencies)


def test_an_idle_replica_answers_in_the_service_time():
    trace = simulate(Cluster(3, spread=0, hop_ms=2), fixed(1), Load(((60, 10),), arrivals="regular"))
    np.testing.assert_allclose(trace.latencies, 5.0)


def test_a_queue_waits_as_pollaczek_and_khinchine_say():
    """M/G/1 with a whole core: mean wait = rho s (1 + c^2) / 2 (1 - rho)."""
    service, spread, rate = 0.010, 0.5, 60.0
    trace = simulate(Cluster(service * 1000, spread, limit=1.0), fixed(1), Load(((1500, rate),), ramp=0), seed=3)
    rho = rate * service
    wait = rho * service * (1 + spread**2) / (2 * (1 - rho))
    assert trace.latencies.mean() / 1000 == pytest.approx(service + wait, rel=0.08)


def test_the_cpu_limit_stops_a_replica_for_the_rest_of_the_period():
    replica = Replica(0.0, 0.0, limit=0.5)
    assert replica.serve(0.0, 0.04) == pytest.approx(0.04)
    assert replica.serve(0.0, 0.02) == pytest.approx(0.11)  # 10 ms in this period, 10 ms in the next
    assert replica.in_flight(0.05) == 1
    assert replica.serve(0.5, 0.05) == pytest.approx(0.55)


def test_half_a_cpu_carries_half_the_rate():
    below, above = (simulate(Cluster(5, spread=0), fixed(1), Load(((60, rps),), ramp=0)) for rps in (90, 110))
    assert below.steady_percentile(95) < 300
    assert above.steady_percentile(95) > 3000


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 15)), max_size=40), st.integers(1, 20), st.integers(1, 20))
def test_concurrency_is_the_mean_number_in_flight(requests, now, window):
    traffic = Traffic(20)
    for arrival, duration in requests:
        traffic.add(arrival, arrival + duration)
    since = max(0, now - window)
    held = sum(max(0.0, min(now, a + d) - max(since, a)) for a, d in requests)
    assert traffic.mean("concurrency", now, window) == pytest.approx(held / window, abs=1e-9)
    assert traffic.mean("rps", now, window) * window == sum(since <= a < now for a, _ in requests)


@settings(deadline=None, max_examples=8)
@given(st.floats(20, 400), st.floats(30, 200), st.integers(1, 12))
def test_a_steady_load_gets_ceil_of_load_over_aim(rps, target, most):
    rule = KnativeSettings("rps", target, max_replicas=most)
    whole = rps / rule.aim
    if abs(whole - round(whole)) < 0.05:  # a request more or less in the window decides
        return
    trace = simulate(Cluster(0.1, start=1), rule, Load(((120, rps),), ramp=5, arrivals="regular"))
    assert trace.last == min(max(1, ceil(whole)), most)
    assert trace.checks[:, 1].max() <= most


@pytest.mark.parametrize("rule", [KnativeSettings("rps", 12), HorizontalSettings()])
def test_pods_grow_with_the_load_and_stay_below_the_most(rule):
    ends = [simulate(Cluster(20), rule, Load(((240, rps),), arrivals="regular")).last for rps in (2, 40, 80, 300)]
    assert ends == sorted(ends)
    assert ends[0] == 1
    assert ends[-1] == 10


def test_pods_come_and_go_with_the_load():
    trace = simulate(Cluster(5), HorizontalSettings(), Load(((200, 300), (700, 20)), arrivals="regular"))
    assert trace.most >= 4
    assert trace.last == 1


def test_users_wait_for_their_answers():
    """20 users and one replica that can serve 50 requests/s: never more than 20 in flight, none lost."""
    trace = simulate(Cluster(10, spread=0), fixed(1), Load(((60, 200),), ramp=5, users=20))
    assert trace.latencies.max() <= 1000 * 20 / 50 + 100
    assert len(trace.times) / 60 == pytest.approx(50, rel=0.1)


def test_load_follows_its_stages():
    load = Load(((20, 50), (20, 100), (20, 0)), ramp=0, arrivals="regular")
    counts = np.histogram(load.open_arrivals(np.random.default_rng(0)), [0, 20, 40, 60])[0]
    np.testing.assert_allclose(counts, [1000, 2000, 0], atol=2)
    random = Load(((100, 50),), ramp=0).open_arrivals(np.random.default_rng(0))
    assert len(random) == pytest.approx(5000, abs=300)
    assert np.diff(random).std() == pytest.approx(1 / 50, rel=0.1)  # exponential gaps


@pytest.mark.parametrize("wrong", [{"stages": ()}, {"ramp": 500}, {"users": 0}, {"arrivals": "bursts"}])
def test_loads_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"stages|ramp|users|arrivals"):
        Load(**wrong)


@pytest.mark.parametrize("wrong", [{"cpu_ms": 0}, {"cpu_ms": 1, "limit": 0}, {"cpu_ms": 1, "start": -1}])
def test_clusters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"cpu_ms|limit|start"):
        Cluster(**wrong)


def test_the_papers_case():
    """200 requests/s, 4 pods, p95 < 56 ms: CPU at 80 % with 8 ms a request gives both; Knative's defaults cannot."""
    trace = simulate(Cluster(cpu_ms=8), HorizontalSettings(), cases.PAPER_LOAD)
    assert cases.matches(trace)
    assert trace.checks[0, 2] == 1
    assert 50 < trace.steady_percentile(95) < 56
    assert simulate(Cluster(cpu_ms=8), KnativeSettings(), cases.PAPER_LOAD).most == 1
    assert KnativeSettings("rps").steady(200) == 2
    assert {KnativeSettings("rps", target).steady(200) for target in (72, 80, 95)} == {4}


def test_ours_needs_one_pod_for_the_papers_load():
    trace = simulate(Cluster(cpu_ms=0.05), HorizontalSettings(), cases.PAPER_LOAD)
    assert trace.most == 1
    assert trace.percentile(95) < 1


def test_the_command_prints_a_table_and_a_picture(tmp_path, capsys):
    picture, table = tmp_path / "pods.png", tmp_path / "deep" / "pods.json"
    main(["--rps", "20", "100", "--cpu-ms", "4", "--minutes", "2", "--plot", str(picture), "--json", str(table)])
    printed = capsys.readouterr().out
    rows = json.loads(table.read_text())
    assert [row["requests/s"] for row in rows] == ["20"] * 3 + ["100"] * 3
    assert all(row["autoscaler"] in printed for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_command_tells_what_the_paper_leaves_open(monkeypatch, capsys):
    monkeypatch.setattr(cases, "TRIED_MS", (3.0, 8.0))
    monkeypatch.setattr(cases, "GUESSES", (cases.GUESSES[0], cases.GUESSES[-1]))
    main(["--case", "paper"])
    printed = capsys.readouterr().out
    assert "Not told, inferred or assumed here" in printed
    hpa = next(line for line in printed.splitlines() if line.startswith("HPA"))
    assert "8 to 8" in hpa


def test_the_command_tells_of_our_server(monkeypatch, capsys):
    monkeypatch.setattr(cases, "OURS", ((200.0, 0.21), (500.0, 0.2)))
    main(["--case", "ours"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if " hpa " in line]
    assert [row[3] for row in rows] == ["1", "1"]


def test_no_load_at_all(capsys):
    main(["--rps", "0", "--minutes", "1", "--autoscaler", "hpa"])
    assert "nan" in capsys.readouterr().out


def test_stages_on_the_command_line(capsys):
    main(["--stages", "30:10", "60:50", "--autoscaler", "hpa", "--cpu-ms", "2"])
    assert "30:10 60:50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--cpu-ms", "0"], "cpu_ms must be > 0"), (["--max", "0"], "max_replicas"), (["--stages", "60"], "SECONDS:RPS")],
)
def test_the_command_refuses_what_makes_no_sense(arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
