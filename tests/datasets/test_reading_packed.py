"""Packed files and Parquet are read, and refused when they are damaged, too large or no table."""

import io
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sample_bytes import GERMAN, PACKERS, zipped


@pytest.mark.parametrize("packing", sorted(PACKERS))
@pytest.mark.parametrize("name", ["line.csv", "line.csv.packed"])
def test_packed_text_is_known_by_its_bytes(read, packing, name):
    reading = read(PACKERS[packing](GERMAN.encode("cp1252")), name)
    assert reading.frame.shape == (2, 3)
    assert "unpacked from" in reading.notes[0]


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
