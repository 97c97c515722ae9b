"""The artifact of signals: written and read, cut into rows and machines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.datasets.signals.signal_set import STATES, SignalFacts, SignalSet

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(lambda text: text + ".")


@st.composite
def signal_sets(draw):
    """A few snapshots of a few machines; every machine with an onset or none."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    lengths = [draw(st.integers(1, 6)) for _ in names]
    n, c, t = sum(lengths), draw(st.integers(1, 3)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    onsets = {name: draw(st.integers(0, k - 1)) for name, k in zip(names, lengths, strict=True) if draw(st.booleans())}
    facts = SignalFacts(
        draw(st.floats(1e-3, 1e6)),
        tuple(f"channel {k}" for k in range(c)),
        unit=draw(NAMES),
        notes=draw(NAMES),
        repairs=tuple(draw(st.lists(NAMES, max_size=2))),
        timed=draw(st.booleans()),
    )
    return SignalSet(
        rng.normal(size=(n, c, t)).astype(np.float32),
        rng.normal(size=n),
        np.repeat(np.array(names, dtype=object), lengths),
        rng.uniform(size=n) < 0.5,
        facts,
        rng.choice([*STATES, ""], size=n).astype(object) if draw(st.booleans()) else None,
        onsets,
        np.array([f"snap_{k}.csv" for k in range(n)], dtype=object) if draw(st.booleans()) else None,
    )


@settings(max_examples=40, deadline=None)
@given(signals=signal_sets())
def test_what_is_written_is_read(tmp_path_factory, signals):
    folder = tmp_path_factory.mktemp("signals")
    signals.write(folder)
    read = SignalSet.read(folder)
    for name in ("snapshots", "times", "machines", "healthy"):
        np.testing.assert_array_equal(getattr(read, name), getattr(signals, name))
    for name in ("states", "files"):
        given, found = getattr(signals, name), getattr(read, name)
        assert (found is None) == (given is None)
        assert given is None or found.tolist() == given.tolist()
    assert read.facts == signals.facts and read.onsets == signals.onsets and read.names == signals.names


@settings(max_examples=80, deadline=None)
@given(signals=signal_sets(), data=st.data())
def test_onsets_follow_the_rows_that_are_left(signals, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(signals), max_size=len(signals))), dtype=bool)
    step = np.concatenate([np.arange(int((signals.machines == name).sum())) for name in signals.names])
    damaged = np.array([signals.onsets.get(m, 99) <= k for m, k in zip(signals.machines, step, strict=True)])
    left = signals.rows(mask)
    assert len(left) == mask.sum()
    for name in left.names:
        worn = damaged[mask][left.machines == name]
        assert left.onsets.get(name, len(worn)) == (int(np.argmax(worn)) if worn.any() else len(worn))
    assert set(left.onsets) <= set(left.names)
    assert signals.files is None or left.files.tolist() == signals.files[mask].tolist()
    np.testing.assert_array_equal(left.snapshots, signals.rows(np.flatnonzero(mask)).snapshots)


@pytest.fixture
def signals():
    return SignalSet(
        np.zeros((4, 1, 8), np.float32),
        np.arange(4.0),
        np.array(list("aabb"), object),
        np.ones(4, bool),
        SignalFacts(9.0),
    )


def test_machines_are_cut_out(signals):
    assert signals.names == ["a", "b"] and len(signals.of("b")) == 2 and len(signals.of("c")) == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"snapshots": np.zeros((4, 1, 8))}, "must be float32"),
        ({"snapshots": np.zeros((4, 8), np.float32)}, "must be float32"),
        ({"snapshots": np.zeros((4, 2, 8), np.float32)}, "must be float32 .n, 1, samples."),
        ({"times": np.zeros(3)}, "4 snapshots but 3 times"),
        ({"states": np.array(["healthy"], object)}, "4 snapshots but 1 states"),
    ],
)
def test_a_set_is_checked(signals, change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(signals, **change)


@pytest.mark.parametrize("change", [{"rate": 0.0}, {"rate": float("nan")}, {"channels": ()}, {"channels": ("a", "a")}])
def test_facts_are_checked(change):
    with pytest.raises(ValueError, match=r"(rate|channels) must be"):
        SignalFacts(**{"rate": 1.0, **change})
