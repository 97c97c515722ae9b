"""What every filter of the registry promises."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from contract_rows import mixed_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.errors import InputError
from rarefault.filters import FILTERS

EVERY = pytest.mark.parametrize("name", sorted(FILTERS))
GATED = pytest.mark.parametrize("name", sorted(set(FILTERS) - {"none"}))


def fitted(name: str, rows: tuple[pd.DataFrame, np.ndarray] | None = None, **params: Any) -> Any:
    X, y = mixed_rows() if rows is None else rows
    return FILTERS[name].from_params(params).fit(X, y)


def blobs(n: int = 200, faults: int = 30, apart: float = 6.0, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Good parts around 0 and faults `apart` standard deviations away in both columns."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < faults).astype(np.int8)
    return pd.DataFrame(rng.normal(size=(n, 2)) + apart * y[:, None], columns=["a", "b"]), y


@EVERY
@settings(deadline=None, max_examples=25)
@given(n=st.integers(0, 60), m=st.integers(0, 40), seed=st.integers(0, 9))
def test_keeps_at_most_n_different_rows_nearest_first(name: str, n: int, m: int, seed: int) -> None:
    keeper = fitted(name)
    X = mixed_rows(60, 12, seed)[0].iloc[:m]
    kept = keeper.keep(X, n)
    assert kept.dtype == np.int64
    assert len(kept) == len(set(kept.tolist())) <= min(n, m)
    assert set(kept.tolist()) <= set(range(m))
    np.testing.assert_array_equal(kept, keeper.keep(X, m)[:n])


@EVERY
@settings(deadline=None, max_examples=25)
@given(st.permutations(range(30)))
def test_which_rows_are_kept_does_not_depend_on_their_order(name: str, order: list[int]) -> None:
    keeper, X = fitted(name), mixed_rows(30, 6, 5)[0]
    if name == "none":
        assert keeper.keep(X.iloc[order], 7).tolist() == list(range(7))
    else:
        assert np.take(order, keeper.keep(X.iloc[order], 7)).tolist() == keeper.keep(X, 7).tolist()


@GATED
def test_finds_faults_that_lie_apart_and_passes(name: str) -> None:
    keeper = fitted(name, blobs())
    X, y = blobs(seed=1)
    kept = keeper.keep(X, 20)
    assert len(kept) == 20
    assert y[kept].all()
    assert keeper.passes()
    assert keeper.quality_["recall"] > 0.7
    assert keeper.quality_["lift"] == pytest.approx(keeper.quality_["purity"] / 0.15)
    assert keeper.reason().startswith(f"The {name} filter passes its gate")


@GATED
def test_fails_its_gate_where_labels_say_nothing(name: str) -> None:
    X, _ = blobs(apart=0.0)
    y = np.random.default_rng(3).permutation(np.repeat([1, 0], [30, 170]))
    keeper = fitted(name, (X, y))
    assert not keeper.passes()
    assert "fails its gate" in keeper.reason()
    assert keeper.reason().endswith(".") and "\n" not in keeper.reason()


@GATED
def test_the_gate_can_be_set(name: str) -> None:
    keeper = fitted(name, blobs())
    assert keeper.passes(min_lift=0.0, min_recall=0.0)
    assert not keeper.passes(min_lift=1e6)
    assert not keeper.passes(min_recall=1.1)
    assert "1e+06 needed" in keeper.reason(min_lift=1e6)


@EVERY
def test_quality_is_measured_in_shares(name: str) -> None:
    keeper = fitted(name)
    assert set(keeper.quality_) == {"purity", "lift", "recall", "base_rate"}
    assert keeper.quality_["base_rate"] == pytest.approx(0.2)
    assert all(type(value) is float for value in keeper.quality_.values())
    assert 0 <= keeper.quality_["purity"] <= 1 and 0 <= keeper.quality_["recall"] <= 1


@EVERY
def test_same_seed_keeps_the_same_rows_and_nothing_given_is_changed(name: str) -> None:
    X, y = mixed_rows()
    new = mixed_rows(80, 16, 9)[0]
    copies = X.copy(), y.copy(), new.copy()
    first, second = (fitted(name, (X, y), seed=4).keep(new, 20) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    pd.testing.assert_frame_equal(X, copies[0])
    np.testing.assert_array_equal(y, copies[1])
    pd.testing.assert_frame_equal(new, copies[2])


@EVERY
def test_unusable_rows_settings_and_numbers_are_refused(name: str) -> None:
    X, y = mixed_rows()
    for rows in ((X.iloc[:0], y[:0]), (X, y[:-1]), (X.assign(force_n=np.nan), y)):
        with pytest.raises(ValueError, match=name):
            fitted(name, rows)
    with pytest.raises(ValueError, match="no setting 'nonsense'"):
        FILTERS[name].from_params({"nonsense": 1})
    with pytest.raises(ValueError, match="n must be >= 0"):
        fitted(name).keep(X, -1)


def test_an_unknown_filter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=f"known filters: {', '.join(sorted(FILTERS))}"):
        FILTERS["no-such"]
