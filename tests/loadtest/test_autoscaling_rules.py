"""Knative's and Kubernetes' decisions, one by one and as laws."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.autoscaling import Horizontal, HorizontalSettings, Knative, KnativeSettings

LOADS = st.floats(0, 1e5)
TARGETS = st.floats(0.5, 1e4)
UTILISATIONS = st.floats(0.05, 1)


def settle_knative(rule, load, seconds=400, pods=1):
    """Pods after so long under a constant load of the metric, when pods are ready at once."""
    decider, window, seen = Knative(rule), rule.stable_window, []
    for now in range(rule.tick, seconds, rule.tick):
        stable = load * min(now, window) / window
        panic = load * min(now, rule.panic_seconds) / rule.panic_seconds
        pods = decider.desired(now, stable, panic, pods)
        seen.append(pods)
    return pods, seen


def settle_hpa(rule, cores, requested=0.5, syncs=40, pods=1):
    decider, seen = Horizontal(rule), []
    for sync in range(1, syncs):
        each = min(1.0, cores / requested / pods)
        pods = decider.desired(sync * rule.sync, pods, [each] * pods)
        seen.append(pods)
    return pods, seen


@given(LOADS, TARGETS, UTILISATIONS, st.integers(1, 5), st.integers(5, 200))
def test_knative_settles_at_load_over_aim(load, target, utilisation, fewest, most):
    rule = KnativeSettings("rps", target, utilisation, min_replicas=fewest, max_replicas=most)
    pods, _ = settle_knative(rule, load)
    assert pods == rule.steady(load) == min(max(ceil(load / rule.aim), fewest), most)


@given(LOADS, LOADS, TARGETS)
def test_more_load_never_means_fewer_pods(one, other, target):
    rule = KnativeSettings("rps", target, max_replicas=10_000)
    low, high = sorted((one, other))
    assert settle_knative(rule, low)[0] <= settle_knative(rule, high)[0]


@given(st.lists(st.tuples(LOADS, LOADS, st.integers(0, 50)), min_size=1, max_size=60), st.integers(1, 50))
def test_knative_stays_within_its_bounds(observed, most):
    decider = Knative(KnativeSettings(max_replicas=most))
    for i, (stable, panic, ready) in enumerate(observed):
        assert 1 <= decider.desired(2 * i, stable, panic, ready) <= most


@given(st.lists(LOADS, min_size=1, max_size=40))
def test_knative_never_goes_down_in_a_panic(loads):
    decider, before = Knative(KnativeSettings(max_replicas=10**6)), 0
    decider.desired(0, 0, 1e6, 1)
    for i, load in enumerate(loads):
        pods = decider.desired(i + 1, load, load, 5)
        if not decider.panicking:
            break
        assert pods >= before
        before = pods


def test_knative_panics_at_twice_what_the_pods_can_carry():
    decider = Knative(KnativeSettings("rps", target=100))  # aims for 70 a pod
    decider.desired(2, 0, 69, 1)
    assert not decider.panicking
    decider.desired(4, 0, 71, 1)  # two pods wanted, one ready
    assert decider.panicking
    assert decider.desired(64, 0, 0, 2) == 2  # exactly a stable window later
    decider.desired(66, 0, 0, 2)
    assert not decider.panicking


def test_knative_halves_at_most_in_one_evaluation():
    rule = KnativeSettings("rps", target=100, max_replicas=100)
    decider = Knative(rule)
    assert decider.desired(2, 0, 0, 40) == 20
    assert decider.desired(4, 0, 0, 20) == 10


def test_knative_keeps_the_highest_wish_for_the_delay():
    decider = Knative(KnativeSettings("rps", target=100, scale_down_delay=30))
    assert decider.desired(2, 210, 210, 3) == 3
    assert decider.desired(20, 70, 70, 3) == 3
    assert decider.desired(40, 70, 70, 3) == 1


def test_knative_defaults():
    assert KnativeSettings().aim == pytest.approx(70)
    assert KnativeSettings("rps").aim == pytest.approx(140)
    assert KnativeSettings().panic_seconds == 6
    assert KnativeSettings("rps").steady(200) == 2


@given(st.floats(0, 50), UTILISATIONS, st.integers(1, 4), st.integers(4, 100))
def test_hpa_settles_within_its_tolerance(cores, utilisation, fewest, most):
    rule = HorizontalSettings(utilisation, min_replicas=fewest, max_replicas=most)
    pods, _ = settle_hpa(rule, cores)
    assert fewest <= pods <= most
    if fewest < pods < most and cores / 0.5 / pods < 1:
        assert cores / 0.5 / pods / utilisation <= 1 + rule.tolerance + 1e-9


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=30), min_size=1, max_size=20))
def test_hpa_stays_within_its_bounds(uses):
    decider = Horizontal(HorizontalSettings(max_replicas=7))
    for sync, use in enumerate(uses):
        assert 1 <= decider.desired(15 * sync, min(len(use), 7), use[:7]) <= 7


def test_hpa_adds_four_pods_or_doubles():
    rule = HorizontalSettings(utilisation=0.1, max_replicas=1000)
    assert Horizontal(rule).desired(15, 2, [1.0, 1.0]) == 6
    assert Horizontal(rule).desired(15, 20, [1.0] * 20) == 40


def test_hpa_lets_ten_per_cent_be():
    rule = HorizontalSettings()
    assert Horizontal(rule).desired(15, 4, [0.8 * 1.09] * 4) == 4
    assert Horizontal(rule).desired(15, 4, [0.8 * 1.11] * 4) == 5


def test_hpa_goes_down_only_after_its_window():
    decider = Horizontal(HorizontalSettings())
    assert decider.desired(0, 5, [0.8] * 5) == 5
    assert decider.desired(15, 5, [0.1] * 5) == 5
    assert decider.desired(299, 5, [0.1] * 5) == 5
    assert decider.desired(300, 5, [0.1] * 5) == 1


def test_hpa_counts_pods_that_are_not_ready_as_idle():
    decider = Horizontal(HorizontalSettings())
    assert decider.desired(15, 2, [1.0, None]) == 2  # (1 + 0) / 2 / 0.8 would be a step down: none is made
    assert decider.desired(15, 3, [1.0, 1.0, None]) == 3
    assert decider.desired(15, 1, [None]) == 1


@pytest.mark.parametrize(
    ("settings", "wrong", "says"),
    [
        (KnativeSettings, {"metric": "memory"}, "metric must be one of"),
        (KnativeSettings, {"target": 0}, "target must be > 0"),
        (KnativeSettings, {"utilisation": 1.2}, "utilisation"),
        (KnativeSettings, {"stable_window": 5}, "stable_window"),
        (KnativeSettings, {"panic_window": 0}, "panic_window"),
        (KnativeSettings, {"panic_threshold": 1}, "panic_threshold"),
        (KnativeSettings, {"max_scale_up_rate": 1}, "max_scale_up_rate"),
        (KnativeSettings, {"min_replicas": 0}, "min_replicas"),
        (HorizontalSettings, {"utilisation": 0}, "utilisation"),
        (HorizontalSettings, {"tolerance": -0.1}, "tolerance"),
        (HorizontalSettings, {"sync": 0}, "sync"),
        (HorizontalSettings, {"min_replicas": 3, "max_replicas": 2}, "max_replicas"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, wrong, says):
    with pytest.raises(ValueError, match=says):
        settings(**wrong)
