"""Where the columns' names are, what may stand around them, and files that have none."""

import pytest


def test_lines_before_the_header_are_skipped(read):
    reading = read("Machine;EVO 3\nExported;12.03.2024 10:00\n\n# units as named\nF [N];M [Nm]\n1,5;2\n2,5;3\n1;2\n")
    assert reading.frame.to_dict("list") == {"F [N]": [1.5, 2.5, 1.0], "M [Nm]": [2, 3, 2]}
    assert "3 lines before the header (line 5) skipped" in reading.repairs


def test_metadata_narrower_than_the_table_are_skipped(read):
    reading = read("Machine;EVO 3\nExported;12.03.2024\n\nF [N];M [Nm];ok\n1,5;2;1\n2,5;3;0\n")
    assert reading.frame.to_dict("list") == {"F [N]": [1.5, 2.5], "M [Nm]": [2, 3], "ok": [1, 0]}
    assert "2 lines before the header (line 4) skipped" in reading.repairs


def test_comments_before_the_header_are_skipped(read):
    for comments in ("# made by X, version 2\n# date: 1, 2, 3\n", "#\n\n# a, b\n"):
        assert read(f"{comments}a,b\n1,2\n").frame.to_dict("list") == {"a": [1], "b": [2]}
    assert read("# made by X, version 2\n# a,b\n1,2\n").frame.to_dict("list") == {"a": [1], "b": [2]}


@pytest.mark.parametrize("text", ["a;b;\n1;2;\n3;4;\n", "a;b\n1;2;\n3;4;\n", "a;b;\n1;2\n3;4\n"])
def test_a_separator_at_the_end_of_lines_makes_no_column(read, text):
    reading = read(text)
    assert reading.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert reading.repairs


def test_names_are_tidied_and_it_is_said(read):
    reading = read(' a ,,"two\nlines",d\n1,2,3,4\n5,6,7,8\n')
    assert list(reading.frame.columns) == ["a", "column_2", "two lines", "d"]
    told = " ".join(reading.repairs)
    assert "' a ' to 'a'" in told
    assert "'column_2'" in told
    assert "'two lines'" in told


def test_metadata_as_wide_as_the_table_are_skipped(read):
    reading = read("Machine;XY;;\nShift;3;;\n\nF;M;tool;ok\n1,5;2;A;1\n2,5;3;B;0\n")
    assert reading.frame.to_dict("list") == {"F": [1.5, 2.5], "M": [2, 3], "tool": ["A", "B"], "ok": [1, 0]}
    assert "2 lines before the header (line 4) skipped" in reading.repairs


def test_many_separators_at_the_end_of_lines_make_no_columns(read):
    reading = read("a;b;;;;\n1;2;;;;\n3;4;;;;\n")
    assert reading.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert reading.repairs == ["4 empty columns at the end of each line dropped"]


@pytest.mark.parametrize("end", ["\n\n\n", "\n   \n\t\n", "\n;\n;;\n", "\n;;;\n"])
def test_blank_lines_at_the_end_are_no_rows(read, end):
    frame = read(f"a;b;c;d\n1;2;x;4\n3;4;y;6{end}").frame
    assert frame["a"].dropna().tolist() == [1, 3]
    assert frame["c"].dropna().tolist() == ["x", "y"]


# Units


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("N;Nm;;-", {"force": "N", "torque": "Nm"}),
        ("[N];[Nm];[];[-]", {"force": "N", "torque": "Nm"}),
        ("(kN);(mm/s\u00b2);;", {"force": "kN", "torque": "mm/s\u00b2"}),
        ("\u00b0C;1/min;text;", {"force": "\u00b0C", "torque": "1/min"}),
        ("-;%;dd.mm.yyyy hh:mm;bool", {"torque": "%"}),
        ("float;float;string;int", {}),
        ("BAR;ticks;;", {"force": "BAR", "torque": "ticks"}),
    ],
)
def test_a_line_of_units_below_the_names_is_no_row(read, line, units):
    reading = read(f"force;torque;when;ok\n{line}\n1,5;20;today;0\n2,5;30;today;1\n3,5;40;now;0\n")
    assert reading.frame["force"].tolist() == [1.5, 2.5, 3.5]
    assert reading.frame["ok"].tolist() == [0, 1, 0]
    assert reading.units == units
    assert "line 2 holds the units" in reading.notes
    assert reading.repairs == []


def test_lines_of_units_and_of_types_are_no_rows(read):
    reading = read("F;M;ok\nfloat;float;int\nN;[Nm];-\n1,5;2;1\n2,5;3;0\n")
    assert reading.frame.to_dict("list") == {"F": [1.5, 2.5], "M": [2, 3], "ok": [1, 0]}
    assert reading.units == {"F": "N", "M": "Nm"}
    assert reading.notes[1:] == ["line 2 holds the units", "line 3 holds the units"]


@pytest.mark.parametrize("line", ["err;err;today;0", "-;-;now;1", ";;today;0", "err;20;now;1", "1;2;N;0"])
def test_a_row_without_numbers_is_no_line_of_units(read, line):
    reading = read(f"force;torque;when;ok\n{line}\n1,5;20;today;0\n2,5;30;today;1\n3,5;40;now;0\n")
    assert len(reading.frame) == 4
    assert reading.units == {}


def test_units_stand_below_names_that_come_late(read):
    reading = read("Machine;XY\n\n# made by X\nF;M;ok\nN;Nm;\n1,5;2;1\n2,5;3;0\n")
    assert reading.units == {"F": "N", "M": "Nm"}
    assert reading.frame.to_dict("list") == {"F": [1.5, 2.5], "M": [2, 3], "ok": [1, 0]}


# No header


@pytest.mark.parametrize(
    "text",
    [
        "1.5,2,0\n3,4.5,1\n5,6,0\n",
        "1.5;NaN;0\n3;4.5;1\n5;6;0\n",
        "1.5,2,ok\n3,4.5,nok\n5,6,ok\n",
        "2024-01-01,2,1.5\n2024-01-02,4.5,1\n2024-01-03,6,0\n",
        "# exported by X\n1.5,2,0\n3,4.5,1\n5,6,0\n",
        "-1;7;part a\n-1;9;part b\n1;8;part c\n",
    ],
)
def test_a_file_that_begins_with_its_rows_gets_names_by_position(read, text):
    reading = read(text)
    assert list(reading.frame.columns) == ["column_1", "column_2", "column_3"]
    assert len(reading.frame) == 3
    assert "the file has no header; its columns are called 'column_1' to 'column_3'" in reading.repairs


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("0,1,2", "0.5,1,0"),
        ("1,2,3", "0.5,1,2"),
        ("400,410,420,result", "0.5,1,2,ok"),
        ("400.5,400.0,399.5,result", "0.5,1,2,ok"),
        ("part,2,1,1.5", "7,1,2,1"),
        ("2023,name", "5,Ann"),
    ],
)
def test_numbers_may_be_names(read, header, row):
    reading = read(f"{header}\n{row}\n{row}\n")
    assert list(reading.frame.columns) == header.split(",")
    assert reading.repairs == []


# Lines that are no parts


def test_totals_at_the_end_are_dropped(read):
    rows = "A;1,5;0\nB;2,5;1\n"
    reading = read(f"part;F;ok\n{rows}Total:;4,0;1\n;;\nMittelwert;2,0;\n".replace(";;\n", ""))
    assert reading.frame["part"].tolist() == ["A", "B"]
    assert "2 lines of totals at the end dropped: 'Total:', 'Mittelwert'" in reading.repairs
    kept = read(f"part;F;ok\nmax;1;0\n{rows}max;4,0;1\n")
    assert kept.frame["part"].tolist() == ["max", "A", "B", "max"]


def test_totals_in_a_column_of_numbers_leave_it_numeric(read):
    frame = read("F,M,ok\n1.5,2,0\n2.5,3,1\nSum,5,1\n").frame
    assert frame.to_dict("list") == {"F": [1.5, 2.5], "M": [2, 3], "ok": [0, 1]}


def test_headers_of_files_put_together_are_dropped(read):
    reading = read("F;M;ok\n1,5;2;i.O.\nF;M;ok\n2,5;3;n.i.O.\nF;M;ok\n3,5;3;i.O.\n")
    assert reading.frame.to_dict("list") == {"F": [1.5, 2.5, 3.5], "M": [2, 3, 3], "ok": ["i.O.", "n.i.O.", "i.O."]}
    assert "2 repeated header lines dropped" in reading.repairs
