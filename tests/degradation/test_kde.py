"""The density and its probabilities, against scipy and against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gaussian_kde, norm

from rarefault.degradation.kde import Density, scott, threshold

POINTS = st.lists(st.floats(-50, 50), min_size=2, max_size=40).filter(lambda points: np.std(points) > 1e-3)


@given(POINTS)
def test_is_scipys_gaussian_kde(points: list[float]) -> None:
    ours, theirs = Density(np.array(points)), gaussian_kde(points)
    places = np.linspace(min(points) - 5, max(points) + 5, 11)
    assert ours.bandwidth == pytest.approx(math.sqrt(theirs.covariance[0, 0]))
    np.testing.assert_allclose(ours.pdf(places), theirs(places), rtol=1e-9, atol=1e-300)
    for place in places[::5]:
        assert ours.exceedance(place)[0] == pytest.approx(theirs.integrate_box_1d(place, np.inf), abs=1e-12)
        assert ours.cdf(place)[0] == pytest.approx(theirs.integrate_box_1d(-np.inf, place), abs=1e-12)


def test_of_one_point_is_a_normal_distribution() -> None:
    density, normal = Density(np.array([2.0]), bandwidth=3.0), norm(2.0, 3.0)
    places = np.array([-4.0, 0.0, 2.0, 11.0])
    np.testing.assert_allclose(density.pdf(places), normal.pdf(places))
    np.testing.assert_allclose(density.cdf(places), normal.cdf(places))
    np.testing.assert_allclose(density.exceedance(places), normal.sf(places))
    assert density.quantile(0.999) == pytest.approx(normal.ppf(0.999))


def test_of_two_points_by_hand() -> None:
    density = Density(np.array([-1.0, 1.0]), bandwidth=1.0)
    assert density.pdf(0.0)[0] == pytest.approx(math.exp(-0.5) / math.sqrt(2 * math.pi))
    assert density.cdf(0.0)[0] == pytest.approx(0.5)
    assert density.quantile(0.5) == pytest.approx(0.0, abs=1e-12)
    assert density.exceedance(1.0)[0] == pytest.approx((0.5 + 0.022750131948179195) / 2)


@given(POINTS)
def test_its_density_integrates_to_its_probability(points: list[float]) -> None:
    density = Density(np.array(points), bandwidth=5.0)
    area = quad(lambda at: density.pdf(at)[0], -100, 7.0, limit=200)[0]
    assert area == pytest.approx(density.cdf(7.0)[0], abs=1e-6)


@given(POINTS, st.floats(1e-6, 1 - 1e-6))
def test_quantile_and_probability_are_inverse(points: list[float], q: float) -> None:
    density = Density(np.array(points))
    assert density.cdf(density.quantile(q))[0] == pytest.approx(q, rel=1e-6, abs=1e-9)


def test_far_tails_keep_their_digits() -> None:
    density = Density(np.array([0.0, 0.0]), bandwidth=1.0)
    assert density.exceedance(20.0)[0] == pytest.approx(norm.sf(20.0), rel=1e-9)
    assert density.quantile(1 - 1e-12) == pytest.approx(norm.isf(1e-12), rel=1e-4)


def test_threshold_has_the_promised_share_above_it() -> None:
    healthy = np.random.default_rng(0).normal(3.0, 0.2, size=75)
    assert Density(healthy).exceedance(threshold(healthy, 0.999))[0] == pytest.approx(0.001, rel=1e-6)
    assert threshold(healthy, 0.99) < threshold(healthy, 0.999)


def test_scotts_rule_by_hand() -> None:
    assert scott(np.array([0.0, 2.0])) == pytest.approx(math.sqrt(2) * 2**-0.2)


def test_many_places_are_judged_in_blocks() -> None:
    points = np.random.default_rng(1).normal(size=3000)
    places = np.linspace(-3, 3, 1000)
    np.testing.assert_allclose(Density(points).cdf(places)[::333], [Density(points).cdf(p)[0] for p in places[::333]])


@pytest.mark.parametrize("points", [[], [np.nan, 1.0], [np.inf, 1.0], [[1.0, 2.0]]])
def test_refuses_points_that_are_no_numbers(points: list[float]) -> None:
    with pytest.raises(ValueError, match="finite numbers"):
        Density(np.array(points))


def test_refuses_points_all_alike_bandwidths_and_probabilities_out_of_range() -> None:
    with pytest.raises(ValueError, match="without spread"):
        Density(np.array([1.0, 1.0]))
    for bandwidth in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="bandwidth must be > 0"):
            Density(np.array([1.0]), bandwidth)
    for q in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="q must be in"):
            Density(np.array([1.0]), 1.0).quantile(q)
