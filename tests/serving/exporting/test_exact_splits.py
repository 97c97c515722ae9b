"""Trees compare in float64 just as scikit-learn does, which reads rows as float32 for some trees and not for others."""

import numpy as np
import pandas as pd
import pytest

from rarefault.datasets.table import Column, Schema, Table
from serving.exporting import export
from serving.exporting.trees import _for_float64
from serving.model_folder import ModelFolder


@pytest.fixture(scope="module")
def clock():
    """Rows that are told apart by seconds since 1970 (1.7e9, where float32 has steps of 128) and by nanometres."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"seconds": 1.7e9 + rng.integers(0, 4000, 400), "metres": 12.0 + 1e-9 * rng.normal(size=400)})
    y = ((X["seconds"] % 800 < 300) ^ (X["metres"] > 12.0)).astype(np.int8).to_numpy()
    schema = Schema((Column("seconds", "integer", "s"), Column("metres", "continuous", "m")))
    return Table(X, y, schema)


@pytest.mark.parametrize("kind", ["tree", "boosting", "vote"])
def test_no_comparison_flips_beside_a_threshold(kind, clock, fitted, tmp_path):
    model = fitted(kind, clock)
    assert export(model, clock, tmp_path / "m", name="clock", version="1")["largest_difference"] < 1e-12
    seconds = np.repeat(np.arange(1.7e9 - 200, 1.7e9 + 4200, 1.0), 3) + np.tile([-1e-6, 0.0, 1e-6], 4400)
    metres = 12.0 + np.spacing(12.0) * np.random.default_rng(1).integers(-(10**6), 10**6, len(seconds))
    X = pd.DataFrame({"seconds": seconds, "metres": metres})
    found = ModelFolder.read(tmp_path / "m").predictor().probabilities(np.ascontiguousarray(X.to_numpy()))
    np.testing.assert_allclose(found, model.scores(X), atol=1e-12, rtol=0)


def around(x):
    """x and its neighbours in float64."""
    return [np.nextafter(x, -np.inf), x, np.nextafter(x, np.inf)]


def test_a_float64_threshold_splits_as_float32_does():
    rng = np.random.default_rng(0)
    largest = float(np.finfo(np.float32).max)
    thresholds = np.concatenate(
        [
            rng.normal(size=200) * 10.0 ** rng.integers(-44, 38, 200),
            rng.integers(-5, 5, 20) + 0.5,
            [0.0, -0.0, 1e-46, -1e-46, largest, -largest, 1.7e9, 2.0**24 + 1],
        ]
    )
    exact = _for_float64(thresholds)
    assert np.isfinite(exact).all()
    for threshold, split in zip(thresholds, exact, strict=True):
        single = np.float32(threshold)
        with np.errstate(over="ignore"):
            near = [np.nextafter(single, np.float32(side)) for side in (-np.inf, np.inf)]
            middles = [(float(single) + float(value)) / 2 for value in near if np.isfinite(value)]
            values = [v for x in (threshold, split, float(single), *middles) for v in around(x)] + [1e308, -1e308]
            for x in values:
                assert (x <= split) == (float(np.float32(x)) <= threshold), (threshold, x)
