"""A whole machine in one .npz file."""

import numpy as np
import pytest

X = np.random.default_rng(3).normal(size=(30, 200)).astype(np.float32)
WHOLE = {"snapshots": X, "rate": 5_000}


def test_a_file_is_a_machine(tmp_path, read):
    np.savez(tmp_path / "press-7.npz", **WHOLE, times=np.arange(30) * 60.0, channels=["nut"])
    signals = read(tmp_path / "press-7.npz", rate=0, healthy=10)
    assert signals.names == ["press-7"] and signals.facts.rate == 5_000 and signals.facts.timed
    assert signals.facts.channels == ("nut",) and signals.facts.name == "press-7"
    np.testing.assert_array_equal(signals.snapshots[:, 0], X)
    np.testing.assert_array_equal(signals.times, np.arange(30) * 60.0)
    assert signals.healthy.sum() == 10 and signals.facts.repairs == ()


def test_files_beside_each_other_are_machines(tmp_path, read):
    for name in ("m10", "m9"):
        np.savez(tmp_path / f"{name}.npz", snapshots=np.stack([X, X + len(name)], axis=1), fs=5_000)
    signals = read(tmp_path, rate=0)
    assert signals.names == ["m9", "m10"] and signals.snapshots.shape == (60, 2, 200)


def test_states_and_healthy_are_taken_from_the_file(tmp_path, read):
    states = np.repeat(["healthy", "Slight", "severe"], 10)
    np.savez(tmp_path / "m.npz", **WHOLE, states=states, healthy=np.arange(30) < 7)
    signals = read(tmp_path, rate=0)
    assert signals.healthy.sum() == 7 and signals.onsets == {"m": 10}
    assert signals.states.tolist() == [state.lower() for state in states]
    assert read(tmp_path, rate=0, healthy="3").healthy.sum() == 3


def test_times_that_go_back_are_sorted_and_told(tmp_path, read):
    order = np.r_[np.arange(20), 25, 24, np.arange(20, 24), np.arange(26, 30)]
    np.savez(tmp_path / "m.npz", snapshots=X[order], rate=5_000, times=order.astype(float))
    signals = read(tmp_path, rate=0, healthy=5)
    np.testing.assert_array_equal(signals.snapshots[:, 0], X)
    assert signals.facts.repairs == ("put the snapshots into the order of their times, which went back 2 times",)


def test_equal_times_are_told(tmp_path, read):
    np.savez(tmp_path / "m.npz", **WHOLE, times=np.arange(30) // 2)
    assert (
        "kept 15 snapshots with the time of another of its machine" in read(tmp_path, rate=0, healthy=1).facts.repairs
    )


def test_bad_snapshots_in_the_file_are_told_by_number(tmp_path, read):
    values = X.copy()
    values[3, 5], values[7] = np.nan, 0
    values[9] = values[8]
    np.savez(tmp_path / "m.npz", snapshots=values, rate=5_000)
    signals = read(tmp_path, rate=0, healthy=5)
    assert len(signals) == 27
    assert signals.files[2:6].tolist() == ["m.npz[2]", "m.npz[4]", "m.npz[5]", "m.npz[6]"]
    assert signals.facts.repairs == (
        "left out 1 file (NaN or infinite samples): 'm.npz[3]'",
        "left out 1 file (silent: a channel of one value): 'm.npz[7]'",
        "left out 1 file (the same samples as another of its machine): 'm.npz[9]'",
    )


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"snapshots": X[0]}, "snapshots of shape (200,)"),
        ({"snapshots": X[:0]}, "snapshots of shape (0, 200)"),
        ({"snapshots": X.astype(complex)}, "snapshots of shape"),
        ({**WHOLE, "times": np.arange(29)}, "times of another length"),
        ({**WHOLE, "times": np.full(30, np.nan)}, "times that are not finite"),
        ({**WHOLE, "healthy": np.ones((30, 2))}, "healthy of another length"),
        ({**WHOLE, "states": np.full(30, "broken")}, "a state 'broken'"),
        ({"snapshots": X, "rate": -5}, "a rate of -5"),
        ({"snapshots": X, "rate": "fast"}, "damaged or truncated"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(tmp_path, refused, arrays, reason):
    np.savez(tmp_path / "m.npz", **arrays)
    assert reason in refused(tmp_path, rate=0)


def test_a_truncated_file_is_refused(tmp_path, refused):
    np.savez(tmp_path / "m.npz", **WHOLE)
    whole = (tmp_path / "m.npz").read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "m.npz").write_bytes(whole[:length])
        assert "holds no snapshots" in refused(tmp_path, rate=0)
