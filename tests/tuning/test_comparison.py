import numpy as np
import pytest

from rarefault.tuning.comparison import InnerScores, Objective, final_threshold, fold_metrics, futile


def scores_of(quality, n_tried, seed=0, n=200, folds=5):
    """Fault scores of one repeat, of which n_tried folds are done; quality: how far the faults stand out."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 5 == 0).astype(np.int8)
    fold = np.arange(n) // (n // folds)
    scores = 1 / (1 + np.exp(-(quality * (y - 0.5) + rng.normal(size=n))))
    return y, InnerScores(np.where(fold < n_tried, scores, np.nan)[None], fold[None], folds)


@pytest.mark.parametrize(
    ("quality", "tried", "costly", "stop"),
    [
        (0.0, 2, False, False),  # too early to say
        (0.0, 3, False, True),
        (0.0, 2, True, True),
        (9.0, 3, False, False),
        (9.0, 2, True, False),
        (0.0, 5, False, True),
    ],
)
def test_what_cannot_win_is_stopped(quality, tried, costly, stop):
    y, ours = scores_of(quality, tried)
    _, baseline = scores_of(3.0, 5, seed=1)
    assert futile(y, ours, baseline, Objective(), 0, costly) is stop


def test_only_tried_folds_are_measured():
    y, inner = scores_of(3.0, 4)
    assert len(fold_metrics(y, inner, Objective(), tuned=True)) == 4
    assert not inner.complete
    assert scores_of(3.0, 5)[1].complete


def test_a_single_fold_has_no_others_to_tune_on():
    y, inner = scores_of(3.0, 1)
    assert fold_metrics(y, inner, Objective(), tuned=True) == []


def test_scores_survive_the_disk(tmp_path):
    _, inner = scores_of(3.0, 4)
    inner.save(tmp_path / "inner.npz")
    loaded = InnerScores.load(tmp_path / "inner.npz")
    np.testing.assert_array_equal(loaded.scores, inner.scores)


def test_the_threshold_of_a_dearer_miss_is_lower():
    y, inner = scores_of(1.5, 5)
    dear, cheap = (final_threshold(y, inner, Objective(cost_ratio=c)) for c in (20.0, 1.0))
    assert dear < cheap
