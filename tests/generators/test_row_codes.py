import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.generators import GENERATORS
from rarefault.generators.table.codes import RowCodes

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LEVELS = st.lists(st.text(max_size=4), min_size=1, max_size=4, unique=True)


@st.composite
def tables(draw: st.DrawFn, numbers: st.SearchStrategy[float] = NUMBERS) -> pd.DataFrame:
    """One to four columns of floats, integers or levels, under any names."""
    n = draw(st.integers(2, 12))
    names = draw(st.lists(st.text(max_size=5), min_size=1, max_size=4, unique=True))
    return pd.DataFrame({name: draw(st.one_of(floats(n, numbers), integers(n), levels(n))) for name in names})


def floats(n: int, numbers: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    return st.lists(numbers, min_size=n, max_size=n).map(lambda v: np.array(v, dtype=np.float64))


def integers(n: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.integers(-(2**40), 2**40), min_size=n, max_size=n).map(lambda v: np.array(v, dtype=np.int64))


@st.composite
def levels(draw: st.DrawFn, n: int) -> pd.Categorical:
    known = draw(LEVELS)
    return pd.Categorical(draw(st.lists(st.sampled_from(known), min_size=n, max_size=n)), categories=known)


@settings(deadline=None)
@given(tables())
def test_every_row_comes_back_exactly_also_after_json(X: pd.DataFrame) -> None:
    codes = RowCodes().fit(X)
    again = RowCodes.from_json(json.loads(json.dumps(codes.to_json())))
    for either in (codes, again):
        pd.testing.assert_frame_equal(either.decode(either.encode(X)), X, check_exact=True)


@settings(deadline=None, max_examples=40)
@given(tables(st.floats(-1e9, 1e9)), st.sampled_from(["gaussian-copula", "smote", "resample"]), st.integers(0, 3))
def test_drawn_rows_fit_in_the_table_they_were_learned_from(X: pd.DataFrame, name: str, seed: int) -> None:
    X = pd.concat([X, X], ignore_index=True)
    y = np.arange(len(X)) % 2
    rows = GENERATORS[name].from_params({"seed": seed}).fit(X, y).sample(7, label=1)
    pd.testing.assert_series_equal(rows.dtypes, X.dtypes)
    for column in X:
        if X[column].dtype == "category":
            assert set(rows[column]) <= set(X[column])
        else:
            assert rows[column].between(X[column].min(), X[column].max()).all()


def test_decoding_clips_and_rounds() -> None:
    codes = RowCodes().fit(pd.DataFrame({"whole": [1.0, 4.0], "real": [0.5, 1.0]}))
    rows = codes.decode(np.array([[2.4, 0.2], [9.0, 0.75]]))
    assert rows.to_numpy().tolist() == [[2.0, 0.5], [4.0, 0.75]]


def test_infinite_values_are_refused() -> None:
    with pytest.raises(ValueError, match="column 'a' holds infinite"):
        RowCodes().fit(pd.DataFrame({"a": [1.0, np.inf]}))
