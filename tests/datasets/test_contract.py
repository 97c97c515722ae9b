"""Any frame becomes a table that keeps the contract, with every change told, or is refused in one line."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rarefault.datasets.cleaning.checks import verify
from rarefault.datasets.cleaning.repairs import Limits
from rarefault.datasets.contract import check_table
from rarefault.datasets.reading import read_frame
from rarefault.datasets.table import Table, row_hashes
from rarefault.errors import InputError

N = 200


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "force [N]": rng.normal(size=N),
            "torque": rng.normal(size=N),
            "count": rng.integers(0, 30, size=N),
            "tool": rng.choice(["a", "b", "c"], size=N),
            "fault": np.repeat([0, 1], [150, 50]),
        }
    )


def told(checked):
    return "\n".join(checked.table.schema.repairs)


def refusal(frame, **options):
    with pytest.raises(InputError) as caught:
        check_table(frame, **{"label": "fault", "positive": "1", "name": "line.csv", **options})
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith("line.csv")
    return message


def kinds(checked):
    return {column.name: column.kind for column in checked.table.schema.columns}


def test_a_clean_frame_is_left_alone(frame):
    checked = check_table(frame, label="fault", positive="1", units={"torque": "Nm"}, notes="simulated")
    assert kinds(checked) == {
        "force [N]": "continuous",
        "torque": "continuous",
        "count": "integer",
        "tool": "categorical",
    }
    assert [column.unit for column in checked.table.schema.columns] == ["N", "Nm", "", ""]
    assert checked.table.schema.columns[3].levels == ("a", "b", "c")
    assert (checked.table.schema.repairs, checked.warnings, checked.missing) == ((), [], {})
    assert (checked.table.schema.positive, checked.table.schema.negative) == ("1", "0")
    assert checked.table.schema.notes == "simulated"
    np.testing.assert_array_equal(checked.table.y, frame["fault"])
    np.testing.assert_array_equal(checked.rows, np.arange(N))
    assert checked.times is None


def test_the_frame_handed_in_is_not_changed(frame):
    before = frame.copy()
    check_table(frame, label="fault", drop=["torque"])
    pd.testing.assert_frame_equal(frame, before)


def test_the_table_survives_a_write_and_a_read(frame, tmp_path):
    frame.loc[:20, ["force [N]", "count", "tool"]] = None
    table = check_table(frame.assign(batch=np.arange(N) // 10), label="fault", group="batch").table
    table.write(tmp_path)
    back = Table.read(tmp_path)
    pd.testing.assert_frame_equal(back.X, table.X)
    assert back.schema == table.schema
    np.testing.assert_array_equal(back.groups, table.groups)


# The label


@pytest.mark.parametrize(
    ("good", "bad", "positive"),
    [
        (0, 1, None),
        (0, 1, "1"),
        (0.0, 1.0, 1),
        ("0", "1", 1.0),
        (-1, 1, None),
        (-1, 1, "1"),
        (False, True, None),
        (False, True, "true"),
        (False, True, "1"),
        (0, 1, "True"),
        ("ok", "NOK", None),
        ("Pass", " fail ", "FAIL"),
        ("i.O.", "n.i.O.", None),
        ("no", "yes", None),
        ("A", "scrap", None),
        ("good", "B", None),
        ("A", "B", None),
        (1, 2, None),
        (2, 7, "7.0"),
    ],
)
def test_the_faulty_value_is_found_however_it_is_spelled(frame, good, bad, positive):
    frame["fault"] = np.where(frame["fault"] == 1, np.array(bad, dtype=object), np.array(good, dtype=object))
    checked = check_table(frame, label="fault", positive=positive)
    assert checked.table.faults == 50
    assert checked.table.schema.positive == str(bad).strip().removesuffix(".0")
    assert any("is taken as faulty" in warning for warning in checked.warnings) == (positive is None)


def test_spellings_of_one_class_are_merged_and_told(frame):
    spelled = np.array(["OK", "ok ", "Nok", "nok"], dtype=object)
    frame["fault"] = spelled[2 * frame["fault"] + np.arange(N) % 2]
    checked = check_table(frame, label="fault")
    assert checked.table.faults == 50
    assert "the labels 'OK', 'ok' are read as one class" in told(checked)


def test_several_classes_need_a_positive_value(frame):
    frame["fault"] = np.array(["ok", "crack", "dent"])[frame["fault"] * (1 + np.arange(N) % 2)]
    assert "3 classes: 'ok' (150 rows), 'crack' (25 rows), 'dent' (25 rows); accepted: two" in refusal(
        frame, positive=None
    )
    assert "never holds the positive value 'hole'; accepted: one of 'ok', 'crack'" in refusal(frame, positive="hole")
    checked = check_table(frame, label="fault", positive="dent")
    assert checked.table.faults == 25
    assert "the label is 'dent' against the rest: 'ok', 'crack'" in told(checked)
    assert checked.table.schema.negative == "other"


def test_labels_that_say_nothing(frame):
    assert "holds '0' only; accepted: two classes" in refusal(frame.assign(fault=0))
    assert "holds no value only" in refusal(frame.assign(fault=None))
    assert "'-' and '?' count as missing" in refusal(frame.assign(fault=np.where(frame["fault"] == 1, "+", "-")))
    assert "nested values" in refusal(frame.assign(fault=[[1]] * N))
    assert "200 classes" in refusal(frame.assign(fault=np.arange(N) / 7), positive=None)
    balanced = frame.assign(fault=np.tile(["A", "B"], N // 2))
    assert "does not tell which of 'A', 'B' is faulty" in refusal(balanced, positive=None)


def test_rows_without_a_label_are_dropped(frame):
    frame["fault"] = frame["fault"].astype(object)
    frame.loc[[3, 5, 7], "fault"] = [None, "NA", " "]
    checked = check_table(frame, label="fault")
    assert "3 rows without a label dropped" in told(checked)
    np.testing.assert_array_equal(checked.rows, np.delete(np.arange(N), [3, 5, 7]))


# Columns that are no features


def test_columns_that_are_not_there(frame):
    assert "no label column 'Fault'; did you mean 'fault'?" in refusal(frame, label="Fault")
    assert "no label column 'zzz'; its columns are 'force [N]', 'torque'" in refusal(frame, label="zzz")
    assert "no group column 'batch'" in refusal(frame, group="batch")
    assert "no time column 'when'" in refusal(frame, time="when")
    assert "no column 'torq'; did you mean 'torque'?" in refusal(frame, drop=["torq"])
    assert "'fault' is the label" in refusal(frame, group="fault")


def test_groups_and_times_are_handed_on_and_are_no_features(frame):
    frame["batch"] = np.where(np.arange(N) < 10, None, np.arange(N) // 50)
    frame["when"] = pd.Series(pd.date_range("2024-01-31", periods=N, freq="h").strftime("%d/%m/%Y %H:%M:%S"))
    frame.loc[[0, 1], "when"] = [None, "-"]
    checked = check_table(frame, label="fault", group="batch", time="when", drop=["tool"])
    assert list(checked.table.X) == ["force [N]", "torque", "count"]
    assert set(checked.table.groups) == {"missing", "0", "1", "2", "3"}
    assert checked.times[0] == np.datetime64("2024-01-31T02:00")
    assert len(checked.times) == len(checked.table) == N - 2
    for sentence in (
        "2 rows without a time in 'when' dropped",
        "form a group of their own",
        "left out on request: 'tool'",
    ):
        assert sentence in told(checked)


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ", "%s"])
def test_times_in_many_spellings(frame, form):
    when = pd.date_range("2024-01-31", periods=N, freq="h")
    frame["when"] = (when.astype(np.int64) // 10**9).astype(str) if form == "%s" else when.strftime(form)
    times = check_table(frame, label="fault", time="when").times
    assert (np.diff(times) == (3600 if form == "%s" else np.timedelta64(1, "h"))).all()


def test_a_day_that_could_be_a_month_is_warned_of_unless_the_order_tells(frame):
    days = [f"0{1 + i % 9}/0{1 + i // 9 % 9}/2024" for i in range(N)]
    warnings = check_table(frame.assign(when=days), label="fault", time="when").warnings
    assert any("could be day/month or month/day" in warning for warning in warnings)
    ordered = check_table(frame.assign(when=sorted(days)), label="fault", time="when")
    assert not any("could be" in warning for warning in ordered.warnings)
    assert ordered.times.astype("datetime64[M]").max() == np.datetime64("2024-09")


def test_times_that_are_none(frame):
    assert "holds values that are no time, for example 'soon'" in refusal(frame.assign(when="soon"), time="when")


# Repairs, one column each


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
    assert "infinite values became missing in 1 column: 'x' (7)" in said


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


# Rows


def test_exact_duplicates_are_dropped_and_contradictions_kept(frame):
    again = frame.iloc[[0, 1, 199]]
    contrary = frame.iloc[[5]].assign(fault=1)
    checked = check_table(pd.concat([frame, again, contrary]), label="fault", positive=1)
    assert len(checked.table) == N + 1
    assert "3 exact duplicates (1.5% of the rows, 1 of them faulty) dropped" in told(checked)
    assert "1 faulty and 1 good row are equal in every feature; both were kept" in checked.warnings
    assert checked.rows[-1] == N + 3


def test_rows_that_are_equal_by_chance_are_warned_of_and_can_be_kept(frame):
    coarse = frame[["count", "tool", "fault"]]
    dropped = check_table(coarse, label="fault", positive=1)
    assert len(dropped.table) == len(coarse.drop_duplicates())
    kept = check_table(coarse, label="fault", positive=1, limits=Limits(keep_chance_duplicates=True))
    assert len(kept.table) == N
    for checked, done in ((dropped, "dropped"), (kept, "kept")):
        assert any(f"{done}, though values as coarse as these" in warning for warning in checked.warnings)
    twice = check_table(pd.concat([frame, frame]), label="fault", limits=Limits(keep_chance_duplicates=True))
    assert len(twice.table) == N


def test_too_little_is_refused(frame):
    assert "9 faulty rows ('1' in the label column 'fault'); accepted: at least 10" in refusal(frame.iloc[:159])
    assert "after exact duplicates were dropped; accepted" in refusal(frame.iloc[[*range(150), *[160] * 20]])
    assert "29 rows with a label; accepted: at least 40" in refusal(frame.iloc[::7])
    assert "5 good rows" in refusal(frame.iloc[145:])
    assert "no usable feature column (1 dropped as constant)" in refusal(frame[["fault"]].assign(x=1))
    assert "no usable feature column;" in refusal(frame[["fault"]])
    assert check_table(frame.iloc[:159], label="fault", limits=Limits(min_faults=5)).table.faults == 9


def test_names_that_cannot_be_used(frame):
    assert "the column names 'fault' occur more than once" in refusal(frame.rename(columns={"torque": "fault "}))
    assert "'__fault__' is reserved" in refusal(frame.rename(columns={"torque": "__fault__"}))
    checked = check_table(frame.rename(columns={"torque": " ", "count": 7}), label=" fault ")
    assert list(checked.table.X) == ["force [N]", "column_2", "7", "tool"]
    assert "column 2 has no name and is called 'column_2'" in told(checked)


# Suspicion


def test_the_label_under_another_name_is_dropped(frame):
    copies = {"result": np.where(frame["fault"] == 1, "bad", "fine"), "code": 5 - 2.5 * frame["fault"]}
    said = told(check_table(frame.assign(**copies), label="fault"))
    assert "2 columns dropped (the label under another name): 'result', 'code'" in said


def test_the_classes_behind_a_one_against_rest_label_are_dropped(frame):
    classes = frame["fault"] * (1 + np.arange(N) % 2)
    checked = check_table(frame.assign(fault=classes, kind=classes * 7), label="fault", positive=2)
    assert "(the label under another name): 'kind'" in told(checked)


LEAKS = {
    "ranks": lambda y, rng: y * 10 + rng.normal(size=len(y)),
    "ranks downward with gaps": lambda y, rng: np.where(
        rng.random(len(y)) < 0.3, np.nan, rng.normal(size=len(y)) - 10 * y
    ),
    "a value in the middle": lambda y, rng: np.where(y == 1, 5, rng.choice([3, 9], size=len(y))),
    "texts": lambda y, rng: np.where(y == 1, "x", rng.choice(["u", "v"], size=len(y))),
    "gaps": lambda y, rng: np.where(y == 1, rng.random(len(y)), np.where(rng.random(len(y)) < 0, 0, np.nan)),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_column_that_alone_separates_the_classes_is_named(frame, kind):
    rng = np.random.default_rng(0)
    leak = LEAKS[kind](frame["fault"].to_numpy(), rng)
    limits = Limits(max_missing=0.9)
    checked = check_table(frame.assign(leak=leak), label="fault", positive=1, limits=limits)
    assert "leak" in checked.table.X
    assert [w for w in checked.warnings if "column 'leak' alone separates the classes" in w]
    assert not [w for w in checked.warnings if "torque" in w]


def test_a_value_that_only_faulty_parts_have_is_named(frame):
    cause = np.where(frame["fault"] == 1, np.arange(N) % 3, 0)
    warnings = check_table(frame.assign(cause=cause), label="fault", positive=1).warnings
    assert sum("'cause': " in w and "are faulty: it may record the outcome" in w for w in warnings) == 2


def test_noise_is_not_suspected():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(150, 400))).add_prefix("c")
    frame["rare"] = rng.choice(["a", "b", *"cdefghijkl"], size=150)
    frame["fault"] = np.arange(150) < 12
    warnings = check_table(frame, label="fault", positive="true").warnings
    assert warnings == ["only 12 faulty rows: every figure will be uncertain"]


def test_cautions(frame):
    frame.loc[:19, "torque"] = np.nan
    checked = check_table(frame, label="fault", positive=0)
    assert "75% of the rows are faulty: is '0' really the faulty value?" in checked.warnings
    assert "1 column with missing values (2.5% of all cells): 'torque' 10.0%" in checked.warnings
    assert checked.missing == {"torque": 20}


def test_a_finished_table_can_be_verified_again(frame):
    table = check_table(frame, label="fault").table
    verify(table.X, table.y, table.schema, "new rows")
    broken = {
        "column 'torque' is missing": table.X.drop(columns="torque"),
        "column 'extra' is not part of the table": table.X.assign(extra=1.0),
        "column 'torque' holds an infinite value": table.X.assign(torque=np.inf),
        "column 'count' holds a number that is not whole": table.X.assign(count=0.5),
        "column 'torque' has the type": table.X.assign(torque="x"),
    }
    for cause, X in broken.items():
        with pytest.raises(InputError, match=f"new rows: {cause}"):
            verify(X, table.y, table.schema, "new rows")
    with pytest.raises(InputError, match="a value other than 0 and 1"):
        verify(table.X, table.y + 1, table.schema, "new rows")


# Any frame at all

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
    assert not pd.DataFrame({"h": row_hashes(table.X), "y": table.y}).duplicated().any()
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
    gone = {" ".join(str(name).split()) for name in frame.columns} - set(table.X) - {"the label", ""}
    renamed = " spaces removed" in f" {repairs}"
    assert renamed or all(repr(name) in repairs for name in gone)
    assert len(table) == len(frame) or "dropped" in repairs


# Real data


def test_ai4i2020(real_data):
    frame = read_frame(real_data / "ai4i2020" / "ai4i2020.csv").frame
    checked = check_table(frame, label="Machine failure", positive="1", name="ai4i2020")
    assert (len(checked.table), checked.table.faults) == (10_000, 339)
    assert "row numbers, a different whole number in each row): 'UDI'" in told(checked)
    assert "row names or free text, most texts occur once): 'Product ID'" in told(checked)
    assert {w.split("'")[1] for w in checked.warnings} == {"TWF", "HDF", "PWF", "OSF"}
    assert checked.table.schema.columns[0].levels == ("H", "L", "M")
    assert [column.unit for column in checked.table.schema.columns[:6]] == ["", "K", "K", "rpm", "Nm", "min"]


def test_secom(real_data):
    frame = read_frame(real_data / "secom" / "secom_382.csv").frame
    checked = check_table(frame, label="fail", positive="1", time="timestamp", name="secom")
    assert (len(checked.table), checked.table.faults) == (1567, 104)
    assert checked.table.X.shape[1] == 372
    assert (np.diff(checked.times) >= np.timedelta64(0)).all()
    assert "10 columns dropped (more than 50% missing): 's072'" in told(checked)


def test_steel_plates(real_data):
    frame = read_frame(real_data / "steel_plates" / "steel_plates_faults.csv").frame
    others = [name for name in frame.columns[27:] if name != "Stains_Fault"]
    checked = check_table(frame, label="Stains_Fault", positive="1", drop=others, name="steel-plates")
    assert (checked.table.X.shape, checked.table.faults) == ((1941, 27), 72)
    assert checked.warnings == []
