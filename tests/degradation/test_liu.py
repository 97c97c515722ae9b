import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rarefault.datasets.signals.loading import load_signals
from rarefault.degradation.baselines.liu import LiuSettings, divide, fuzzy_c_means, recognise
from rarefault.errors import InputError


def test_memberships_keep_to_bezdeks_two_equations():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(at, 0.3, size=(30, 2)) for at in (-4, 0, 5)])
    shares = fuzzy_c_means(rows, 3, LiuSettings())
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    centres = (shares**2).T @ rows / (shares**2).sum(axis=0)[:, None]
    distances = np.linalg.norm(rows[:, None] - centres[None], axis=2)
    expected = 1 / np.square(distances[:, :, None] / distances[:, None, :]).sum(axis=2)
    np.testing.assert_allclose(shares, expected, atol=1e-4)
    assert sorted(np.round(centres.mean(axis=1))) == [-4, 0, 5]


def test_a_row_on_a_centre_belongs_to_it_alone():
    rows = np.array([[0.0], [0.0], [10.0], [10.0], [20.0], [20.0]])
    shares = fuzzy_c_means(rows, 3, LiuSettings())
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.max(axis=1), 1, atol=1e-6)


@settings(deadline=None, max_examples=50)
@given(arrays(np.float64, st.tuples(st.integers(3, 12), st.just(3)), elements=st.floats(0.125, 1, width=32)))
def test_stages_are_cut_where_memberships_are_largest(raw):
    memberships = raw / raw.sum(axis=1, keepdims=True)
    n = len(memberships)
    order = np.argsort(np.arange(n) @ memberships / memberships.sum(axis=0))
    ordered = memberships[:, order]

    def value(a, b):
        return ordered[:a, 0].sum() + ordered[a:b, 1].sum() + ordered[b:, 2].sum()

    best = max(value(a, b) for a in range(1, n - 1) for b in range(a + 1, n))
    a, b = divide(memberships)
    assert 1 <= a < b <= n - 1
    assert value(a, b) == pytest.approx(best)


def test_a_simulated_life_is_divided_and_recognised():
    life = load_signals("ball-screw-life", seed=0)
    found = recognise(life)
    truth = life.onsets[life.names[0]]
    assert abs(found.slight - truth) <= 15
    assert found.slight < found.severe < len(life)
    assert (found.told[::2] == "").all() and (found.told[1::2] != "").all()
    table = found.table()
    assert table["accuracy"]["of"] == len(life) // 2
    assert table["states"]["healthy"]["value"] > 0.9


def test_the_same_seed_finds_the_same_stages():
    life = load_signals("ball-screw-life", seed=1)
    first, second = recognise(life), recognise(life)
    assert (first.slight, first.severe) == (second.slight, second.severe)
    np.testing.assert_array_equal(first.told, second.told)


def test_too_short_a_life_and_unusable_settings_are_refused():
    life = load_signals("ball-screw-life", seed=0)
    with pytest.raises(InputError, match="at least 6 snapshots of a life, got 5"):
        recognise(life.rows(np.arange(5)))
    with pytest.raises(ValueError, match="fuzziness must be > 1"):
        LiuSettings(fuzziness=1)
