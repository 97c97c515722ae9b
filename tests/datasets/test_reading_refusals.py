"""What is no table is refused in one line that names the file, the cause and what is accepted."""

import os
import tracemalloc

import pytest

from rarefault.datasets.reading import read_frame
from rarefault.errors import InputError

CAUSES = {
    "": "is empty",
    "\n\n \n": "only one column",
    "a,b\n": "has a header but no rows",
    "a^b\n1^2\n3^4\n": "only one column was found in every line; accepted: columns separated by comma, semicolon, tab",
    "dear sir\nwith kind regards\n": "only one column",
    "1.5,2\n3,4\n5,6,7\n": "line 3 has 3 fields, the first row 2",
    "a b c\n1 2 3\n3  4\n": "line 3 has 2 fields, the header (line 1) 3",
    "X1;;X2\nF;M;ok\n1;2;0\n3;4;1\n5;6;0\n": "lines 1 and 2 both look like column names; accepted",
    "a;b\n1;2\nend of export\n": "line 3 has 1 field, the header (line 1) 2",
    "a,b\n1,2\n3,4,5\n": "line 3 has 3 fields, the header (line 1) 2",
    "a,b,c\n1,2,3\n\n1,2\n": "line 4 has 2 fields, the header (line 1) 3",
    "a,b\n1,2,3\n1,2,3\n": "line 1 has 2 fields but line 2 has 3",
    "a,b, a\n1,2,3\n": "line 1: the column names 'a' occur more than once; accepted: column names that differ",
    'a,b\n"x,1\n2,3\n4,5\n': "line 2 has 1 field, the header (line 1) 2; a quote opened there closes only in line 4",
    "a,b\n1,\x002\n": "holds binary data, not text",
    "<!DOCTYPE html>\n<p>Log in, please": "looks like an HTML or XML page",
    b"\xef\xbb\xbfa,b\n1,\xff\n": "line 2 is not valid UTF-8",
    b"\xff\xfea\x00,\x00b\x00\n": "line 1 is not valid UTF-16",
    '[{"force": 1.5, "fault": 0}]': "looks like JSON",
    '{"force": 1.5, "fault": 0}\n{"force": 2, "fault": 1}\n': "looks like JSON",
    "% made by X\n@RELATION parts\n@ATTRIBUTE a NUMERIC\n@DATA\n1,2\n": "looks like an ARFF file",
    "-1 1:0.5 2:0.25\n1 1:0.5 3:1\n": "looks like a sparse LIBSVM file",
    bytes(range(256)) * 10: "holds binary data",
    b"PAR1" + b"x" * 50: "damaged or truncated Parquet data",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an old Excel workbook; save the sheet as CSV",
}


@pytest.mark.parametrize("content", CAUSES)
def test_a_refusal_names_file_and_cause(refused, content):
    assert CAUSES[content] in refused(content)


def test_a_nul_byte_deep_in_the_file_is_located(refused):
    assert "line 50002 holds a NUL byte" in refused("a,b\n" + "1,2\n" * 50_000 + "3,\x00\n")


def test_a_line_without_end_is_refused_at_once(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(100):
            file.write(b"1" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"long.csv: line 2 is longer than 1,048,576 bytes"):
        read_frame(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_header_of_too_many_columns(refused):
    assert "more than 20,000" in refused(",".join(f"c{i}" for i in range(30_000)) + "\n" + "1," * 29_999 + "1\n")


def test_paths_that_are_no_file(tmp_path):
    for path, cause in (
        (tmp_path, "is a folder"),
        (tmp_path / "no.csv", "does not exist"),
        ("/dev/null", "is a device"),
    ):
        with pytest.raises(InputError, match=cause):
            read_frame(path)
    with pytest.raises(InputError, match="cannot be opened"):
        read_frame("x" * 5000)
    with pytest.raises(InputError):
        read_frame("http://localhost/line.csv")
    with pytest.raises(ValueError, match="max_bytes must be >= 1"):
        read_frame(tmp_path, max_bytes=0)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "line.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0)
    with pytest.raises(InputError, match="no permission to read it"):
        read_frame(path)


def test_a_name_with_a_line_break_stays_on_one_line(read):
    with pytest.raises(InputError) as caught:
        read("", "two\nlines.csv")
    assert len(str(caught.value).splitlines()) == 1
