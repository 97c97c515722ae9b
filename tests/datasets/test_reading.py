"""Tables as factories export them are read; everything else is refused in one line."""

import bz2
import gzip
import io
import lzma
import os
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rarefault.datasets.files.numerals import read_number, read_numbers
from rarefault.datasets.reading import Reading, read_frame
from rarefault.errors import InputError

fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="line.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_frame(path, **options)

    return write_and_read


@pytest.fixture
def refused(read):
    def reason(content, name="line.csv", **options):
        with pytest.raises(InputError) as caught:
            read(content, name, **options)
        message = str(caught.value)
        assert name in message
        assert len(message.splitlines()) == 1
        assert len(message) < 500
        return message

    return reason


GERMAN = "Kraft [N];Moment [Nm];Prüfung\r\n1.234,5;2,5;i.O.\r\n999,25;;n.i.O.\r\n"


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


def test_numbers_that_stand_for_missing_values_elsewhere_stay(read):
    assert list(read("a,b\n-9999,x\n0,y\n").frame["a"]) == [-9999, 0]


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


def test_the_separator_line_of_excel_is_obeyed(read):
    assert list(read("sep=;\na,x;b,y\n1;2\n").frame.columns) == ["a,x", "b,y"]


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


def test_thousands_and_decimal_marks_are_judged_by_column(read):
    reading = read("a;b;c;d\n1,5;1.5;1.234;1 234,5\n0,25;2.25;2.000;12\n3,75;1,5;1.000.000;2 000 000\n")
    assert reading.frame["a"].tolist() == [1.5, 0.25, 3.75]
    assert reading.frame["c"].tolist() == [1234, 2000, 1_000_000]
    assert reading.frame["d"].tolist() == [1234.5, 12, 2_000_000]
    assert reading.frame["b"].tolist() == ["1.5", "2.25", "1,5"]


def test_american_thousands_in_quotes(read):
    frame = read('a,b\n"1,234.50",1\n"12,000",2\n').frame
    assert frame["a"].tolist() == [1234.5, 12000]


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def zipped(*members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


PACKERS |= {"zip": lambda content: zipped(("../../etc/x.csv", content)), "zst": zstd}


@pytest.mark.parametrize("packing", sorted(PACKERS))
@pytest.mark.parametrize("name", ["line.csv", "line.csv.packed"])
def test_packed_text_is_known_by_its_bytes(read, packing, name):
    reading = read(PACKERS[packing](GERMAN.encode("cp1252")), name)
    assert reading.frame.shape == (2, 3)
    assert "unpacked from" in reading.notes[0]


@pytest.fixture
def mixed():
    return pd.DataFrame(
        {
            "f": [1.5, np.nan, np.inf],
            "i": [1, 2, 3],
            "b": [True, False, True],
            "s": ["x", None, "z"],
            "t": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
        }
    )


@pytest.mark.parametrize("packing", ["", *sorted(PACKERS)])
def test_parquet_keeps_its_types(read, mixed, packing):
    content = mixed.to_parquet()
    reading = read(PACKERS[packing](content) if packing else content, "line.parquet")
    pd.testing.assert_frame_equal(reading.frame, mixed, check_dtype=False)
    assert reading.notes[0].startswith("read as Parquet")


def test_unusual_parquet_columns(read, tmp_path):
    table = pa.table(
        {
            "decimal": pa.array([1, 2], pa.decimal128(10, 2)),
            "word": pa.array(["x", "y"]).dictionary_encode(),
            "day": pa.array([0, 1], pa.date32()),
            "clock": pa.array([0, 1], pa.time32("s")),
            "bytes": pa.array([b"x", b"\xff"]),
            "list": pa.array([[1], [2]]),
            "empty": pa.nulls(2),
            "half": pa.array(np.array([1, 2], dtype=np.float16)),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    reading = read(sink.getvalue(), "odd.parquet")
    assert list(reading.frame.columns) == ["decimal", "word", "day", "clock", "empty", "half"]
    assert reading.frame["decimal"].tolist() == [1.0, 2.0]
    assert reading.frame["empty"].dtype == np.float64
    assert "'bytes' (binary), 'list' (list<" in reading.repairs[0]


CAUSES = {
    "": "is empty",
    "\n\n \n": "only one column",
    "a,b\n": "has a header but no rows",
    "a b\n1 2\n3 4\n": "only one column was found in every line; accepted: columns separated by comma, semicolon, tab",
    "1.5,2\n3,4\n5,6\n": "line 1 holds numbers where the column names should be",
    "a,b\n1,2\n3,4,5\n": "line 3 has 3 fields, the header (line 1) 2",
    "a,b,c\n1,2,3\n\n1,2\n": "line 4 has 2 fields, the header (line 1) 3",
    "a,b\n1,2,3\n1,2,3\n": "line 1 has 2 fields but line 2 has 3",
    "a,b, a\n1,2,3\n": "line 1: the column names 'a' occur more than once; accepted: column names that differ",
    'a,b\n"x,1\n2,3\n4,5\n': "line 2 has 1 field, the header (line 1) 2; a quote opened there closes only in line 4",
    "a,b\n1,\x002\n": "holds binary data, not text",
    "<!DOCTYPE html>\n<p>Log in, please": "looks like an HTML or XML page",
    b"\xef\xbb\xbfa,b\n1,\xff\n": "line 2 is not valid UTF-8",
    b"\xff\xfea\x00,\x00b\x00\n": "line 1 is not valid UTF-16",
    bytes(range(256)) * 10: "holds binary data",
    b"PAR1" + b"x" * 50: "damaged or truncated Parquet data",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "is an old Excel workbook; save the sheet as CSV",
}


@pytest.mark.parametrize("content", CAUSES)
def test_a_refusal_names_file_and_cause(refused, content):
    assert CAUSES[content] in refused(content)


def test_a_nul_byte_deep_in_the_file_is_located(refused):
    assert "line 50002 holds a NUL byte" in refused("a,b\n" + "1,2\n" * 50_000 + "3,\x00\n")


@pytest.mark.parametrize("packing", sorted(PACKERS))
@pytest.mark.parametrize("parquet", [False, True])
def test_damaged_archives(refused, mixed, packing, parquet):
    rng = np.random.default_rng(0)
    content = mixed.to_parquet() if parquet else b"a,b\n" + "".join(f"{x},1\n" for x in rng.random(5000)).encode()
    whole = PACKERS[packing](content)
    assert "damaged or truncated" in refused(whole[: len(whole) // 2])
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    if packing != "zst":  # zstd frames carry a checksum only on request
        assert "damaged or truncated" in refused(bytes(flipped))


def test_truncated_parquet(refused, mixed):
    content = mixed.to_parquet()
    assert "damaged or truncated Parquet data" in refused(content[:-20], "line.parquet")
    assert "has columns but no rows" in refused(mixed.iloc[:0].to_parquet(), "line.parquet")


def test_archives_that_are_not_one_table(refused):
    assert "the zip holds 2 files ('a.csv', 'b.csv')" in refused(zipped(("a.csv", "a,b\n1,2\n"), ("b.csv", "")))
    assert "the zip holds 0 files (none)" in refused(zipped())
    assert "Excel workbook" in refused(zipped(("[Content_Types].xml", ""), ("xl/workbook.xml", "")))


def test_a_mac_zip_is_one_table(read):
    assert read(zipped(("a.csv", "a,b\n1,2\n"), ("__MACOSX/._a.csv", "x"))).frame.shape == (1, 2)


def test_a_locked_zip(refused):
    content = bytearray(zipped(("a.csv", "a,b\n1,2\n")))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + at] |= 1
    assert "protected by a password" in refused(bytes(content))


@pytest.mark.parametrize("packing", sorted(PACKERS))
def test_a_bomb_stops_early(refused, packing):
    bomb = PACKERS[packing](b"a,b\n" + b"1,2\n" * 1_000_000)
    tracemalloc.start()
    assert "unpacks to more than 1,000,000 bytes" in refused(bomb, max_bytes=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_a_parquet_bomb_is_seen_from_its_metadata(refused):
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array(np.zeros(2_000_000))}), sink)
    assert len(sink.getvalue()) < 100_000
    assert "unpacks to more than" in refused(sink.getvalue(), max_bytes=1_000_000)


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


def test_wide_tables_are_read(read):
    frame = read(",".join(f"c{i}" for i in range(5_000)) + "\n" + ("1.25," * 4_999 + "1\n") * 3).frame
    assert frame.shape == (3, 5_000)


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


cells = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.text(max_size=6),
    st.sampled_from(["NA", "1,5", "1.234,5", '"', "'", " ", "inf", "2024-01-01", "12:30:00", "true", "0x1F", "1_000"]),
)


@fast
@given(st.lists(st.lists(cells, min_size=1, max_size=4), max_size=8), st.sampled_from(",;\t|"))
def test_any_text_is_read_or_refused(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("any") / "line.csv"
    path.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8", errors="replace")
    assert_read_or_refused(path)


@fast
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=60).map(lambda b: b"a,b\n1,2\n" + b)))
@example(b"\x1f\x8b")
@example(b"BZh9")
@example(b"PK\x03\x04" + bytes(30))
@example(b"\x28\xb5\x2f\xfd")
@example(b"\xff\xfe\x00\x00")
@example(b"\xff\xfe,\x00a\xd8")
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "line.bin"
    path.write_bytes(content)
    assert_read_or_refused(path)


@fast
@given(st.data(), st.sampled_from(["", *sorted(PACKERS)]))
def test_any_damage_to_parquet_is_read_or_refused(tmp_path_factory, data, packing):
    frame = pd.DataFrame({"a": np.arange(50.0), "s": list("xy") * 25})
    content = bytearray(PACKERS[packing](frame.to_parquet()) if packing else frame.to_parquet())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("any") / "line.parquet"
    path.write_bytes(bytes(content))
    assert_read_or_refused(path)


def assert_read_or_refused(path):
    try:
        reading = read_frame(path)
    except InputError as refusal:
        assert len(str(refusal).splitlines()) == 1
        assert str(path) in str(refusal)
        return
    assert isinstance(reading, Reading)
    assert reading.frame.shape[0] > 0
    assert reading.frame.columns.is_unique


@fast
@given(
    st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=30),
    st.sampled_from([(",", "."), (";", ","), (";", "."), ("\t", ","), ("|", ".")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_written_numbers_come_back_exactly(tmp_path_factory, values, marks, encoding):
    separator, decimal = marks
    frame = pd.DataFrame({"x": np.array(values) + 0.5, "wörd": [f"t{i}" for i in range(len(values))], "y": values})
    path = tmp_path_factory.mktemp("any") / "line.csv"
    frame.to_csv(path, sep=separator, decimal=decimal, index=False, encoding=encoding)
    back = read_frame(path)
    pd.testing.assert_frame_equal(back.frame, frame, check_dtype=False, check_exact=True)


awkward = st.text(st.sampled_from("ab é,;\t|\"'\n#="), min_size=1, max_size=8).map(lambda text: f"x{text}x")


@fast
@given(st.lists(st.tuples(st.integers(-999, 999), awkward, awkward), min_size=3, max_size=30), st.sampled_from(",;\t|"))
def test_quoted_texts_come_back_exactly(tmp_path_factory, rows, separator):
    frame = pd.DataFrame(rows, columns=["n", "first", "second"])
    path = tmp_path_factory.mktemp("any") / "line.csv"
    frame.to_csv(path, sep=separator, index=False)
    pd.testing.assert_frame_equal(read_frame(path).frame, frame)


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1.5", 1.5, None),
        ("1,5", None, 1.5),
        ("1.234", 1.234, 1234),
        ("1,234", 1234, 1.234),
        ("0,567", None, 0.567),
        ("1.234,5", None, 1234.5),
        ("1'234.5", 1234.5, None),
        ("1 234 567", 1234567, 1234567),
        ("-.5", -0.5, None),
        ("\u22122e3", -2000, -2000),
        ("inf", np.inf, np.inf),
        ("1_000", None, None),
        ("0x10", None, None),
        ("\u0661", None, None),
        ("", None, None),
        ("12:30", None, None),
        ("1.2.3", None, None),
    ],
)
def test_numbers_as_text(text, point, comma):
    assert read_number(text, ".") == point
    assert read_number(text, ",") == comma


def test_the_decimal_mark_that_fits_more_texts_is_used():
    np.testing.assert_array_equal(read_numbers(["1,5", "2,25", "x"]), [1.5, 2.25, np.nan])
    np.testing.assert_array_equal(read_numbers(["1.234", "2.5"], ","), [1.234, 2.5])


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
