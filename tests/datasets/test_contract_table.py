"""A frame becomes a table that keeps the contract: its columns' roles, its rows, its names."""

import numpy as np
import pandas as pd
import pytest
from contract_words import N, kinds, refusal, told

from rarefault.datasets.cleaning.checks import verify
from rarefault.datasets.cleaning.repairs import Limits
from rarefault.datasets.contract import check_table
from rarefault.datasets.table import Table
from rarefault.errors import InputError


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


def test_exact_duplicates_are_dropped_and_contradictions_kept(frame):
    again = frame.iloc[[0, 1, 199]]
    contrary = frame.iloc[[5]].assign(fault=1)
    checked = check_table(pd.concat([frame, again, contrary]), label="fault", positive=1)
    assert len(checked.table) == N + 1
    assert "3 exact duplicates (1.5% of the rows, 1 of them faulty) dropped" in told(checked)
    assert "1 faulty and 1 good row are equal in every feature; both were kept" in checked.warnings
    assert checked.rows[-1] == N + 3


def test_rows_that_are_equal_by_chance_are_kept(frame):
    coarse = check_table(frame[["count", "tool", "fault"]], label="fault", positive=1)
    assert len(coarse.table) == N
    assert any("kept: values as coarse as these" in warning for warning in coarse.warnings)
    assert len(check_table(pd.concat([frame, frame]), label="fault").table) == N


def test_too_little_is_refused(frame):
    assert "9 faulty rows ('1' in the label column 'fault'); accepted: at least 10" in refusal(frame.iloc[:159])
    assert "after exact duplicates were dropped; accepted" in refusal(frame.iloc[[*range(150), *[160] * 20]])
    assert "29 rows with a label; accepted: at least 40" in refusal(frame.iloc[::7])
    assert "5 good rows" in refusal(frame.iloc[145:])
    assert "no usable feature column (1 dropped as constant)" in refusal(frame[["fault"]].assign(x=1))
    assert "no usable feature column;" in refusal(frame[["fault"]])
    assert check_table(frame.iloc[:159], label="fault", limits=Limits(min_faults=5)).table.faults == 9


def test_a_refusal_names_the_file_when_it_is_known(frame):
    with pytest.raises(InputError, match=r"^/data/line\.csv has 29 rows"):
        check_table(frame.iloc[::7], label="fault", positive=1, name="line", where="/data/line.csv")


def test_names_that_cannot_be_used(frame):
    assert "the column names 'fault' occur more than once" in refusal(frame.rename(columns={"torque": "fault "}))
    assert "'__fault__' is reserved" in refusal(frame.rename(columns={"torque": "__fault__"}))
    checked = check_table(frame.rename(columns={"torque": " ", "count": 7}), label=" fault ")
    assert list(checked.table.X) == ["force [N]", "column_2", "7", "tool"]
    assert "column 2 has no name and is called 'column_2'" in told(checked)


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
