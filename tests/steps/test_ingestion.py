"""Ingest on a user's own files: names, units, notes, and splits that training could not use."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from rarefault import steps
from rarefault.datasets.table import Table
from rarefault.errors import InputError
from rarefault.steps.ingestion import file_fingerprint, read_checked

N, FAULTS = 200, 30


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    label = np.where(np.arange(N) < FAULTS, "fail", "pass")
    frame = pd.DataFrame({"force": rng.normal(size=N), "torque": rng.normal(size=N), "result": label})
    return frame.sample(frac=1.0, random_state=0, ignore_index=True)


@pytest.fixture
def ingest(tmp_path):
    def run(frame, name="parts.csv", **options):
        frame.to_csv(tmp_path / name, index=False)
        folders = [str(tmp_path / folder) for folder in ("train", "test", "facts")]
        steps.ingest(str(tmp_path / name), *folders, record=str(tmp_path / "record"), label="result", **options)
        return json.loads((tmp_path / "facts" / "data.json").read_text()), Table.read(tmp_path / "train")

    return run


def checked(path, label="result"):
    return read_checked(str(path), label, "", "", "", [], {})


def test_how_a_file_was_read_is_a_note_and_no_repair(parts, ingest):
    data, _ = ingest(parts)
    assert data["notes"] == "A file, read with separator ',' and decimal point, encoding utf-8."
    assert data["repairs"] == []
    assert data["name"] == "parts"


def test_a_line_of_units_reaches_the_schema(parts, ingest, tmp_path):
    units = pd.DataFrame([{"force": "kN", "torque": "[Nm]", "result": ""}])
    data, table = ingest(pd.concat([units, parts]))
    assert {column.name: column.unit for column in table.schema.columns} == {"force": "kN", "torque": "Nm"}
    assert data["rows"] == N
    assert data["notes"].endswith("line 2 holds the units.")


def test_a_refusal_names_the_file(parts, tmp_path):
    path = tmp_path / "prüf teile 3.csv"
    parts.iloc[: N // 10].to_csv(path, index=False)
    with pytest.raises(InputError) as caught:
        checked(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("file", "name"),
    [("parts.2024.csv", "parts"), (".parts.csv", "parts"), (".csv", "csv"), ("a b.csv", "a b"), ("a\nb.csv", "a b")],
)
def test_a_table_is_called_like_its_file(parts, tmp_path, file, name):
    parts.to_csv(tmp_path / file, index=False)
    assert checked(tmp_path / file).table.schema.name == name


def test_a_missing_label_is_answered_with_the_columns(parts, tmp_path):
    parts.to_csv(tmp_path / "parts.csv", index=False, header=False)
    with pytest.raises(
        InputError, match=r"parts\.csv: name the label column with --label; columns: column_1, column_2"
    ):
        checked(tmp_path / "parts.csv", label="")
    assert checked(tmp_path / "parts.csv", label="column_3").table.faults == FAULTS


def test_too_few_groups_with_faults_are_refused_before_training(parts, ingest):
    batch = np.where(parts["result"] == "fail", np.arange(N) % 4, 4 + np.arange(N) % 9)
    with pytest.raises(InputError) as caught:
        ingest(parts.assign(batch=batch), group_column="batch", folds=5)
    said = str(caught.value)
    assert (
        "parts.csv, grouped by 'batch': in the training rows, 5 inner folds need at least 5 groups with faulty" in said
    )
    assert "got 3 among 1" in said
    assert said.endswith("accepted: fewer folds, or another split")
    assert ingest(parts.assign(batch=batch), group_column="batch", folds=3)[0]["split"] == "by group"


def test_more_folds_than_faults_are_refused_before_training(parts, ingest):
    with pytest.raises(
        InputError, match=r"parts\.csv: in the training rows, 30 inner folds need at least 30 faulty rows"
    ):
        ingest(parts, folds=30)


def test_a_split_without_faults_on_both_sides_names_file_and_column(parts, ingest):
    parts["when"] = np.where(parts["result"] == "fail", 0, 1) * 1000 + np.arange(N)
    with pytest.raises(InputError, match=r"parts\.csv, in order by 'when': a split by time has 0 faulty rows"):
        ingest(parts, time_column="when")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read_has_no_fingerprint(parts, tmp_path):
    parts.to_csv(tmp_path / "parts.csv")
    (tmp_path / "parts.csv").chmod(0)
    with pytest.raises(InputError, match="no permission"):
        file_fingerprint(str(tmp_path / "parts.csv"))
