"""Files whose columns are separated by runs of blanks or tabs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rarefault.datasets.reading import read_frame


def test_numbers_between_blanks_without_a_header(read):
    reading = read("3030.93 2564  NaN 1.5e-3 -1\n 3095.78 2465 0.5   2.5e-3 1 \n2932.61\t2559 NaN 3e-3 -1\n")
    assert reading.notes == ["read with separator blanks and decimal point, encoding utf-8"]
    assert list(reading.frame.columns) == [f"column_{i}" for i in range(1, 6)]
    np.testing.assert_array_equal(reading.frame["column_3"], [np.nan, 0.5, np.nan])
    assert reading.frame["column_5"].tolist() == [-1, 1, -1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_aligned_columns(read, end, encoding):
    lines = ["  F      Größe   ok  ", " 1.5      20  i.O.", "11.25   -3e2  n.i.O.   ", "", "  9.0     40   i.O."]
    frame = read(end.join(lines).encode(encoding)).frame
    assert frame.to_dict("list") == {"F": [1.5, 11.25, 9], "Größe": [20, -300, 40], "ok": ["i.O.", "n.i.O.", "i.O."]}


def test_names_with_single_blanks_between_wide_gaps(read):
    reading = read("Press force [N]   tool   ok\n1.5   a b   0\n2.5   c   1\n3.5   a b  0\n")
    assert reading.frame["Press force [N]"].tolist() == [1.5, 2.5, 3.5]
    assert reading.frame["tool"].tolist() == ["a b", "c", "a b"]
    assert "two or more blanks" in reading.notes[0]


def test_quotes_hold_blanks_together(read):
    frame = read('-1 "19/07/2008 11:55:00" 5" bolt\n1 "19/07/2008  12:32:00" 6" bolt\n').frame
    assert frame["column_2"].tolist() == ["19/07/2008 11:55:00", "19/07/2008  12:32:00"]
    assert frame["column_3"].tolist() == ['5"', '6"']


def test_tabs_in_runs(read):
    frame = read("force\t\ttorque\tok\n1.5\t20\t\t0\n11.25\t\t30\t1\n".replace("torque\t", "torque\t\t")).frame
    assert frame.to_dict("list") == {"force": [1.5, 11.25], "torque": [20, 30], "ok": [0, 1]}


def test_a_tab_before_the_first_name_is_an_empty_name(read):
    assert list(read("\tx\n1\tok\n2\tnok\n").frame.columns) == ["column_1", "x"]


def test_decimal_commas_between_blanks(read):
    frame = read("F M ok\n1,5 20,25 0\n2,5 30,5 1\n").frame
    assert frame.to_dict("list") == {"F": [1.5, 2.5], "M": [20.25, 30.5], "ok": [0, 1]}
    frame = read("1,5 20,25 0\n2,5 30,5 1\n0,5 3,5 1\n").frame
    assert frame["column_2"].tolist() == [20.25, 30.5, 3.5]


def test_the_header_of_numpy_savetxt(read):
    frame = read("# force torque fault\n1.5e+00 2e+00 0e+00\n2.5e+00 3e+00 1e+00\n").frame
    assert frame.to_dict("list") == {"force": [1.5, 2.5], "torque": [2, 3], "fault": [0, 1]}


def test_a_line_of_units_between_blanks(read):
    reading = read("F      M     ok\n[N]    [Nm]  -\n1.5    20    0\n2.5    30    1\n")
    assert reading.units == {"F": "N", "M": "Nm"}
    assert len(reading.frame) == 2


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("part name;value one\nbolt x;5\nnut y;6\n", {"part name": ["bolt x", "nut y"], "value one": [5, 6]}),
        ("a b,c d\nx 1,2 y\nz 3,4 y\n", {"a b": ["x 1", "z 3"], "c d": ["2 y", "4 y"]}),
        ("when;F\n1.2.2024 10:00;1 234,5\n1.2.2024 10:01;2 000,1\n", None),
        ("a\tb c\n1\tx y\n2\tz y\n", {"a": [1, 2], "b c": ["x y", "z y"]}),
    ],
)
def test_blanks_within_cells_separate_nothing(read, text, frame):
    found = read(text).frame
    assert found.shape == (2, 2)
    assert frame is None or found.to_dict("list") == frame


def test_a_ragged_text_is_not_taken_apart_at_its_blanks(refused):
    assert "line 3 has 3 fields, the header (line 1) 2" in refused("part name,value\nbolt 1,5\nbolt 2,6,7\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.integers(2, 5), st.integers(2, 20))
def test_what_is_written_between_blanks_comes_back_exactly(tmp_path_factory, data, width, height):
    finite = st.floats(allow_nan=False, allow_infinity=False)
    rows = data.draw(st.lists(st.lists(finite, min_size=width, max_size=width), min_size=height, max_size=height))
    gaps = st.text(st.sampled_from(" \t"), min_size=1, max_size=4)
    lines = ["".join(repr(value) + data.draw(gaps) for value in row) for row in rows]
    names = "".join(f"x{i}" + data.draw(gaps.map(lambda gap: gap + "  ")) for i in range(width))
    path = tmp_path_factory.mktemp("any") / "line.txt"
    path.write_text("\n".join([names, *lines]))
    expected = pd.DataFrame(rows, columns=[f"x{i}" for i in range(width)])
    pd.testing.assert_frame_equal(read_frame(path).frame, expected, check_dtype=False, check_exact=True)


def test_a_long_file_is_read_in_pieces(tmp_path):
    values = np.random.default_rng(0).normal(size=(60_000, 4)).round(6)
    np.savetxt(tmp_path / "long.txt", values, fmt="%12.6f")
    np.testing.assert_array_equal(read_frame(tmp_path / "long.txt").frame.to_numpy(), values)
