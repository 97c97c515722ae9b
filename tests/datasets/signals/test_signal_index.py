"""The index.csv of a folder of signals."""

import numpy as np
import pytest


@pytest.fixture
def indexed(folder):
    """Write an index.csv of the given text into the folder of two machines."""

    def write(text):
        (folder / "index.csv").write_text(text, encoding="utf-8")
        return folder

    return write


def rows(count=12, **columns):
    """An index of press-2's snapshots; a column is a function of the snapshot's number."""
    lines = [",".join(["file", *columns])]
    lines += [",".join([f"press-2/snap_{k}.csv", *(str(of(k)) for of in columns.values())]) for k in range(count)]
    return "\n".join(lines) + "\n"


def test_machines_times_healthy_and_states_come_from_the_index(indexed, read):
    text = rows(
        machine=lambda k: "A" if k < 6 else "B",
        time=lambda k: 100 + 60 * k,
        healthy=lambda k: "yes" if k in (0, 1, 6) else "no",
        state=lambda k: "healthy" if k % 6 < 4 else "severe",
    )
    signals = read(indexed(text))
    assert signals.names == ["A", "B"] and signals.facts.timed
    np.testing.assert_array_equal(signals.times, [*range(0, 360, 60)] * 2)
    np.testing.assert_array_equal(np.flatnonzero(signals.healthy), [0, 1, 6])
    assert signals.onsets == {"A": 4, "B": 4} and signals.states[4] == "severe"
    assert [text for text in signals.facts.repairs if "left out 10 files (not named in index.csv)" in text]


def test_snapshots_are_sorted_by_time_and_this_is_told(indexed, read, folder):
    plain = read(folder, machines=["press-2"])
    signals = read(indexed(rows(time=lambda k: f"2026-11-{23 - k:02d} 08:00:00")), healthy=1)
    np.testing.assert_array_equal(signals.snapshots, plain.snapshots[::-1])
    assert signals.times[1] == 86_400
    assert any("which went back 11 times" in text for text in signals.facts.repairs)


def test_the_index_gives_the_order_where_there_are_no_times(indexed, read, folder):
    plain = read(folder, machines=["press-2"])
    lines = rows().splitlines()
    signals = read(indexed("\n".join([lines[0], *reversed(lines[1:])])), healthy=1)
    np.testing.assert_array_equal(signals.snapshots, plain.snapshots[::-1])
    assert not signals.facts.timed


def test_rows_that_give_no_file_are_told(indexed, read):
    text = rows(3) + "press-2/snap_1.csv\npress-2/gone.csv\n../outside.csv\n\n" + "press-2\\snap_5.csv\n"
    signals = read(indexed(text), healthy=1)
    told = "\n".join(signals.facts.repairs)
    assert len(signals) == 4
    assert "left out 1 file (named twice in index.csv): 'press-2/snap_1.csv'" in told
    assert "left out 1 file (named in index.csv but not there): 'press-2/gone.csv'" in told
    assert "left out 1 file (outside the folder): '../outside.csv'" in told


def test_unknown_columns_are_told(indexed, read):
    assert any("not used: 'shift'" in text for text in read(indexed(rows(shift=lambda k: k)), healthy=1).facts.repairs)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has the columns none"),
        ("name\na.csv\n", "has the columns 'name'"),
        ("file,file\na.csv,b.csv\n", "has the columns 'file', 'file'"),
        (rows(time=lambda k: "noon"), "line 2: the time 'noon' is none; accepted: seconds"),
        (rows(time=lambda k: "nan"), "the time 'nan' is none"),
        (rows(time=lambda k: k if k else ""), "has no time for 'press-2/snap_0.csv'"),
        (rows(healthy=lambda k: "maybe"), "healthy is 'maybe'; accepted: 1 or 0"),
        (rows(state=lambda k: "broken"), "the state is 'broken'; accepted: healthy, slight, severe"),
        (rows(healthy=lambda k: 0), "no snapshot is declared healthy"),
    ],
)
def test_a_wrong_index_is_refused(indexed, refused, text, reason):
    assert reason in refused(indexed(text))


def test_an_index_that_is_no_text_is_refused(folder, refused):
    (folder / "index.csv").write_bytes(b"\xff\xfe\0x")
    assert "index.csv cannot be read" in refused(folder)
