"""Threshold, degree, states and onset; and that a stream says what the batch says."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from rarefault.degradation.assessment import Assessment, AssessmentSettings
from rarefault.degradation.onset import Onset
from rarefault.degradation.stream import Stream, Verdict
from rarefault.errors import InputError

HEALTHY = np.random.default_rng(0).lognormal(0.0, 0.1, size=75)


def fitted(**settings: Any) -> Assessment:
    return Assessment.fit(HEALTHY, AssessmentSettings(**settings))


def life(onset: int = 60, n: int = 120, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    wear = np.concatenate([np.zeros(onset), np.sqrt(np.arange(1, n - onset + 1)) * 0.2])
    return rng.lognormal(0.0, 0.1, size=n) * np.exp(wear)


def streamed(assessment: Assessment, indicators: np.ndarray) -> list[Verdict]:
    """Each verdict by a stream taken up anew from JSON."""
    found, state = [], None
    for indicator in indicators:
        stream = Stream(assessment, state)
        found.append(stream.push(indicator))
        state = json.loads(json.dumps(stream.state(), allow_nan=False))
        assert len(state["window"]) <= assessment.settings.k
        assert len(state["beyond"]) <= assessment.run.span
    return found


def test_degree_is_the_mean_of_normal_tails_of_the_window() -> None:
    assessment = fitted(k=3, scale="linear")
    window = np.array([1.0, 1.5, 1.2])
    z = (window - assessment.threshold) / assessment.bandwidth
    assert assessment.degrees(np.r_[9.0, window])[-1] == pytest.approx(norm.cdf(z).mean())
    assert assessment.degrees(window)[-1] == pytest.approx(
        assessment.window_density(window).exceedance(assessment.threshold)[0]
    )


def test_degree_of_a_window_that_is_not_full_is_that_of_what_it_has() -> None:
    assessment = fitted(k=4)
    indicators = life(onset=0, n=6)
    for n in (1, 2, 3, 4):
        tail = assessment.window_density(indicators[:n]).exceedance(np.log(assessment.threshold))[0]
        assert assessment.degrees(indicators)[n - 1] == pytest.approx(tail)


def test_mean_degree_of_the_healthy_snapshots_is_the_promised_rate() -> None:
    assessment = fitted()
    shares = [assessment.window_degree(np.log(HEALTHY[i : i + 1])) for i in range(75)]
    assert np.mean(shares) == pytest.approx(1 - assessment.settings.confidence, rel=1e-6)


def test_degree_lies_in_0_1_and_grows_with_every_indicator() -> None:
    assessment = fitted()
    degrees = assessment.degrees(life())
    assert (degrees >= 0).all()
    assert (degrees <= 1).all()
    assert degrees[-1] > 0.99
    assert (assessment.degrees(life() * 1.1) >= degrees).all()
    assert assessment.degrees(np.empty(0)).shape == (0,)


def test_window_that_slides_by_s_renews_the_degree_each_s_snapshots() -> None:
    every, third = fitted(k=5, s=1).degrees(life()), fitted(k=5, s=3).degrees(life())
    renewed = [0, *range(1, 120, 3)]  # counts 5, 8, 11, ...; before the window is full 2 as well, and the first
    for at in range(120):
        last = max(r for r in renewed if r <= at)
        assert third[at] == every[last]


indicators = st.lists(st.floats(1e-3, 1e3) | st.floats(0.8, 1.4), max_size=70)


@given(
    indicators,
    st.integers(2, 30),
    st.integers(1, 30),
    st.sampled_from(["confirmed", "plain"]),
    st.sampled_from(["healthy", "window"]),
    st.sampled_from(["auto", "linear"]),
)
def test_streaming_says_what_the_batch_says(
    values: list[float], k: int, s: int, rule: str, bandwidth: str, scale: str
) -> None:
    assessment = fitted(k=k, s=min(s, k), rule=rule, bandwidth=bandwidth, scale=scale)
    batch = assessment.assess(np.array(values))
    verdicts = streamed(assessment, np.array(values))
    assert [v.degree for v in verdicts] == batch.degrees.tolist()
    assert [v.state for v in verdicts] == batch.states.tolist()
    assert (verdicts[-1].onset if verdicts else None) == batch.onset
    for at, verdict in enumerate(verdicts):
        assert verdict.onset == (batch.onset if batch.onset and at >= batch.onset.alarm else None)
        assert verdict.filled == min(at + 1, k)


def test_confirmed_onset_is_the_first_snapshot_of_its_run_and_the_alarm_its_last() -> None:
    assessment = fitted()
    values = np.full(50, 1.0)
    values[[10, 30, 31, 33, 34]] = assessment.threshold * 1.1
    assessed = assessment.assess(values)
    assert assessed.onset == Onset(30, 34)
    assert set(assessed.states[:34]) == {"healthy"}
    assert set(assessed.states[34:45]) == {"slight"}


def test_plain_rule_tells_an_onset_at_one_snapshot_beyond() -> None:
    values = np.full(50, 1.0)
    values[10] = 2.0
    assert fitted(rule="plain").assess(values).onset == Onset(10, 10)
    assert fitted().assess(values).onset is None


def test_states_go_from_healthy_over_slight_to_severe_and_back_after_a_repair() -> None:
    assessed = fitted().assess(np.r_[life(), np.full(60, 1.0)])
    assert list(dict.fromkeys(assessed.states)) == ["healthy", "slight", "severe"]
    assert assessed.states[119] == "severe"
    assert assessed.states[-1] == "healthy"


def test_indicators_not_above_0_are_healthy_on_the_log_scale() -> None:
    assert fitted().degrees(np.array([0.0, -1.0])).tolist() == [0.0, 0.0]
    assert fitted(bandwidth="window").degrees(np.array([0.0, -1.0])).tolist() == [0.0, 0.0]


def test_healthy_indicators_below_0_are_taken_as_they_are() -> None:
    assessment = Assessment.fit(HEALTHY - 1.0)
    assert not assessment.log
    assert assessment.assess(life() - 1.0).onset is not None
    with pytest.raises(InputError, match="'log' wants indicators > 0"):
        Assessment.fit(HEALTHY - 1.0, AssessmentSettings(scale="log"))


def test_survives_json() -> None:
    assessment = fitted(k=10, s=2)
    again = Assessment.from_json(json.loads(json.dumps(assessment.to_json(), allow_nan=False)))
    assert again.to_json() == assessment.to_json()
    np.testing.assert_array_equal(again.degrees(life()), assessment.degrees(life()))
    assert again.assess(life()).onset == assessment.assess(life()).onset


def test_refuses_too_few_healthy_indicators_and_those_all_alike() -> None:
    with pytest.raises(InputError, match="k=25 snapshots but only 24 are declared healthy"):
        Assessment.fit(HEALTHY[:24])
    with pytest.raises(InputError, match="all 30 healthy indicators are 2"):
        Assessment.fit(np.full(30, 2.0))


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([np.inf]), np.ones((2, 2))])
def test_refuses_what_are_no_indicators(bad: np.ndarray) -> None:
    for refuse in (fitted().degrees, fitted().assess, Assessment.fit):
        with pytest.raises(ValueError, match="finite numbers"):
            refuse(bad)
    with pytest.raises(ValueError, match="finite number"):
        Stream(fitted()).push(float("nan"))


@pytest.mark.parametrize(
    "settings",
    [
        {"k": 1}, {"s": 0}, {"s": 26}, {"confidence": 1.0}, {"limit": 0.0}, {"severe": 1.0}, {"limit": 0.8},
        {"life": 0}, {"gaps": -1}, {"false_onsets": 0.0},
    ],
)  # fmt: skip
def test_refuses_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        AssessmentSettings(**settings)
