import numpy as np
import pytest

from benchmarks.images import fid
from rarefault.metrics.images.features import features
from rarefault.metrics.images.frechet import frechet_distance


def test_both_ways_see_the_same():
    pytest.importorskip("efficientnet_lite_pytorch")
    images = fid.surfaces(5, 1)
    np.testing.assert_allclose(features(images), fid.plain_features(images, 1), atol=1e-4)


def test_both_distances_agree():
    a, b = (np.random.default_rng(seed).normal(size=(60, 20)) + 0.1 * seed for seed in (1, 2))
    assert fid.plain_distance(a, b) == pytest.approx(frechet_distance(a, b), rel=fid.DIFFERENCE)


def test_it_prints_a_table_and_verdicts(monkeypatch, capsys):
    found = {"features": 20.0, "distance": 1.0, "both": 21.0, "cpu": 40.0, "peak": 500.0}
    values = {"ours": 30.0, "plain": 30.3}
    monkeypatch.setattr(fid, "in_a_process", lambda way, *_: {**found, "value": values[way]})
    fid.main([])
    printed = capsys.readouterr().out
    assert "| Rarefault | 20.0 | 1.00 | 21.0 | 40.0 | 500 | 30.0000 |" in printed
    assert "21.0 s, met" in printed
    assert "MISSED" in printed  # the values differ by a hundredth
    fid.main(["--network", "pixels"])
    assert "plain torch" not in capsys.readouterr().out


def test_one_way_is_measured(capsys):
    fid.main(["--images", "3", "--threads", "1", "--network", "pixels", "--measure", "ours"])
    assert '"value"' in capsys.readouterr().out
