"""A user's folder of signals: machines, order, channels, and every kind of bad input told or refused."""

import os
import shutil

import numpy as np
import pytest
from scipy.io import wavfile

from rarefault.datasets.signals import folder as folder_module
from rarefault.datasets.signals.listing import natural

RNG = np.random.default_rng(7)


def write(path, values):
    np.savetxt(path, values, delimiter=",", fmt="%.6f")


def noise(t=256, c=2):
    return RNG.normal(size=(t, c))


def repair(repairs, words):
    """The one sentence that holds the words."""
    found = [text for text in repairs if words in text]
    assert len(found) == 1, (words, repairs)
    return found[0]


def test_a_folder_of_machines_is_read_in_natural_order(folder, read):
    signals = read(folder)
    assert signals.names == ["press-2", "press-10"]
    assert signals.snapshots.shape == (22, 2, 256) and signals.snapshots.dtype == np.float32
    np.testing.assert_array_equal(signals.times, [*range(12), *range(10)])
    assert signals.facts.channels == ("channel 1", "channel 2") and signals.facts.rate == 1_000
    assert signals.facts.name == "hall 3" and not signals.facts.timed
    assert signals.states is None and signals.onsets == {}
    expected = np.loadtxt(folder / "press-2" / "snap_11.csv", delimiter=",").T
    np.testing.assert_allclose(signals.snapshots[11], expected, atol=1e-6)
    assert signals.facts.repairs == (
        "took the first fifth of each machine, 4 snapshots, for healthy, as nothing else was declared",
    )
    np.testing.assert_array_equal(np.flatnonzero(signals.healthy), [0, 1, 12, 13])


def test_files_without_machine_folders_are_one_machine(folder, read):
    assert read(folder / "press-2").names == ["press-2"]


def test_names_are_sorted_as_people_count():
    names = ["b 10", "b 2", "A1", "a01x", "b", "2", "10", ""]
    assert sorted(names, key=natural) == ["", "2", "10", "A1", "a01x", "b", "b 2", "b 10"]


def test_deeper_folders_belong_to_their_machine(folder, read, tmp_path):
    root = tmp_path / "line"
    for day in (2, 10):
        (root / "mill" / f"day {day}").mkdir(parents=True)
        shutil.copy(folder / "press-2" / f"snap_{day}.csv", root / "mill" / f"day {day}" / "a.csv")
    signals = read(root, healthy=1)
    assert signals.names == ["mill"]
    np.testing.assert_array_equal(signals.snapshots, read(folder, machines=["press-2"]).snapshots[[2, 10]])


@pytest.mark.parametrize("named", [["press-10"], ("press-10",), "press-10"])
def test_machines_can_be_chosen(folder, read, named):
    signals = read(folder, machines=named)
    assert signals.names == ["press-10"]
    repair(signals.facts.repairs, "left out 1 machine as asked: 'press-2'")


def test_channels_can_be_chosen_by_number_and_named(folder, read):
    whole = read(folder)
    for second in (["2"], [2.0], [2]):
        picked = read(folder, channels=second)
        assert picked.facts.channels == ("channel 2",)
        np.testing.assert_array_equal(picked.snapshots[:, 0], whole.snapshots[:, 1])
    assert read(folder, channels=["radial", "axial"]).facts.channels == ("radial", "axial")


def test_a_column_can_be_picked_from_a_file_with_other_columns(tmp_path, read):
    """As the original files of FEMTO are: hour, minute, second, microsecond, horizontal, vertical."""
    for k in range(5):
        clock = np.c_[np.full(256, 9), np.full(256, 39), np.full(256, 39 + k), 39.0625 * np.arange(256)]
        write(tmp_path / f"acc_{k:05}.csv", np.c_[clock, noise()])
    signals = read(tmp_path, rate=25_600, channels=["5", "6"], healthy=1)
    assert signals.snapshots.shape == (5, 2, 256) and signals.facts.channels == ("channel 5", "channel 6")


def test_channels_are_picked_by_the_header_whatever_its_order(tmp_path, read):
    for k in range(4):
        values, names = noise(), ("x", "y")
        values[:, 0] += 100
        if k % 2:
            values, names = values[:, ::-1], ("y", "x")
        path = tmp_path / f"{k}.csv"
        np.savetxt(path, values, delimiter=",", header=",".join(names), comments="")
    signals = read(tmp_path, channels=["X"])
    assert signals.facts.channels == ("x",) and (signals.snapshots.mean(axis=(1, 2)) > 90).all()


def bad_nan(path):
    values = noise()
    values[5, 1] = np.nan
    write(path, values)


def bad_infinite(path):
    values = noise()
    values[5, 1] = np.inf
    write(path, values)


def bad_huge(path):
    values = noise()
    values[5, 1] = 1e300
    np.savetxt(path, values, delimiter=",")


def bad_constant(path):
    write(path, np.ones((256, 2)))


def bad_one_silent_channel(path):
    values = noise()
    values[:, 1] = 0
    write(path, values)


def bad_stuck(path):
    values = noise()
    values[100:, 0] = 0.5
    write(path, values)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (bad_nan, "NaN or infinite samples"),
        (bad_infinite, "NaN or infinite samples"),
        (bad_huge, "NaN or infinite samples"),
        (bad_constant, "silent: a channel of one value"),
        (bad_one_silent_channel, "silent: a channel of one value"),
        (bad_stuck, "stuck: one value for half of the time or longer"),
        (lambda path: write(path, noise(250)), "250 samples, most have 256"),
        (lambda path: write(path, noise(300)), "300 samples, most have 256"),
        (lambda path: write(path, noise(512)), "512 samples, most have 256 (twice as many: another rate?)"),
        (lambda path: write(path, noise(40)), "fewer than 64 samples"),
        (lambda path: write(path, noise(c=1)), "1 channel, most have 2"),
        (lambda path: write(path, noise(c=3)), "3 channels, most have 2"),
        (lambda path: path.write_text(""), "empty"),
        (lambda path: path.write_text("2026-11-23 sensor unplugged\n"), "no numbers"),
        (lambda path: path.write_bytes(os.urandom(2_000) + b"\0"), "no text"),
        (lambda path: write(path, np.loadtxt(path.with_name("snap_3.csv"), delimiter=",")), "the same samples"),
    ],
)
def test_a_bad_snapshot_is_left_out_and_told(folder, read, told, spoil, reason):
    spoil(folder / "press-2" / "snap_6.csv")
    assert "left out 1 file (" in repair(told(folder), reason) and "snap_6.csv" in repair(told(folder), reason)
    signals = read(folder, healthy=1)
    assert len(signals) == 21 and np.isfinite(signals.snapshots).all()


@pytest.mark.parametrize("ending", [".npy", ".npz", ".wav"])
def test_a_truncated_file_among_whole_ones_is_left_out(tmp_path, read, ending):
    for k in range(5):
        path = tmp_path / f"{k}{ending}"
        values = noise().astype(np.float32)
        {
            ".npy": lambda p=path, v=values: np.save(p, v),
            ".npz": lambda p=path, v=values: np.savez(p, v),
            ".wav": lambda p=path, v=values: wavfile.write(p, 1_000, v),
        }[ending]()
    path.write_bytes(path.read_bytes()[:-40])
    signals = read(tmp_path, healthy=1)
    assert len(signals) == 4
    repair(signals.facts.repairs, f"left out 1 file (damaged or truncated): '4{ending}'")


def test_clipped_snapshots_are_kept_and_told(folder, told, read):
    write(folder / "press-2" / "snap_11.csv", (5 * np.sin(np.arange(512).reshape(256, 2) / 9)).clip(-3, 3))
    assert "snap_11.csv" in repair(told(folder), "kept 1 clipped snapshot (flat tops at the sensor's limit)")
    assert len(read(folder)) == 22


def test_odd_levels_are_told(folder, told):
    write(folder / "press-2" / "snap_6.csv", 1_000 * noise())
    assert "snap_6.csv" in repair(told(folder), "a hundred times louder or quieter")


def test_copies_on_another_machine_are_told(folder, told, read):
    shutil.copy(folder / "press-2" / "snap_3.csv", folder / "press-10" / "snap_3.csv")
    repair(told(folder), "kept 1 snapshot with the same samples as another machine's")
    assert len(read(folder)) == 22


def test_600_bad_files_make_one_sentence(folder, told):
    for k in range(600):
        (folder / "press-2" / f"log_{k}.csv").write_text("")
    sentence = repair(told(folder), "(empty)")
    assert sentence.startswith("left out 600 files (empty): ") and sentence.endswith(" and 580 more")


def test_files_that_do_not_belong_are_told(folder, told, tmp_path):
    (folder / "notes.txt").write_text("x")
    (folder / "press-2" / "photo.jpg").write_bytes(b"x")
    (folder / "press-2" / ".snap_1.csv.swp").write_text("x")
    (folder / "press-2" / ".DS_Store").write_text("x")
    (tmp_path / "outside.csv").write_text("1\n" * 256)
    (folder / "press-2" / "link.csv").symlink_to(tmp_path / "outside.csv")
    (folder / "press-2" / "away").symlink_to(tmp_path)
    repairs = told(folder)
    assert "'notes.txt'" in repair(repairs, "beside the machines' folders")
    assert "photo.jpg" in repair(repairs, "no format of snapshots")
    assert "link.csv" in repair(repairs, "linked from outside the folder")
    assert "away" in repair(repairs, "linked folders")
    assert ".snap_1.csv.swp" in repair(repairs, "hidden")
    assert not any("DS_Store" in text for text in repairs)


def test_rates_that_differ_are_refused(tmp_path, refused, read):
    for k in range(6):
        wavfile.write(tmp_path / f"{k}.wav", 8_000 if k < 5 else 16_000, noise().astype(np.float32))
    message = refused(tmp_path, rate=0)
    assert "'5.wav' with 16000 Hz, but most have 8000 Hz; signals are not resampled" in message
    assert "rate=8000 was given" in refused(tmp_path, rate=8_000)
    (tmp_path / "5.wav").unlink()
    assert read(tmp_path, rate=0).facts.rate == 8_000
    assert "but rate=1000 was given" in refused(tmp_path)


def test_rates_are_compared_across_machines(tmp_path, refused, read):
    for machine, rate in (("a", 8_000), ("b", 16_000)):
        (tmp_path / machine).mkdir()
        for k in range(4):
            wavfile.write(tmp_path / machine / f"{k}.wav", rate, noise().astype(np.float32))
    assert "machines=" in refused(tmp_path, rate=0)
    assert read(tmp_path, rate=0, machines=["b"]).facts.rate == 16_000


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf")])
def test_a_wrong_rate_is_refused(folder, refused, rate):
    assert "rate must be" in refused(folder, rate=rate)


def test_what_cannot_be_used_is_refused_in_one_line(folder, refused, tmp_path):
    assert "do not say how many samples a second" in refused(folder, rate=0)
    assert "machines names 'press-3'; the machines in" in refused(folder, machines=["press-3"])
    assert "holds no snapshots (22 files no channel 'z')" in refused(folder, channels=["z"])
    assert "no channel '3'" in refused(folder, channels=["3"])
    assert "channels names '1' more than once" in refused(folder, channels=["1", "1"])
    assert "neither a folder nor a named set of signals" in refused(tmp_path / "nowhere")
    assert "takes none" in refused(folder, params={"seed": 1})
    assert "is a file without the array snapshots" in refused(folder / "press-2" / "snap_0.csv")
    (tmp_path / "empty").mkdir()
    assert "holds no snapshots; accepted: a folder with a folder for each machine" in refused(tmp_path / "empty")
    (tmp_path / "empty" / "a.csv").write_text("")
    assert "holds no snapshots (1 file empty)" in refused(tmp_path / "empty")


def test_a_folder_that_may_not_be_read_is_refused(folder, refused, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert "cannot be read (Permission denied)" in refused(folder)


def test_snapshots_of_all_kinds_are_refused(tmp_path, refused):
    for k in range(9):
        write(tmp_path / f"{k}.csv", noise(200 + k))
    assert "9 different numbers of samples" in refused(tmp_path)
    for k in range(9):
        write(tmp_path / f"{k}.csv", noise(c=1 + k % 3))
    assert "3 different channels" in refused(tmp_path)


def test_more_samples_than_fit_are_refused(folder, refused, monkeypatch):
    monkeypatch.setattr(folder_module, "MAX_BYTES", 20_000)
    assert "fewer snapshots, fewer channels" in refused(folder)
    monkeypatch.setattr(folder_module, "MAX_FILES", 20)
    assert "holds 22 files; accepted: at most 20" in refused(folder)


def test_progress_is_told(folder, read):
    seen = []
    read(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k + 1, 22) for k in range(22)]
