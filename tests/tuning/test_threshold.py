from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rarefault.metrics.detection import expected_cost, f_beta
from rarefault.tuning.threshold import cross_fitted, tune_threshold

SCORES = st.floats(-1e6, 1e6).map(lambda v: round(v, 3)) | st.sampled_from([0.0, 0.25, 0.5, 1.0])
ROWS = st.lists(st.tuples(st.integers(0, 1), SCORES), min_size=1, max_size=25)


def arrays(rows: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    y, scores = zip(*rows, strict=True)
    return np.array(y), np.array(scores)


def every_threshold(scores: np.ndarray) -> list[float]:
    return [*scores.tolist(), float(scores.max()) + 1.0]


@settings(deadline=None)
@given(ROWS, st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_no_threshold_has_a_higher_f_beta(rows: list[tuple[int, float]], beta: float) -> None:
    y, scores = arrays(rows)
    measure = f_beta(beta)
    tuned = measure(y, scores, tune_threshold(y, scores, beta=beta))
    assert tuned == pytest.approx(max(measure(y, scores, t) for t in every_threshold(scores)), abs=1e-9)


@settings(deadline=None)
@given(ROWS, st.sampled_from([0.1, 1.0, 3.0, 50.0]))
def test_no_threshold_costs_less(rows: list[tuple[int, float]], ratio: float) -> None:
    y, scores = arrays(rows)
    tuned = expected_cost(y, scores, tune_threshold(y, scores, cost_ratio=ratio), ratio)
    assert tuned == pytest.approx(min(expected_cost(y, scores, t, ratio) for t in every_threshold(scores)), abs=1e-9)


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, float]], random: Random) -> None:
    mixed = rows.copy()
    random.shuffle(mixed)
    assert tune_threshold(*arrays(rows)) == tune_threshold(*arrays(mixed))


def test_it_lies_midway_between_the_classes_when_they_are_apart() -> None:
    assert tune_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9])) == pytest.approx(0.4)


def test_of_equally_good_cuts_it_takes_the_middle_of_the_widest_plateau() -> None:
    y, scores = np.array([1, 0, 1, 0]), np.array([0.2, 0.3, 0.9, 0.1])
    # at 1:1 calling all from 0.2 up costs one false alarm, from 0.9 up one miss: (0.1, 0.2] and (0.3, 0.9] are as good
    assert tune_threshold(y, scores, cost_ratio=1.0) == pytest.approx(0.6)


@pytest.mark.parametrize("faults", [0, 1, 3])
def test_constant_scores_and_single_classes_give_a_finite_threshold(faults: int) -> None:
    y = np.array([1] * faults + [0] * (3 - faults))
    for scores in (np.full(3, 0.3), np.array([0.1, 0.2, 0.3])):
        assert np.isfinite(tune_threshold(y, scores))
        assert np.isfinite(tune_threshold(y, scores, cost_ratio=2.0))


def test_neighbouring_floats_are_still_told_apart() -> None:
    low = 0.1
    high = float(np.nextafter(low, 1.0))
    threshold = tune_threshold(np.array([0, 1]), np.array([low, high]))
    assert low < threshold <= high


def test_each_fold_gets_the_threshold_of_the_other_folds() -> None:
    rng = np.random.default_rng(0)
    y, scores, folds = rng.integers(0, 2, 60), rng.random(60), rng.integers(0, 3, 60)
    thresholds = cross_fitted(y, scores, folds)
    assert sorted(thresholds) == [0, 1, 2]
    for fold in (0, 1, 2):
        changed = np.where(folds == fold, rng.random(60), scores)
        assert cross_fitted(y, changed, folds)[fold] == thresholds[fold]
        assert tune_threshold(y[folds != fold], scores[folds != fold]) == thresholds[fold]


def test_one_fold_is_refused() -> None:
    with pytest.raises(ValueError, match="two or more folds"):
        cross_fitted(np.array([0, 1]), np.array([0.1, 0.2]), np.array([0, 0]))
