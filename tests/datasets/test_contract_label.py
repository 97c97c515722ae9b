"""The label column: which parts are faulty, however the file spells it."""

import numpy as np
import pytest
from contract_words import N, refusal, told

from rarefault.datasets.contract import check_table


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


@pytest.mark.parametrize("pair", [(0, 1), (-1, 1), (False, True), ("no", "yes"), ("N", "Y")])
@pytest.mark.parametrize("raised_is_rare", [True, False])
def test_of_two_flags_the_rarer_is_faulty_and_it_is_said(frame, pair, raised_is_rare):
    rare, common = reversed(pair) if raised_is_rare else pair
    frame["fault"] = np.where(frame["fault"] == 1, np.array(rare, dtype=object), np.array(common, dtype=object))
    checked = check_table(frame, label="fault")
    assert (checked.table.faults, checked.table.schema.positive) == (50, str(rare))
    assert checked.warnings[0] == (
        f"'{rare}' in 'fault' is taken as faulty (the rarer value, 50 of 200 rows): no positive value was given; "
        "--positive names another"
    )
    other = check_table(frame, label="fault", positive=str(common))
    assert other.table.faults == 150
    assert not any("is taken as faulty" in warning for warning in other.warnings)


@pytest.mark.parametrize(("pair", "faulty"), [((0, 1), "1"), (("no", "yes"), "yes"), ((False, True), "True")])
def test_of_two_flags_that_are_equally_frequent_the_raised_one_is_faulty(frame, pair, faulty):
    frame["fault"] = np.tile(np.array(pair, dtype=object), N // 2)
    assert check_table(frame, label="fault").table.schema.positive == faulty


def test_a_word_for_a_fault_counts_even_where_it_is_frequent(frame):
    frame["fault"] = np.where(frame["fault"] == 1, "pass", "fail")
    checked = check_table(frame, label="fault")
    assert (checked.table.faults, checked.table.schema.positive) == (150, "fail")
    assert "(the usual word)" in checked.warnings[0]
    assert any("75% of the rows are faulty" in warning for warning in checked.warnings)
