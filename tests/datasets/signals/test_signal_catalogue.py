"""Named sets of signals: found, checked, read as their entry says, and put into the cache."""

import shutil

import numpy as np
import pytest

from rarefault.datasets.catalogue import SIGNAL_CATALOGUE, describe, find, get
from rarefault.datasets.images.finding import find_images
from rarefault.datasets.signals.finding import find_signals
from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.signals.signal_set import STATES, SignalSet
from rarefault.errors import InputError

REAL = [name for name, entry in SIGNAL_CATALOGUE.items() if entry.simulator is None]
SMALL = {"snapshots": 40, "samples": 64, "onset": 30, "onset_jitter": 2, "healthy": 20}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rarefault" / "data"


@pytest.fixture
def no_data(monkeypatch):
    monkeypatch.delenv("RAREFAULT_DATA", raising=False)


@pytest.fixture
def in_real_data(real_data, monkeypatch):
    monkeypatch.setenv("RAREFAULT_DATA", str(real_data))
    return real_data


def refusal(call, *args, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", SIGNAL_CATALOGUE)
def test_every_entry_says_what_a_user_must_know(name):
    entry = SIGNAL_CATALOGUE[name]
    assert entry.name == name
    for text in (entry.title, entry.licence, entry.citation, entry.notes, entry.split, entry.size):
        assert text.strip()
    assert entry.simulator or (entry.origin.startswith("http") and entry.manual and entry.parts and entry.machines)
    assert entry.simulator or len(entry.sha256) == 64
    assert ("SIMULATED" in entry.notes) == (entry.kind == "simulated")


@pytest.mark.parametrize("name", SIGNAL_CATALOGUE)
def test_every_set_keeps_the_contract(name, request):
    entry = SIGNAL_CATALOGUE[name]
    if entry.simulator is None:
        request.getfixturevalue("in_real_data")
    signals = load_signals(name)
    n, c, _ = signals.snapshots.shape
    assert signals.snapshots.dtype == np.float32 and np.isfinite(signals.snapshots).all()
    assert c == len(signals.facts.channels) and signals.facts.rate > 0 and signals.facts.unit
    assert signals.times.dtype == np.float64 and signals.machines.dtype == object and signals.healthy.dtype == bool
    assert signals.facts.notes == entry.notes and signals.facts.name == name
    assert not entry.machines or signals.names == list(entry.machines)
    assert 25 <= signals.healthy.sum() < n
    for machine in signals.names:
        own = np.flatnonzero(signals.machines == machine)
        np.testing.assert_array_equal(own, np.arange(own[0], own[-1] + 1))
        assert signals.times[own[0]] == 0 and (np.diff(signals.times[own]) > 0).all()
        learned = signals.healthy[own]
        assert learned.any() and learned[: int(learned.sum())].all()  # the first ones of the machine
        if machine in signals.onsets:
            assert learned.sum() < signals.onsets[machine] < len(own)
            assert (signals.states[own][: signals.onsets[machine]] == "healthy").all()
            assert (signals.states[own][signals.onsets[machine] :] != "healthy").all()
    assert signals.states is None or set(signals.states) <= {*STATES, ""}
    assert len({snapshot.tobytes() for snapshot in signals.snapshots}) == n


def test_femto_lives_are_told_in_g_and_seconds(in_real_data):
    signals = load_signals("femto")
    assert [len(signals.of(name)) for name in signals.names] == [709, 797, 515]
    assert [int(signals.of(name).healthy.sum()) for name in signals.names] == [142, 159, 103]
    first, last = signals.of("Bearing1_1"), signals.of("Bearing3_1")
    assert first.times[1] == 40 and last.times[1] == 10 and signals.facts.rate == 25_600
    rms = np.sqrt((first.snapshots[:, 0].astype(float) ** 2).mean(axis=1))
    assert rms[300] == pytest.approx(0.37, abs=0.1) and rms[-3:].mean() > 3
    assert signals.states is None and signals.onsets == {}
    one = load_signals("Femto:bearing2_2")
    np.testing.assert_array_equal(one.snapshots, signals.of("Bearing2_2").snapshots)


def test_cwru_learns_from_the_first_half_of_the_healthy_recording(in_real_data):
    signals = load_signals("cwru")
    assert signals.facts.rate == 48_000 and not signals.facts.timed
    with np.load(in_real_data / "cwru" / "1797_Normal.npz") as arrays:
        normal = arrays["DE"][: 95 * 2_560].reshape(95, 2_560)
    place = {snapshot.tobytes(): k for k, snapshot in enumerate(normal)}
    learned = [place[snapshot.tobytes()] for snapshot in signals.snapshots[signals.healthy, 0]]
    held = [place[x.tobytes()] for x in signals.snapshots[(signals.states == "healthy") & ~signals.healthy, 0]]
    assert sorted(learned) == list(range(47)) and sorted(held) == list(range(47, 95))
    left_open = load_signals("cwru", params={"middle": ""})
    assert (left_open.states == "").sum() == 97 + 24 + 95
    assert load_signals("cwru", params={"samples": 4_800}).snapshots.shape[2] == 4_800


def test_the_folder_of_a_named_set_is_that_set(in_real_data):
    assert find_signals(str(in_real_data / "femto")).entry is SIGNAL_CATALOGUE["femto"]


def test_a_changed_set_is_refused_by_name(real_data, tmp_path, monkeypatch):
    copied = tmp_path / "data" / "femto"
    copied.mkdir(parents=True)
    for part in SIGNAL_CATALOGUE["femto"].parts:
        shutil.copy(real_data / "femto" / part, copied / part)
    with (copied / "Bearing3_1_h.npz").open("ab") as changed:
        changed.write(b"x")
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path / "data"))
    message = refusal(find_signals, "femto")
    assert "not the folder that the catalogue knows" in message and SIGNAL_CATALOGUE["femto"].sha256 in message
    assert find_signals("femto:Bearing1_1").path == copied


@pytest.mark.parametrize("name", REAL)
def test_a_set_that_is_not_here_says_how_to_get_it(name, no_data, cache):
    message = refusal(find_signals, name)
    entry = SIGNAL_CATALOGUE[name]
    assert entry.origin in message and str(cache / name.partition(":")[0]) in message and entry.sha256 in message


def test_get_copies_a_set_into_the_cache(in_real_data, cache, monkeypatch):
    assert get("femto:Bearing3_1") == cache / "femto"
    monkeypatch.delenv("RAREFAULT_DATA")
    assert find_signals("femto:Bearing3_1").path == cache / "femto"
    assert [path.name for path in (cache / "femto").iterdir()] == ["Bearing3_1_h.npz"]


def test_get_writes_a_simulated_set_that_is_read_as_a_folder(no_data, cache):
    folder = get("ball-screw-life")
    assert folder == cache / "ball-screw-life"
    written, simulated = load_signals(str(folder)), load_signals("ball-screw-life")
    np.testing.assert_array_equal(written.snapshots, simulated.snapshots)
    assert written.onsets == simulated.onsets and written.facts == simulated.facts
    (folder / "signals.json").write_text("{}")
    assert "signals.npz or signals.json is damaged" in refusal(load_signals, str(folder))


def test_kinds_do_not_answer_for_each_other(no_data):
    assert "is a set of signals" in refusal(find, "femto")
    assert "neither a folder nor a named set of images" in refusal(find_images, "femto")
    assert "neither a folder nor a named set of signals" in refusal(find_signals, "secom")
    for odd in ("", "a\0b", "a" * 5000, "~nobody/x", "/no/such/folder"):
        assert all(name in refusal(find_signals, odd) for name in SIGNAL_CATALOGUE)


def test_describe_lists_signals(no_data):
    rows = {row["name"]: row for row in describe()}
    assert rows["ball-screw-life"]["where"] == "built in"
    assert rows["femto"]["where"] == "to be fetched by hand"
    assert rows["femto"]["size"] == "3 lives, 2,021 snapshots of 2,560 samples at 25,600 Hz"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"rate": 6_000}, "rate=6000 was given, but ball-screw-life has 5000 Hz; signals are not resampled"),
        ({"machines": ["drill"]}, "the machines of ball-screw-life are 'screw'"),
        ({"channels": ["z"]}, "has no channel 'z'; its channels are 'nut'"),
        ({"params": {"teeth": 4}}, "has no setting 'teeth'"),
        ({"params": {"samples": 2}}, "samples must be from 64"),
        ({"healthy": 216}, "machine 'screw' has 40 usable snapshots"),
    ],
)
def test_settings_are_checked(options, reason):
    assert reason in refusal(load_signals, "ball-screw-life", **{"params": SMALL, **options})


def test_machines_and_channels_of_a_named_set_can_be_chosen():
    signals = load_signals(
        "ball-screw-life", params={**SMALL, "machines": 3}, machines=["screw-3"], channels=["1"], rate=5_000, seed=4
    )
    assert isinstance(signals, SignalSet) and signals.names == ["screw-3"] and set(signals.onsets) == {"screw-3"}
    assert signals.facts.repairs == ("left out 2 machines as asked: 'screw-1', 'screw-2'",)
    again = load_signals("ball-screw-life", params={**SMALL, "machines": 3, "seed": 4}, seed=9)
    np.testing.assert_array_equal(signals.snapshots, again.of("screw-3").snapshots)
