"""Which snapshots are declared healthy, and how many there must be."""

import json

import numpy as np
import pytest

from rarefault.datasets.signals.checks import require_healthy
from rarefault.datasets.signals.loading import load_signals
from rarefault.errors import InputError


@pytest.fixture
def listing(tmp_path):
    def write(content, name="healthy.csv"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def chosen(signals):
    """Machine -> numbers of its healthy snapshots."""
    return {
        name: np.flatnonzero(signals.healthy[signals.machines == name]).tolist()
        for name in signals.names
        if signals.healthy[signals.machines == name].any()
    }


@pytest.mark.parametrize("healthy", [3, "3", "3.0", " 3 "])
def test_the_first_n_of_each_machine(folder, read, healthy):
    assert chosen(read(folder, healthy=healthy)) == {"press-2": [0, 1, 2], "press-10": [0, 1, 2]}


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        ("machine,snapshot\npress-2,0\npress-2,4\npress-10,1\n", "h.csv", {"press-2": [0, 4], "press-10": [1]}),
        ("Machine;Snapshot;by\npress-2;4;Eva\n", "h.csv", {"press-2": [4]}),
        ("machine,snapshot\npress-2,press-2/snap_4.csv\n", "h.csv", {"press-2": [4]}),
        ({"press-2": 3, "press-10": [0, 9]}, "h.json", {"press-2": [0, 1, 2], "press-10": [0, 9]}),
        ({"press-10": ["press-10/snap_3.csv"]}, "h.json", {"press-10": [3]}),
    ],
)
def test_a_file_lists_them(folder, read, listing, content, name, expected):
    assert chosen(read(folder, healthy=listing(content, name))) == expected


def test_one_machine_needs_no_name(folder, read, listing):
    alone = {"machines": ["press-10"]}
    assert chosen(read(folder, healthy=listing([1, 2], "h.json"), **alone)) == {"press-10": [1, 2]}
    assert chosen(read(folder, healthy=listing("snapshot\n1\n"), **alone)) == {"press-10": [1]}


def test_numbers_count_the_snapshots_that_were_left_out(folder, read, listing):
    (folder / "press-2" / "snap_1.csv").write_text("")
    signals = read(folder, healthy=listing({"press-2": [0, 1, 2]}, "h.json"))
    assert chosen(signals) == {"press-2": [0, 1]}  # the second of those left is snapshot 2
    assert "declared healthy but not there or left out: 1 snapshot, 'press-2: 1'" in signals.facts.repairs


@pytest.mark.parametrize(
    ("healthy", "reason"),
    [
        (0, "healthy must be at least 1"),
        ("-4", "healthy must be at least 1"),
        (11, "machine 'press-10' has 10 usable snapshots"),
        ("2.5", "is no number and no file"),
        ("/nowhere/healthy.csv", "is no number and no file"),
        ("a\0b", "is no number and no file"),
    ],
)
def test_what_is_no_declaration_is_refused(folder, refused, healthy, reason):
    assert reason in refused(folder, healthy=healthy)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("", "h.csv", "does not list healthy snapshots"),
        ("snapshot\n1\n", "h.csv", "does not list healthy snapshots"),
        ("machine,snapshot\npress-3,1\n", "h.csv", "names machine 'press-3'"),
        ("machine,snapshot\npress-2,12\n", "h.csv", "has no snapshot 12; its snapshots are 0 to 11"),
        ("machine,snapshot\n", "h.csv", "no snapshot is declared healthy"),
        ("{", "h.json", "does not list healthy snapshots"),
        ([1, 2], "h.json", "does not list healthy snapshots"),
        ({"press-2": True}, "h.json", "does not list healthy snapshots"),
        ({"press-2": -1}, "h.json", "does not list healthy snapshots"),
        ({"press-2": {"a": 1}}, "h.json", "does not list healthy snapshots"),
        ({"press-2": 10**9}, "h.json", "does not list healthy snapshots"),
        ({"press-2": 13}, "h.json", "has no snapshot 12"),
        ("7", "h.json", "does not list healthy snapshots"),
    ],
)
def test_a_wrong_file_is_refused(folder, refused, listing, content, name, reason):
    assert reason in refused(folder, healthy=listing(content, name))


def test_named_sets_take_a_declaration_too(listing):
    small = {"snapshots": 40, "samples": 64, "onset": 30, "onset_jitter": 0, "healthy": 20}
    assert load_signals("ball-screw-life", params=small).healthy.sum() == 20
    assert load_signals("ball-screw-life", params=small, healthy=7).healthy.sum() == 7
    assert chosen(load_signals("ball-screw-life", params=small, healthy=listing([3, 5], "h.json"))) == {"screw": [3, 5]}


def test_fewer_healthy_snapshots_than_the_window_are_refused(folder, read):
    signals = read(folder, healthy=4)
    require_healthy(signals, 8)
    with pytest.raises(
        InputError, match="8 snapshots declared healthy, fewer than the window of 9; accepted: at least 9"
    ):
        require_healthy(signals, 9)
