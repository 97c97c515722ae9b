"""What every registered metric promises: its name, its direction and its bounds."""

import numpy as np
import pandas as pd
import pytest
from contract_rows import mixed_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.metrics.detection import METRICS
from rarefault.metrics.similarity import SIMILARITIES

DETECTION = pytest.mark.parametrize("name", sorted(METRICS))
SIMILARITY = pytest.mark.parametrize("name", sorted(SIMILARITIES))


def better(name: str, registry: dict, first: float, second: float) -> bool:
    return first > second if registry[name].direction == "higher" else first < second


@DETECTION
def test_names_and_bounds_are_sound(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.direction in ("higher", "lower")
    assert metric.bounds[0] < metric.bounds[1]


@DETECTION
@settings(deadline=None, max_examples=50)
@given(rows=st.lists(st.tuples(st.integers(0, 1), st.floats(-5, 5)), min_size=1, max_size=20), at=st.floats(-5, 5))
def test_detection_stays_within_its_bounds(name: str, rows: list[tuple[int, float]], at: float) -> None:
    y, scores = (np.array(column) for column in zip(*rows, strict=True))
    low, high = METRICS[name].bounds
    assert low <= METRICS[name](y, scores, at) <= min(high, max(len(rows), 1))


@DETECTION
def test_a_perfect_detector_beats_a_random_one_and_that_one_an_inverted_one(name: str) -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [300, 100])
    perfect, random, inverted = (
        METRICS[name](y, scores, 0.5) for scores in (y, rng.random(400), 1 - y - rng.random(400) / 9)
    )
    assert better(name, METRICS, perfect, random)
    assert better(name, METRICS, random, inverted)
    low, high = METRICS[name].bounds
    if np.isfinite(high):
        assert perfect == (high if METRICS[name].direction == "higher" else low)


@DETECTION
@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1]])
@pytest.mark.parametrize("threshold", [-np.inf, 0.5, np.inf])
def test_single_classes_and_extreme_thresholds_give_a_number(name: str, y: list[int], threshold: float) -> None:
    assert np.isfinite(METRICS[name](np.array(y), np.array([0.1, 0.6, 0.9]), threshold))


@SIMILARITY
def test_similarity_names_and_bounds_are_sound(name: str) -> None:
    metric = SIMILARITIES[name]
    assert metric.name == name
    assert metric.direction in ("higher", "lower")
    assert metric.against in ("held-out", "train")
    assert metric.bounds[0] < metric.bounds[1]


@SIMILARITY
@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(1, 30), m=st.integers(1, 30), seed=st.integers(0, 9), stretch=st.sampled_from([0.0, 1e-9, 1.0, 1e9])
)
def test_similarity_stays_within_its_bounds(name: str, n: int, m: int, seed: int, stretch: float) -> None:
    real, synthetic = mixed_rows(n, 1, seed)[0], mixed_rows(m, 1, seed + 100)[0]
    synthetic = synthetic.assign(force_n=synthetic["force_n"] * stretch)
    low, high = SIMILARITIES[name].bounds
    value = SIMILARITIES[name](synthetic, real)
    assert low <= value <= high
    assert np.isfinite(value)


@SIMILARITY
def test_real_rows_look_more_real_than_rows_of_noise(name: str) -> None:
    real, alike = mixed_rows(200, 40, 1)[0], mixed_rows(200, 40, 2)[0]
    rng = np.random.default_rng(0)
    force = rng.uniform(0, 900, 200)
    noise = alike.assign(
        force_n=force,
        torque_nm=force * 1e-5,
        supplier=pd.Categorical(["C"] * 200, categories=real["supplier"].cat.categories),
    )
    metric = SIMILARITIES[name]
    if metric.against == "held-out":
        assert better(name, SIMILARITIES, metric(alike, real), metric(noise, real))
        assert metric(real, real) == pytest.approx(metric.bounds[1 if metric.direction == "higher" else 0], abs=1e-7)
    else:
        assert better(name, SIMILARITIES, metric(alike, real), metric(real, real))
        assert metric(real, real) == metric.bounds[1]
