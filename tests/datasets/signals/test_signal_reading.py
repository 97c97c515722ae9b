"""One file as a snapshot, whatever its format."""

import struct
import zipfile

import numpy as np
import pytest
from scipy.io import wavfile

from rarefault.datasets.signals.reading import READERS, read_snapshot
from rarefault.datasets.signals.recording import Recording, UnusableError

X = np.random.default_rng(0).normal(size=(300, 2))
TIME = np.arange(300) / 5_000


def text(values, separator=",", decimal=".", header=""):
    lines = (separator.join(f"{value:.7f}".replace(".", decimal) for value in row) for row in values)
    return header + "\n".join(lines) + "\n"


@pytest.fixture
def snapshot(tmp_path):
    def write_and_read(content, name="snap.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_snapshot(path)

    return write_and_read


@pytest.mark.parametrize(
    "content",
    [
        text(X),
        text(X, ";", ","),
        text(X, "\t"),
        text(X, "\t", ","),
        text(X, " "),
        text(X, "  ", ","),
        text(X, ", "),
        text(X).replace("\n", "\r\n"),
        text(X, ";").replace("\n", ";\n"),
        "\ufeff" + text(X),
        "# rig 4\n\n% sensor\n" + text(X),
        text(X).encode("utf-16"),
        text(np.c_[np.arange(300), X]),
        text(np.c_[np.arange(300) + 1, X], header="sample,x,y\n"),
    ],
)
def test_text_is_read_however_it_is_written(snapshot, content):
    recording = snapshot(content)
    assert recording.samples.dtype == np.float32 and recording.rate == 0
    np.testing.assert_allclose(recording.samples, X.T, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "channels"),
    [
        (text(X, header="x,y\n"), ("x", "y")),
        (text(X, ";", ",", header="x [g];y [g]\n"), ("x [g]", "y [g]")),
        (text(X, "\t", header='"x"\t"y"\n'), ("x", "y")),
        (text(X[:, :1], header="acceleration of the nut\n"), ("acceleration of the nut",)),
        (text(X, header="x [m/s²],y\n").encode("latin-1"), ("x [m/s²]", "y")),
        (text(X, ";", ",", header="Rig;4\nDate;2026-11-23\nx;y\n[g];[g]\n"), ("x", "y")),
        (text(X, "\t", header="Recorded by rig 4\n\nchannel x\tchannel y\n"), ("channel x", "channel y")),
        (text(X[:, :1], header="Rig 4\nacceleration\n"), ("acceleration",)),
        (text(X, header="Rig 4\n"), ()),
    ],
)
def test_a_header_names_the_channels(snapshot, content, channels):
    recording = snapshot(content)
    assert recording.channels == channels
    np.testing.assert_allclose(recording.samples, X.T[: len(channels) or 2], atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        text(np.c_[TIME, X]),
        text(np.c_[TIME + 7, X], ";", ",", header="time;x;y\n"),
        text(np.c_[TIME * 1e3, X], header="Time [ms],x,y\n"),
        text(np.c_[TIME, X], "\t", header="t (s)\tx\ty\n"),
        text(np.c_[TIME, X], header="seconds,x,y\n"),
    ],
)
def test_even_times_in_the_first_column_tell_the_rate(snapshot, content):
    recording = snapshot(content)
    assert recording.samples.shape == (2, 300) and recording.rate == pytest.approx(5_000, rel=1e-4)


def test_uneven_times_are_no_channel_and_tell_no_rate(snapshot):
    for times in (np.round(TIME, 3), TIME**2, TIME[::-1]):
        recording = snapshot(text(np.c_[times, X], header="time,x,y\n"))
        assert recording.channels == ("x", "y") and recording.rate == 0
        assert recording.read_as == ("took the first column of {} for a count of the samples",)


def test_names_that_are_twice_or_empty_are_not_used(snapshot):
    assert snapshot(text(X, header="g,g\n")).channels == snapshot(text(X, header="x,\n")).channels == ()


def test_a_decimal_comma_alone_is_no_separator(snapshot):
    np.testing.assert_allclose(snapshot(text(X[:, :1], decimal=",")).samples, X.T[:1], atol=1e-6)
    pairs = "12,-4\n-5,3\n" * 40
    assert snapshot(pairs).samples.shape == (2, 80)


def test_a_growing_channel_with_a_name_of_its_own_stays(snapshot):
    recording = snapshot(text(np.c_[TIME, X], header="position,x,y\n"))
    assert recording.channels == ("position", "x", "y")


def test_a_missing_cell_is_no_number(snapshot):
    assert np.isnan(snapshot("1.5,2\n3,\n" * 80).samples).sum() == 80


@pytest.mark.parametrize("array", [X, X.T, X.astype("<f4"), X.astype(">f8"), (X * 1000).astype(np.int16)])
def test_arrays_are_read_in_either_direction(tmp_path, array):
    np.save(tmp_path / "snap.npy", array)
    np.savez(tmp_path / "snap.npz", x=array, fs=5_000)
    plain, packed = (read_snapshot(tmp_path / name) for name in ("snap.npy", "snap.npz"))
    assert plain.samples.shape == packed.samples.shape == (2, 300) and plain.samples.dtype == np.float32
    np.testing.assert_array_equal(plain.samples, packed.samples)
    assert (plain.rate, packed.rate) == (0, 5_000)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((X * 5_000).astype(np.int16), 2**15),
        ((X * 1e8).astype(np.int32), 2**31),
        (X.astype(np.float32), 1),
    ],
)
def test_wav_is_read_relative_to_full_scale(tmp_path, values, scale):
    wavfile.write(tmp_path / "snap.wav", 25_600, values)
    recording = read_snapshot(tmp_path / "snap.wav")
    assert recording.rate == 25_600
    np.testing.assert_allclose(recording.samples, values.T / scale, rtol=1e-5)
    wavfile.write(tmp_path / "eight.wav", 8_000, np.full(100, 192, np.uint8))
    np.testing.assert_array_equal(read_snapshot(tmp_path / "eight.wav").samples, np.full((1, 100), 0.5, np.float32))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("snap.csv", b"", "empty"),
        ("snap.npy", b"", "empty"),
        ("snap.csv", b"x,y\n", "no numbers"),
        ("snap.csv", b"# only a comment\n", "no numbers"),
        ("snap.csv", text(X).encode() + b"a,b\n", "text among the numbers"),
        ("snap.csv", text(X).encode() + b"1,2,3\n", "lines of different length"),
        ("snap.csv", bytes(range(256)) * 20, "no text"),
        ("snap.txt", b"Read me\nThis folder holds snapshots.\n", "no numbers"),
        ("snap.npy", b"no array", "damaged or truncated"),
        ("snap.npz", b"PK\3\4 no archive", "damaged or truncated"),
        ("snap.wav", b"RIFF\0\0\0\0WAVE", "damaged or truncated"),
        ("snap.jpg", b"\xff\xd8", "no format of snapshots"),
    ],
)
def test_what_is_no_snapshot_is_unusable_in_a_few_words(snapshot, name, content, reason):
    with pytest.raises(UnusableError, match=reason) as caught:
        snapshot(content, name)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 120


@pytest.mark.parametrize("ending", [ending for ending in READERS if ending not in (".csv", ".txt", ".tsv")])
def test_a_truncated_file_is_unusable(tmp_path, ending):
    path = tmp_path / f"snap{ending}"
    {
        ".npy": lambda: np.save(path, X),
        ".npz": lambda: np.savez(path, X),
        ".wav": lambda: wavfile.write(path, 8_000, X.astype(np.float32)),
    }[ending]()
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(UnusableError):
            read_snapshot(path)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(PermissionError, "may not be read"), (FileNotFoundError, "no longer there"), (MemoryError, "damaged")],
)
def test_what_the_system_refuses_is_unusable(snapshot, monkeypatch, problem, reason):
    def refuse(path):
        raise problem(path)

    monkeypatch.setitem(READERS, ".csv", refuse)
    with pytest.raises(UnusableError, match=reason):
        snapshot(text(X))


def test_a_false_header_claims_no_memory(tmp_path):
    header = str({"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)}).encode().ljust(117) + b"\n"
    path = tmp_path / "snap.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 80)
    with pytest.raises(UnusableError, match="damaged"):
        read_snapshot(path)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\0" * (300 << 20))
    with pytest.raises(UnusableError, match="larger than 256 MB"):
        read_snapshot(tmp_path / "bomb.npz")


def test_pickles_are_never_opened(tmp_path):
    np.save(tmp_path / "snap.npy", np.array([{"a": 1}] * 100, dtype=object), allow_pickle=True)
    np.savez(tmp_path / "snap.npz", np.array([{"a": 1}] * 100, dtype=object))
    for name in ("snap.npy", "snap.npz"):
        with pytest.raises(UnusableError):
            read_snapshot(tmp_path / name)


def test_an_archive_with_several_arrays_is_ambiguous(tmp_path):
    np.savez(tmp_path / "snap.npz", x=X, y=X)
    with pytest.raises(UnusableError, match="2 arrays of samples"):
        read_snapshot(tmp_path / "snap.npz")


@pytest.mark.parametrize(
    ("values", "rate", "reason"),
    [
        (np.ones((3, 3, 3)), 0, "3 dimensions"),
        (np.empty(0), 0, "no samples"),
        (np.ones(9, complex), 0, "no real numbers"),
        (np.ones(9, bool), 0, "no real numbers"),
        (np.ones(9), -1, "a rate of -1"),
        (np.ones(9), float("nan"), "a rate of nan"),
    ],
)
def test_a_recording_is_checked(values, rate, reason):
    with pytest.raises(UnusableError, match=reason):
        Recording.of(values, rate)
