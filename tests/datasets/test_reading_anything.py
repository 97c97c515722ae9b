"""Any bytes at all are read or refused, and what was written comes back exactly."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sample_bytes import PACKERS

from rarefault.datasets.reading import Reading, read_frame
from rarefault.errors import InputError

fast = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


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
