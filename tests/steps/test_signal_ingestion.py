"""The step that reads signals: one artifact with the healthy snapshots marked, and what was found beside it."""

import json

import numpy as np
import pytest

from rarefault import steps
from rarefault.datasets.signals.signal_set import SignalSet
from rarefault.errors import InputError
from rarefault.steps.signal_ingestion import content_fingerprint, signals_fingerprint

SMALL = {"snapshots": 40, "samples": 64, "onset": 30, "onset_jitter": 2, "healthy": 20}


@pytest.fixture
def ingested(tmp_path):
    def ingest(data="ball-screw-life", **options):
        given = {"params": SMALL, "window": 10, **options}
        numbers = steps.ingest_signals(str(data), str(tmp_path / "signals"), record=str(tmp_path / "record"), **given)
        return (
            numbers,
            SignalSet.read(tmp_path / "signals"),
            json.loads((tmp_path / "signals" / "data.json").read_text()),
        )

    return ingest


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "rig"
    root.mkdir()
    for k in range(12):
        np.save(root / f"{k}.npy", np.random.default_rng(k).normal(size=128))
    return root


def test_the_artifact_and_what_was_found_agree(ingested):
    numbers, signals, found = ingested(params={**SMALL, "machines": 2})
    assert numbers["snapshots"] == len(signals) == found["snapshots"] == 80
    assert numbers["healthy"] == signals.healthy.sum() == found["healthy"] == 40
    assert (numbers["machines"], numbers["channels"], numbers["samples"], numbers["rate"]) == (2, 1, 64, 5_000)
    assert found["name"] == "ball-screw-life" and found["notes"].startswith("SIMULATED") and found["timed"]
    machine = found["machines"]["screw-2"]
    assert machine["snapshots"] == 40 and machine["onset"] == signals.onsets["screw-2"]
    assert machine["seconds"] == 39 * 1_800 and sum(machine["states"].values()) == 40
    assert found["fingerprint"] == content_fingerprint(signals) and len(found["fingerprint"]) == 16


def test_a_folder_of_the_users_is_ingested(ingested, folder):
    _, signals, found = ingested(folder, params=None, rate=2_000.0, healthy="10", channels=["nut"])
    assert signals.names == ["rig"] and found["channels"] == ["nut"] and not found["timed"]
    assert found["machines"]["rig"] == {"snapshots": 12, "healthy": 10, "seconds": None, "states": {}, "onset": None}


def test_the_same_seed_gives_the_same_fingerprint(ingested):
    first, same, other = (ingested(seed=seed)[2]["fingerprint"] for seed in (3, 3, 4))
    assert first == same != other
    assert ingested(seed=3, healthy="12")[2]["fingerprint"] != first


def test_fewer_healthy_snapshots_than_the_window_are_refused(ingested):
    with pytest.raises(InputError, match="20 snapshots declared healthy, fewer than the window of 25"):
        ingested(window=25)


def test_a_change_while_the_run_starts_is_seen(ingested, folder):
    before = signals_fingerprint(str(folder))
    own = {"params": None, "rate": 2_000, "healthy": 10, "fingerprint": before}
    assert ingested(folder, **own)[0]["snapshots"] == 12
    np.save(folder / "12.npy", np.ones(128))
    assert signals_fingerprint(str(folder)) != before
    with pytest.raises(InputError, match="changed while the run was starting"):
        ingested(folder, **own)


def test_what_is_simulated_or_far_away_has_no_fingerprint(folder):
    assert signals_fingerprint("ball-screw-life") == signals_fingerprint("s3://bucket/rig") == ""
    np.savez(folder / "m.npz", snapshots=np.ones((2, 64)))
    assert len(signals_fingerprint(str(folder / "m.npz"))) == 64
