import numpy as np
import pytest

from rarefault.datasets.signals.loading import load_signals
from rarefault.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Two machines with 12 and 10 snapshots of 256 samples in two channels, as CSV."""
    rng = np.random.default_rng(0)
    root = tmp_path / "hall 3"
    for machine, count in (("press-2", 12), ("press-10", 10)):
        (root / machine).mkdir(parents=True)
        for k in range(count):
            np.savetxt(root / machine / f"snap_{k}.csv", rng.normal(size=(256, 2)), delimiter=",", fmt="%.6f")
    return root


@pytest.fixture
def read():
    def signals(path, **options):
        return load_signals(str(path), **{"rate": 1_000, **options})

    return signals


@pytest.fixture
def refused(read):
    """The one line with which signals are refused."""

    def message(path, **options):
        with pytest.raises(InputError) as caught:
            read(path, **options)
        told = str(caught.value)
        assert "\n" not in told and len(told) < 800
        return told

    return message


@pytest.fixture
def told(read):
    """What reading a folder changed or left out, apart from which snapshots it took for healthy."""

    def sentences(path, **options):
        return [text for text in read(path, healthy=1, **options).facts.repairs]

    return sentences
