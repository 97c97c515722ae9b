import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from rarefault.metrics.prognostics import (
    false_alarm_rate,
    monotonicity,
    robustness,
    severity,
    share,
    smoothed,
    trendability,
)

VALUES = arrays(np.float64, st.integers(2, 60), elements=st.floats(0.0625, 1000, width=32))
STATES = ("healthy", "slight", "severe")


def test_monotonicity_counts_steps_up_against_steps_down():
    assert monotonicity(np.array([1.0, 2, 1, 3])) == pytest.approx(1 / 3)
    assert monotonicity(np.array([3.0, 2, 1])) == 1
    assert monotonicity(np.array([1.0, 1, 2])) == pytest.approx(1 / 2)
    assert monotonicity(np.ones(5)) == 0


def test_trendability_of_one_life_is_its_correlation_with_time():
    assert trendability([np.array([1.0, 3, 2])]) == pytest.approx(0.5)
    assert trendability([np.array([5.0, 3, 1])]) == pytest.approx(1)
    assert trendability([np.ones(4)]) == 0
    uneven = np.array([0.0, 1, 5])
    assert trendability([2 * uneven + 1], [uneven]) == pytest.approx(1)


def test_trendability_of_several_lives_is_the_smallest_correlation_between_two():
    line, bend = np.linspace(0, 1, 5), np.array([0.0, 1, 0, 1, 0])
    assert trendability([line, np.linspace(3, 9, 12)]) == pytest.approx(1)
    assert trendability([line, -line]) == pytest.approx(1)
    assert trendability([line, line, bend]) == pytest.approx(0, abs=1e-12)


def test_robustness_of_a_hand_computed_life():
    # Centred means of three: 1, 2, 2, 2, 1; residuals over values: 0, 1, 1/2, 1, 0.
    expected = (2 + 2 * np.exp(-1) + np.exp(-0.5)) / 5
    assert robustness(np.array([1.0, 1, 4, 1, 1]), k=3) == pytest.approx(expected)
    assert robustness(np.ones(30)) == 1
    assert robustness(np.zeros(30)) == 1
    assert robustness(np.array([0.0, 2]), k=3) == pytest.approx((0 + np.exp(-0.5)) / 2)


def test_smoothing_only_looks_back():
    np.testing.assert_allclose(smoothed(np.array([2.0, 4, 9]), k=2), [2, 3, 6.5])
    np.testing.assert_allclose(smoothed(np.array([2.0, 4, 9]), k=25), [2, 3, 5])
    np.testing.assert_array_equal(smoothed(np.array([7.0])), [7])


@pytest.mark.parametrize(("count", "of"), [(0, 40), (1, 1000), (7, 9), (40, 40)])
def test_a_share_has_wilsons_interval(count, of):
    expected = binomtest(count, of).proportion_ci(0.95, "wilson")
    found = share(count, of)
    assert (found["value"], found["low"], found["high"]) == pytest.approx((count / of, expected.low, expected.high))
    assert false_alarm_rate(count, of) == found


def test_a_share_of_nothing_is_not_known():
    assert share(0, 0) == {"count": 0, "of": 0, "value": None, "low": None, "high": None}
    with pytest.raises(ValueError, match="count must be between 0 and 3, got 4"):
        share(4, 3)


def test_severity_gives_the_papers_table_2():
    truth = ["healthy"] * 200 + ["slight"] * 200 + ["severe"] * 100
    told = ["healthy"] * 192 + ["slight"] * 8 + ["healthy"] * 29 + ["slight"] * 171 + ["severe"] * 100
    found = severity(truth, told, STATES)
    assert [found["states"][state]["value"] for state in STATES] == [0.96, 0.855, 1.0]
    assert found["counts"]["slight"] == {"healthy": 29, "slight": 171, "severe": 0}
    assert found["accuracy"]["value"] == pytest.approx(463 / 500)
    assert found["balanced"] == pytest.approx((0.96 + 0.855 + 1) / 3)


def test_severity_leaves_unknown_truths_out():
    found = severity(["", "severe"], ["healthy", "severe"], STATES)
    assert found["accuracy"]["of"] == 1 and found["balanced"] == 1
    assert found["states"]["healthy"]["value"] is None
    assert severity([""], ["healthy"], STATES)["balanced"] is None


@pytest.mark.parametrize(("truth", "told"), [(["ill"], ["healthy"]), (["healthy"], ["ill"]), (["healthy"], [])])
def test_severity_refuses_other_states_and_lengths(truth, told):
    with pytest.raises(ValueError):
        severity(truth, told, STATES)


@pytest.mark.parametrize("values", [np.array([1.0]), np.array([1.0, np.nan]), np.ones((2, 2))])
@pytest.mark.parametrize("measure", [monotonicity, robustness, lambda values: trendability([values])])
def test_unusable_values_are_refused(measure, values):
    with pytest.raises(ValueError, match="finite numbers, n >= 2"):
        measure(values)


def test_unusable_settings_are_refused():
    with pytest.raises(ValueError, match="k must be >= 1, got 0"):
        smoothed(np.ones(3), k=0)
    with pytest.raises(ValueError, match="k must be >= 1, got 0"):
        robustness(np.ones(3), k=0)
    with pytest.raises(ValueError, match="one life or more"):
        trendability([])
    with pytest.raises(ValueError, match="3 values but 2 times"):
        trendability([np.arange(3.0)], [np.arange(2.0)])


@settings(deadline=None, max_examples=60)
@given(VALUES, st.sampled_from([2.0**-20, 0.5, 8.0, 2.0**30]))
def test_measures_lie_between_0_and_1_whatever_the_unit(values, factor):
    for measure in (monotonicity, robustness, lambda v: trendability([v])):
        found = measure(values)
        assert 0 <= found <= 1
        assert measure(values * factor) == pytest.approx(found, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(VALUES, VALUES)
def test_trendability_does_not_mind_the_order_of_the_lives(first, second):
    found = trendability([first, second])
    assert 0 <= found <= 1
    assert trendability([second, first]) == pytest.approx(found)
    assert trendability([first, first]) in (0.0, pytest.approx(1.0))


@settings(deadline=None, max_examples=40)
@given(VALUES)
def test_a_life_backwards_is_as_monotonic_and_as_trendable(values):
    assert monotonicity(values[::-1]) == monotonicity(values)
    assert trendability([values[::-1]]) == pytest.approx(trendability([values]), abs=1e-9)
