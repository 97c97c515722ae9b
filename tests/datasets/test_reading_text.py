"""Text files as factories export them: encodings, separators, gaps, decimal marks."""

import numpy as np
import pandas as pd
import pytest
from sample_bytes import GERMAN

from rarefault.datasets.reading import read_frame


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"])
def test_a_german_excel_export_is_read_in_any_encoding(read, encoding):
    reading = read(GERMAN.encode(encoding))
    assert list(reading.frame.columns) == ["Kraft [N]", "Moment [Nm]", "Prüfung"]
    np.testing.assert_array_equal(reading.frame["Kraft [N]"], [1234.5, 999.25])
    np.testing.assert_array_equal(reading.frame["Moment [Nm]"], [2.5, np.nan])
    assert list(reading.frame["Prüfung"]) == ["i.O.", "n.i.O."]
    assert reading.notes[0] == f"read with separator ';' and decimal comma, encoding {encoding}"
    assert reading.decimal == ","


def test_bytes_outside_cp1252_are_read_as_latin_1(read):
    reading = read(b"a,b\n1,\x81\n2,\xfc\n")
    assert list(reading.frame["b"]) == ["\x81", "ü"]
    assert "read as latin-1 because line 2 is not valid UTF-8" in reading.notes


def test_a_late_byte_outside_utf8_is_found(read):
    rows = "".join(f"{i},ok\n" for i in range(300_000))
    reading = read(f"a,b\n{rows}".encode() + "7,Prüfling\n".encode("cp1252"))
    assert reading.frame["b"].iloc[-1] == "Prüfling"
    assert "read as cp1252 because line 300002 is not valid UTF-8" in reading.notes


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(read, separator, end):
    lines = [["a", "b", "text"], ["1", "2.5", '"x, y; z | w"'], ["-3", "1e-3", '"a ""quoted"" word"']]
    frame = read(end.join(separator.join(line) for line in lines)).frame
    assert frame.to_dict("list") == {"a": [1, -3], "b": [2.5, 0.001], "text": ["x, y; z | w", 'a "quoted" word']}


@pytest.mark.parametrize("spelling", ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "-", "--", "?", "#N/A", "#DIV/0!"])
@pytest.mark.parametrize("pad", ["", " "])
def test_missing_value_spellings(read, spelling, pad):
    frame = read(f"a,b,c\n1,x,7\n{pad}{spelling}{pad},{pad}{spelling},8\n3.5,y,9\n").frame
    np.testing.assert_array_equal(frame["a"], [1, np.nan, 3.5])
    assert list(frame["b"].isna()) == [False, True, False]


def test_true_and_false_with_gaps(read):
    frame = read("a,b\n1,True\n2,\n3,FALSE\n4,NA\n").frame
    assert frame["b"].where(frame["b"].notna(), None).tolist() == [True, None, False, None]


def test_numbers_that_stand_for_missing_values_elsewhere_stay(read):
    assert list(read("a,b\n-9999,x\n0,y\n").frame["a"]) == [-9999, 0]


def test_the_separator_line_of_excel_is_obeyed(read):
    assert list(read("sep=;\na,x;b,y\n1;2\n").frame.columns) == ["a,x", "b,y"]


def test_thousands_and_decimal_marks_are_judged_by_column(read):
    reading = read("a;b;c;d\n1,5;1.5;1.234;1 234,5\n0,25;2.25;2.000;12\n3,75;1,5;1.000.000;2 000 000\n")
    assert reading.frame["a"].tolist() == [1.5, 0.25, 3.75]
    assert reading.frame["c"].tolist() == [1234, 2000, 1_000_000]
    assert reading.frame["d"].tolist() == [1234.5, 12, 2_000_000]
    assert reading.frame["b"].tolist() == ["1.5", "2.25", "1,5"]


def test_american_thousands_in_quotes(read):
    frame = read('a,b\n"1,234.50",1\n"12,000",2\n').frame
    assert frame["a"].tolist() == [1234.5, 12000]
    assert read('a,b\n"1,234",1\n"12,000",2\n').frame["a"].tolist() == [1234, 12000]
    assert read('a,b\n"1,5",1\n"12,25",2\n').frame["a"].tolist() == [1.5, 12.25]


def test_decimal_commas_do_not_separate_two_columns(read):
    rows = "".join(f"1.234.{i:03d},89;{i}\n" for i in range(300))
    reading = read(f"F;n\n{rows}")
    assert reading.frame["F"].iloc[[0, -1]].tolist() == [1234000.89, 1234299.89]


@pytest.mark.parametrize("mark", [".", ","])
def test_thousands_are_known_by_the_whole_numbers_beside_them(read, mark):
    frame = read(f"a;b\n950;x\n999;y\n1{mark}012;z\n2{mark}400;z\n".replace("x", "1")).frame
    assert frame["a"].tolist() == [950, 999, 1012, 2400]
    assert read(f"a;b\n1{mark}950;x\n1;y\n2;y\n2{mark}400;z\n").frame["a"].tolist() == [1.95, 1, 2, 2.4]


def test_three_decimals_after_a_comma_are_decimals_between_semicolons(read):
    assert read("a;b\n1,234;1\n12,001;2\n").frame["a"].tolist() == [1.234, 12.001]


def test_wide_tables_are_read(read):
    frame = read(",".join(f"c{i}" for i in range(5_000)) + "\n" + ("1.25," * 4_999 + "1\n") * 3).frame
    assert frame.shape == (3, 5_000)


def test_real_exports_are_read(real_data):
    for name, shape in (
        ("ai4i2020/ai4i2020.csv", (10_000, 14)),
        ("secom/secom_382.csv", (1567, 385)),
        ("steel_plates/steel_plates_faults.csv", (1941, 34)),
    ):
        reading = read_frame(real_data / name)
        assert reading.frame.shape == shape
        assert reading.repairs == []
        pd.testing.assert_frame_equal(reading.frame, pd.read_csv(real_data / name), check_dtype=False, rtol=1e-15)
