"""Any frame at all keeps the contract or is refused in one line."""

import datetime

import numpy as np
import pandas as pd
from contract_words import told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rarefault.datasets.cleaning.checks import verify
from rarefault.datasets.cleaning.repairs import Limits
from rarefault.datasets.contract import check_table
from rarefault.datasets.table import row_hashes
from rarefault.errors import InputError

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["NA", "1,5", "1.234,5", "2024-01-01", "10:30", "inf", "ok", " ok", 1 + 2j, b"x", (1, 2)]),
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)),
    st.just([1]),
    st.just(pd.NaT),
)


@st.composite
def columns(draw, n):
    """A column of length n: a few distinct values of any or of one type, or numbers."""
    kind = draw(
        st.sampled_from(["anything", "float", "int", "text", "bool", "nullable", "dates", "category", "unique"])
    )
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    if kind == "anything":
        pool = draw(st.lists(anything, min_size=1, max_size=6))
        return pd.Series([pool[i] for i in rng.integers(0, len(pool), size=n)], dtype=object)
    if kind == "float":
        pool = draw(st.lists(st.floats(width=draw(st.sampled_from([32, 64]))), min_size=1, max_size=50))
        return pd.Series(rng.choice(pool, size=n))
    if kind == "int":
        return pd.Series(rng.integers(0, draw(st.sampled_from([1, 2, 5, 2**62])), size=n))
    if kind == "text":
        pool = draw(st.lists(st.text(max_size=5), min_size=1, max_size=8))
        return pd.Series(rng.choice(np.array(pool, dtype=object), size=n))
    if kind == "bool":
        return pd.Series(rng.random(n) < 0.5)
    if kind == "nullable":
        kinds_of_pool = {
            "Int64": [1, None, 3],
            "Float64": [0.5, None, 3],
            "boolean": [True, None, False],
            "string": "a b",
        }
        dtype = draw(st.sampled_from(sorted(kinds_of_pool)))
        return pd.Series(pd.array(list(kinds_of_pool[dtype]), dtype=dtype)[rng.integers(0, 3, size=n)])
    if kind == "dates":
        zone = draw(st.sampled_from([None, "UTC", "Europe/Rome"]))
        return pd.Series(pd.date_range("2024-01-01", periods=n, tz=zone))
    if kind == "category":
        return pd.Series(pd.Categorical.from_codes(rng.integers(-1, 3, size=n), ["b", "a", "unused"]))
    return pd.Series([f"id {i}" for i in range(n)])


@st.composite
def frames(draw):
    n = draw(st.one_of(st.integers(60, 150), st.integers(1, 59)))
    names = draw(st.lists(st.one_of(st.text(max_size=5), st.integers(0, 3)), max_size=5, unique_by=str))
    frame = pd.DataFrame(index=range(n))
    for i, name in enumerate(names):
        frame.insert(i, name, draw(columns(n)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    pool = draw(st.sampled_from([[0, 1], ["ok", "nok"], [True, False], ["a", "b", None], [1.0, 2.0, np.nan], [0]]))
    label = np.array(pool, dtype=object)[np.minimum(rng.integers(0, 6, size=n), len(pool) - 1)]
    frame.insert(0, "the label", label)
    if draw(st.booleans()):
        frame.insert(0, "force", rng.normal(size=n).round(draw(st.integers(1, 9))))
    if draw(st.booleans()):
        frame.insert(0, "the group", draw(columns(n)))
    if draw(st.booleans()):
        frame.insert(0, "the time", rng.integers(0, 99, size=n) if draw(st.booleans()) else draw(columns(n)))
    return frame


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(frames(), st.sampled_from([None] * 4 + ["1"]), st.sampled_from([Limits(), Limits(2, 4, 1.0, 2)]))
def test_any_frame_keeps_the_contract_or_is_refused(frame, positive, limits):
    roles = {role: f"the {role}" for role in ("group", "time") if f"the {role}" in frame}
    try:
        checked = check_table(frame, label="the label", positive=positive, name="any", limits=limits, **roles)
    except InputError as refusal:
        assert len(str(refusal).splitlines()) == 1
        return
    table, repairs = checked.table, told(checked)
    assert set(np.unique(table.y)) == {0, 1}
    assert min(table.faults, len(table) - table.faults) >= limits.min_faults
    assert len(table) >= limits.min_rows
    assert len(checked.rows) == len(table)
    again = pd.DataFrame({"h": row_hashes(table.X), "y": table.y}).duplicated().any()
    assert not again or any("kept: values as coarse" in warning for warning in checked.warnings)
    verify(table.X, table.y, table.schema, "any")
    for column in table.schema.columns:
        values = table.X[column.name]
        assert values.nunique() > 1
        if column.kind == "categorical":
            assert list(values.cat.categories) == sorted(column.levels)
        else:
            assert not np.isinf(values).any()
    if "group" in roles:
        assert len(table.groups) == len(table)
    if "time" in roles:
        assert not pd.isna(checked.times).any()
    names = {" ".join(str(name).replace("\ufeff", "").split()).removeprefix("#").strip() for name in frame.columns}
    gone = names - set(table.X) - {"the label", ""}
    renamed = " spaces removed" in f" {repairs}"
    assert renamed or all(repr(name) in repairs for name in gone)
    assert len(table) == len(frame) or "dropped" in repairs
