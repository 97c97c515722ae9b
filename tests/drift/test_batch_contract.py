"""The contract of new batches: what keeps it, what is told, and the poisoned ones that are refused."""

import numpy as np
import pandas as pd
import pytest

from rarefault.datasets.batches import UNLABELLED, Batch, batch_files, joined, read_batch
from rarefault.datasets.contract import check_table
from rarefault.errors import InputError

N = 120


def rows(n=N, seed=0, faults=0.15):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "force": rng.normal(20.0, 2.0, n),
            "torque": rng.normal(5.0, 0.5, n),
            "variant": rng.choice(["A", "B"], n),
            "result": np.where(rng.random(n) < faults, "fail", "pass"),
        }
    )


@pytest.fixture(scope="module")
def known():
    return check_table(rows(400), label="result", positive="fail", name="parts").table


@pytest.fixture
def read(known, tmp_path):
    def reading(frame, name="batch.csv", **options):
        frame.to_csv(tmp_path / name, index=False)
        return read_batch(tmp_path / name, known, **options)

    return reading


def test_a_labelled_batch_keeps_rows_order_and_labels(read, known):
    frame = rows(seed=1)
    batch = read(frame[["result", "variant", "torque", "force"]])
    assert list(batch.X.columns) == known.schema.names
    np.testing.assert_array_equal(batch.y, (frame["result"] == "fail").astype(int))
    np.testing.assert_allclose(batch.X["force"], frame["force"])
    assert list(batch.X.dtypes) == list(known.X.dtypes)
    assert batch.told == ()


def test_labels_may_come_later(read):
    frame = rows(seed=1)
    assert not read(frame.drop(columns="result")).labelled.any()
    frame.loc[50:, "result"] = ""
    batch = read(frame)
    assert batch.labelled.sum() == 50
    assert (batch.y[50:] == UNLABELLED).all()
    assert len(batch.table()) == 50


def test_labels_are_read_whatever_their_case(read):
    frame = rows(seed=1).assign(result=lambda f: f["result"].str.upper() + " ")
    np.testing.assert_array_equal(read(frame).y, read(rows(seed=1)).y)


def test_a_column_that_training_did_not_use_is_left_out_and_told(read):
    batch = read(rows(seed=1).assign(operator="x"))
    assert "operator" not in batch.X
    assert batch.told == ("batch.csv: 1 column that training did not use left out: 'operator'",)


def test_an_unknown_level_becomes_missing_and_is_told(read):
    frame = rows(seed=1)
    frame.loc[:9, "variant"] = "C"
    batch = read(frame)
    assert batch.X["variant"].isna().sum() == 10
    assert "levels unknown to training ('c') became missing in 'variant'" in batch.told[0]


def poisoned(**columns):
    return rows(seed=1).assign(**columns)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (rows(seed=1).drop(columns="force"), "lacks 1 column of the line's table: 'force'; accepted: all 3"),
        (poisoned(force="broken"), "column 'force' holds 'broken', in the line's table numbers"),
        (poisoned(force=np.nan), "force' 100% of the values are missing; accepted: at most 50%"),
        (poisoned(variant="Z"), "'variant' 100% of the values are missing"),
        (poisoned(force=lambda f: f["force"] * 1000), "ten times the training range .* the unit and the sensor"),
        (poisoned(torque=np.inf), "'torque' 100% of the values are missing"),
        (poisoned(result="maybe"), "the label column 'result' holds 'maybe'; accepted: 'fail', 'pass', or nothing"),
        (poisoned(result=lambda f: f["result"].map({"pass": "fail", "fail": "pass"})), "wrong way round"),
        (rows(seed=1).rename(columns={"torque": " force "}), "occur more than once"),
    ],
)
def test_a_poisoned_batch_is_refused_in_one_line_that_names_the_file(read, frame, said):
    with pytest.raises(InputError, match=said) as refusal:
        read(frame, "poison.csv")
    assert "poison.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_a_fault_never_seen_before_is_no_reason_to_refuse(read, share):
    frame = rows(seed=1)
    frame.loc[: share * N, "force"] = 1e6
    assert read(frame).X["force"].max() == 1e6


def test_batches_are_joined_in_the_order_of_their_times(read, known):
    times = pd.date_range("2026-01-01", periods=N, freq="h")
    late = read(rows(seed=1).assign(when=times[::-1]), "a.csv", time="when")
    whole = joined([late], known)
    np.testing.assert_allclose(whole.X["force"], late.X["force"].to_numpy()[::-1])
    with pytest.raises(InputError, match="lacks 1 column of the line's table: 'when'"):
        read(rows(seed=1), time="when")


def test_groups_travel_with_their_rows(read, known):
    batch = read(rows(seed=1).assign(lot=np.arange(N) // 40), group="lot")
    assert list(dict.fromkeys(joined([batch, batch], known).groups)) == ["0", "1", "2"]


def test_no_batch_is_an_empty_one(known, tmp_path):
    whole = joined([], known)
    assert len(whole) == 0
    whole.write(tmp_path / "w")
    assert len(Batch.read(tmp_path / "w")) == 0


def test_a_batch_is_read_back_as_it_was_written(read, tmp_path):
    batch = read(rows(seed=1).drop(columns="result"))
    batch.write(tmp_path / "w")
    again = Batch.read(tmp_path / "w")
    pd.testing.assert_frame_equal(again.X, batch.X)
    np.testing.assert_array_equal(again.y, batch.y)


def test_the_files_of_a_folder_come_by_name(tmp_path):
    for name in ("b.csv", "a.parquet", ".hidden.csv", "notes.md", "c.csv.gz"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.csv").mkdir()
    assert [path.name for path in batch_files([str(tmp_path)])] == ["a.parquet", "b.csv", "c.csv.gz"]
    assert [path.name for path in batch_files([str(tmp_path / "b.csv")])] == ["b.csv"]
    with pytest.raises(InputError, match=r"there is no batch .*nothing"):
        batch_files([str(tmp_path / "nothing")])
    with pytest.raises(InputError, match="batches=FOLDER"):
        batch_files([])
