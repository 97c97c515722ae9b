"""What each kind of column becomes, and the sentence that tells."""

import datetime

import numpy as np
import pandas as pd
import pytest
from contract_words import N, kinds, told

from rarefault.datasets.cleaning.repairs import Limits
from rarefault.datasets.contract import check_table


def repaired(frame, values, limits=None):
    checked = check_table(frame.assign(x=values), label="fault", positive="1", limits=limits)
    return checked.table.X.get("x"), kinds(checked).get("x"), told(checked)


def test_numbers_kept_as_text_are_read(frame):
    texts = [f"{i % 90},5" for i in range(N)]
    texts[3:6] = ["err", "err", "n/a"]
    x, kind, said = repaired(frame, texts)
    assert kind == "continuous"
    assert x.isna().sum() == 3
    assert "197 texts read as numbers (for example '0,5' as 0.5)" in said
    assert "2 could not be read (for example 'err') and became missing in 'x'" in said
    assert "1 text such as NA" in said


def test_mostly_text_stays_text(frame):
    x, kind, _ = repaired(frame, [f"{i % 7}" if i % 10 else "low" for i in range(N)])
    assert kind == "categorical"
    assert list(x.cat.categories) == ["0", "1", "2", "3", "4", "5", "6", "low"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"part {i}" for i in range(N)], "row names or free text"),
        ([f"code {i % 60}" for i in range(N)], "too many different texts"),
        (np.arange(N), "row numbers"),
        (np.arange(N)[::-1] * 10.0, "row numbers"),
        (pd.date_range("2024-01-01", periods=N), "dates or times"),
        ([f"{i % 28 + 1:02d}.02.2024 10:00" for i in range(N)], "dates or times"),
        ([f"10:{i % 60:02d}:00" for i in range(N)], "dates or times"),
        ([datetime.date(2024, 1, 1 + i % 9) for i in range(N)], "dates or times"),
        ([None] * N, "no value at all"),
        ([np.inf, -np.inf] * (N // 2), "no value at all"),
        ([1.0, np.nan, 2.0, np.nan, np.nan] * (N // 5), "more than 50% missing"),
        ([5] * N, "constant"),
        (["a", None] * (N // 2), "constant"),
        ([[1, 2]] * N, "neither numbers nor texts"),
        ([b"x", b"y"] * (N // 2), "neither numbers nor texts"),
        (np.arange(N) * 1j, "neither numbers nor texts"),
    ],
)
def test_useless_columns_are_dropped_with_the_reason(frame, values, reason):
    x, _, said = repaired(frame, values)
    assert x is None
    assert f"1 column dropped ({reason}" in said
    assert said.endswith("'x'")


def test_identifiers_out_of_order_are_known_by_name(frame):
    numbers = np.random.default_rng(1).permutation(N) + 1000
    checked = check_table(frame.assign(partId=numbers, pressure=numbers + 1), label="fault", positive="1")
    assert "row numbers, a different whole number in each row): 'partId'" in told(checked)
    assert kinds(checked)["pressure"] == "integer"


@pytest.mark.parametrize(
    "values", [[True, False], [True, None, False, True], pd.array([True, None, False, True], dtype="boolean")]
)
def test_booleans_become_numbers(frame, values):
    values = pd.Series(list(values) * (N // len(values)), dtype=getattr(values, "dtype", None))
    x, kind, said = repaired(frame, values)
    assert kind == "integer"
    assert set(x.dropna()) == {0.0, 1.0}
    assert "true / false became 1 / 0 in 'x'" in said


def test_infinities_become_missing(frame):
    x, _, said = repaired(frame, np.where(np.arange(N) < 7, np.inf, np.arange(N) / 7))
    assert x.isna().sum() == 7
    assert "infinite values (or beyond 1e100) became missing in 1 column: 'x' (7)" in said


def test_numbers_too_large_for_a_measurement_become_missing(frame):
    x, _, said = repaired(frame, np.where(np.arange(N) < 7, -1.7976931348623157e308, np.arange(N) / 7))
    assert x.isna().sum() == 7
    assert "(or beyond 1e100) became missing in 1 column: 'x' (7)" in said


def test_copies_of_a_column_are_dropped(frame):
    said = told(check_table(frame.assign(other=frame["torque"], tool_2=frame["tool"]), label="fault"))
    assert "1 column dropped (copy of 'torque'): 'other'" in said
    assert "1 column dropped (copy of 'tool'): 'tool_2'" in said


def test_declared_categories_and_durations(frame):
    x, kind, _ = repaired(frame, pd.Categorical.from_codes(np.arange(N) % 3, [10, 20, 30]))
    assert (kind, list(x.cat.categories)) == ("categorical", ["10", "20", "30"])
    x, kind, said = repaired(frame, pd.to_timedelta(np.arange(N) % 9 * 0.5, unit="s"))
    assert (kind, x.max()) == ("continuous", 4.0)
    assert "durations became seconds" in said


def test_limits_can_be_set(frame):
    gaps = [1.0, np.nan, 2.0, np.nan, np.nan] * (N // 5)
    assert repaired(frame, gaps, Limits(max_missing=0.7))[1] == "integer"
    assert repaired(frame, [f"code {i % 60}" for i in range(N)], Limits(max_levels=60))[1] == "categorical"


@pytest.mark.parametrize("setting", [{"min_faults": 1}, {"min_rows": 3}, {"max_missing": 1.1}, {"max_levels": 1}])
def test_wrong_limits_are_named(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        Limits(**setting)


def test_numbers_with_a_unit_behind_each_are_read(frame):
    texts = [f"{i % 90},5 Nm" for i in range(N)]
    texts[5] = "err"
    checked = check_table(frame.assign(x=texts), label="fault", positive="1", decimal=",")
    assert checked.table.X["x"].isna().sum() == 1
    assert checked.table.X["x"].max() == 89.5
    assert next(column.unit for column in checked.table.schema.columns if column.name == "x") == "Nm"
    assert "199 texts read as numbers (for example '0,5 Nm' as 0.5)" in told(checked)
    given = check_table(frame.assign(x=texts), label="fault", positive="1", units={"x": "N m"})
    assert next(column.unit for column in given.table.schema.columns if column.name == "x") == "N m"
