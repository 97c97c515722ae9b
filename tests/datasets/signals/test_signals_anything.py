"""Whatever is in a file or folder: the same set for the same snapshots, and one clear reason for what is none."""

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from rarefault.datasets.signals.checks import clipped, longest_standstill, unusable
from rarefault.datasets.signals.loading import load_signals
from rarefault.datasets.signals.reading import READERS, read_snapshot
from rarefault.datasets.signals.recording import UnusableError

FORMATS = ("csv", "csv;", "txt", "npy", "npz", "wav")


def written(form, values):
    """The bytes of a file with values (t, c)."""
    stream = io.BytesIO()
    if form == "npy":
        np.save(stream, values)
    elif form == "npz":
        np.savez(stream, signal=values, rate=2_000)
    elif form == "wav":
        wavfile.write(stream, 2_000, values)
    else:
        separator, decimal = {"csv": (",", "."), "csv;": (";", ","), "txt": ("\t", ".")}[form]
        lines = (separator.join(repr(float(value)).replace(".", decimal) for value in row) for row in values)
        return "\n".join(lines).encode()
    return stream.getvalue()


def life(seed, n, t, c):
    return np.random.default_rng(seed).normal(size=(n, t, c)).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(
    form=st.sampled_from(FORMATS), c=st.integers(1, 3), t=st.integers(64, 90), order=st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_folder_gives_back_its_snapshots_whatever_the_order_of_writing(tmp_path_factory, form, c, t, order):
    root, snapshots = tmp_path_factory.mktemp("life"), life(t, 13, t, c)
    for k in order.sample(range(13), 13):
        (root / f"s{k}.{form.rstrip(';')}").write_bytes(written(form, snapshots[k]))
    signals = load_signals(str(root), rate=2_000, healthy=4)
    np.testing.assert_allclose(signals.snapshots, snapshots.transpose(0, 2, 1), rtol=1e-6)
    assert all("decimal comma" in text for text in signals.facts.repairs) and signals.facts.rate == 2_000


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(9)))
def test_a_shuffled_index_with_times_gives_the_same_set(tmp_path_factory, order):
    root, snapshots = tmp_path_factory.mktemp("life"), life(1, 9, 64, 1)
    for k in range(9):
        (root / f"{100 - k}.npy").write_bytes(written("npy", snapshots[k]))
    rows = [f"{100 - k}.npy,{60 * k}" for k in order]
    (root / "index.csv").write_text("\n".join(["file,time", *rows]))
    signals = load_signals(str(root), rate=2_000, healthy=2)
    np.testing.assert_array_equal(signals.snapshots[:, 0], snapshots[..., 0])
    assert any("went back" in text for text in signals.facts.repairs) == (list(order) != sorted(order))


@settings(max_examples=150, deadline=None)
@given(ending=st.sampled_from(sorted(READERS)), content=st.binary(max_size=400))
def test_any_bytes_are_a_snapshot_or_one_reason(tmp_path_factory, ending, content):
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(content)
    _read_or_reason(path)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="0123456789.,;-+eE \t\r\n#nanifxy\"'", max_size=300))
def test_any_text_is_a_snapshot_or_one_reason(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(text)
    _read_or_reason(path)


@pytest.mark.parametrize("form", FORMATS)
def test_any_damage_is_a_snapshot_or_one_reason(tmp_path, form):
    whole, rng = written(form, life(0, 1, 80, 2)[0]), random.Random(0)
    path = tmp_path / f"damaged.{form.rstrip(';')}"
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            damaged[rng.randrange(min(len(damaged), 400))] = rng.randrange(256)
        path.write_bytes(bytes(damaged[: rng.randint(1, len(damaged))]))
        _read_or_reason(path)


def _read_or_reason(path):
    try:
        recording = read_snapshot(path)
    except UnusableError as problem:
        assert str(problem) and "\n" not in str(problem) and len(str(problem)) < 200
    else:
        assert recording.samples.dtype == np.float32 and recording.samples.ndim == 2 and recording.samples.size
        assert recording.rate >= 0 and len(recording.channels) in (0, len(recording.samples))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999), scale=st.floats(1e-3, 1e4), offset=st.floats(-10, 10), t=st.integers(64, 400)
)  # fmt: skip
def test_noise_is_usable_at_any_scale_and_not_clipped(seed, scale, offset, t):
    samples = (offset + scale * np.random.default_rng(seed).normal(size=(2, t))).astype(np.float32)
    assert unusable(samples) == "" and not clipped(samples)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), limit=st.floats(0.3, 0.9))
def test_a_wave_beyond_the_limit_is_clipped(seed, limit):
    phase = np.random.default_rng(seed).uniform(0, 6)
    wave = np.sin(phase + np.arange(400) / 8)[None].astype(np.float32)
    assert clipped(wave.clip(-limit, limit)) and clipped(wave.clip(max=limit)) and not clipped(wave)


def test_runs_of_one_value_are_counted():
    samples = np.array([[1, 2, 2, 2, 3, 3], [0, 1, 0, 1, 0, 1], [5, 5, 5, 5, 5, 5]], dtype=np.float32)
    assert longest_standstill(samples).tolist() == [3, 1, 6]
