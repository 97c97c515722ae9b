"""The server's rule says what the library's stream says, and a machine what its snapshots say."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.degradation.assessment import Assessment, AssessmentSettings
from rarefault.degradation.stream import Stream
from serving.errors import BrokenModel
from serving.exporting.vibration import rule_of
from serving.model_folder.fields import Fields
from serving.vibration.machine import Arrival, Judged, Machine, OutOfOrder, Place
from serving.vibration.rule import DegreeRule

HEALTHY = np.random.default_rng(0).gamma(20, 0.05, 60)
CHOICES = st.fixed_dictionaries(
    {
        "k": st.integers(2, 12),
        "rule": st.sampled_from(["plain", "confirmed"]),
        "scale": st.sampled_from(["log", "linear"]),
        "bandwidth": st.sampled_from(["healthy", "window"]),
        "gaps": st.integers(0, 3),
        "life": st.sampled_from([10, 1000]),
    }
)
VALUES = st.lists(st.floats(0, 5, allow_subnormal=False), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(choices=CHOICES, by=st.integers(1, 12), values=VALUES)
def test_a_stream_is_judged_as_the_library_judges_it(choices, by, values):
    wanted = Assessment.fit(HEALTHY, AssessmentSettings(s=min(by, choices["k"]), **choices))
    rule, stream, state = rule_of(wanted), Stream(wanted), None
    for value in values:
        told = stream.push(value)
        judged, state = rule.push(json.loads(json.dumps(state)), value)
        assert judged.degree == pytest.approx(told.degree, abs=1e-12)
        since = None if told.onset is None else (told.onset.first, told.onset.alarm)
        assert ((judged.since, judged.alarm) if judged.onset else None) == since
        assert judged.filled == told.filled
        if abs(told.degree - wanted.settings.limit) > 1e-9 < abs(told.degree - wanted.settings.severe):
            assert judged.state == told.state
    assert len(json.dumps(state)) < 60 * (wanted.settings.k + wanted.run.span)


def test_the_degree_is_the_mean_of_normal_tails():
    rule = rule_of(Assessment.fit(HEALTHY, AssessmentSettings(k=3, scale="linear")))
    state = None
    for value in (0.9, 2.0, 1.4):
        judged, state = rule.push(state, value)
    tails = [0.5 * math.erfc((rule.threshold - value) / rule.width / math.sqrt(2)) for value in (0.9, 2.0, 1.4)]
    assert judged.degree == pytest.approx(sum(tails) / 3)


RULE = rule_of(Assessment.fit(HEALTHY, AssessmentSettings(k=4)))


def test_the_rule_is_read_back():
    assert DegreeRule.read(Fields(json.loads(json.dumps(RULE.to_json())), "x")) == RULE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", 0),
        ("k", 4.0),
        ("s", 5),
        ("length", 10_000),
        ("threshold", math.inf),
        ("threshold", -1.0),
        ("width", 0.0),
        ("limit", 0.8),
        ("severe", 1.0),
        ("log", 1),
        ("rule", "none"),
        ("bandwidth", None),
    ],
)
def test_wrong_rules_are_refused(name, value):
    with pytest.raises(BrokenModel):
        DegreeRule.read(Fields(RULE.to_json() | {name: value}, "x"))


class Counting:
    """A rule that holds damage to have begun with the third snapshot, and knows it with the fifth."""

    k = 3

    def push(self, state, indicator):
        n = state or 0
        known = n >= 4
        return Judged(n / 100, "slight", known, 2 if known else None, 4 if known else None, min(n + 1, 3)), n + 1


def run(*arrivals, content=None):
    """The answers, each from what the one before left."""
    found = []
    for arrival in arrivals:
        machine = Machine("a", Counting(), content)
        found.append(machine.count(arrival))
        content = machine.kept().state
    return found, content


def arrival(at, sample="x", **other):
    return Arrival("a", float(at), f"{sample}{at}", **{"sequence": at, "time": at * 10.0, **other})


def test_snapshots_are_counted_and_the_onset_is_placed():
    found, content = run(*map(arrival, range(10, 18)))
    assert [verdict.place for verdict, _ in found] == [Place(n, 10 + n, 100.0 + 10 * n) for n in range(8)]
    assert all(new for _, new in found)
    assert [verdict.since for verdict, _ in found] == [None] * 4 + [Place(2, 12, 120.0)] * 4
    assert [verdict.alarm for verdict, _ in found] == [None] * 4 + [Place(4, 14, 140.0)] * 4
    many, longer = run(*map(arrival, range(18, 300)), content=content)
    assert many[-1][0].since == Place(2, 12, 120.0)  # told long after the snapshot itself was forgotten
    assert len(longer) < 4000


def test_a_repeated_snapshot_gets_its_first_answer_and_changes_nothing():
    found, content = run(*map(arrival, range(32)))
    again, after = run(*map(arrival, range(32)), content=content)
    assert [verdict for verdict, _ in again] == [verdict for verdict, _ in found]
    assert not any(new for _, new in again) and after == content


def test_snapshots_without_a_place_are_all_new():
    found, _ = run(*[arrival(1, sequence=None, time=None)] * 3)
    assert [verdict.place for verdict, _ in found] == [Place(0), Place(1), Place(2)]


@pytest.mark.parametrize(
    ("late", "why"),
    [
        (arrival(3, sample="y"), "sequence 3 of machine 'a' is before 5"),
        (arrival(5, sample="y"), "sequence 5 of machine 'a' was another snapshot"),
        (arrival(6, time=20.0), "time 20.0 of machine 'a' is before 50.0"),
        (arrival(6, time=50.0), "time 50.0 of machine 'a' was another snapshot"),
        (arrival(3, sample="y", sequence=None), "time 30.0 of machine 'a' is before 50.0"),
    ],
)
def test_what_is_out_of_order_is_refused(late, why):
    _, content = run(*map(arrival, range(6)))
    with pytest.raises(OutOfOrder, match=why):
        run(late, content=content)
    assert run(arrival(6), content=content)[0][0][0].place.snapshot == 6


def test_places_may_be_told_now_and_then():
    found, _ = run(arrival(1), arrival(2, sequence=None, time=None), arrival(3, sequence=None), arrival(4, time=None))
    assert [verdict.place[1:] for verdict, _ in found] == [(1, 10.0), (None, None), (None, 30.0), (4, None)]


def test_a_mended_machine_begins_anew():
    _, content = run(*map(arrival, range(8)))
    reset = arrival(0, sample="y", reset=True)
    ([(verdict, new)], content) = run(reset, content=content)
    assert new and verdict.place.snapshot == 0 and not verdict.onset and verdict.filled == 1
    ([(again, new)], _) = run(reset, content=content)
    assert not new and again == verdict
