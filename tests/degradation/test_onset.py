"""Runs of snapshots beyond the threshold, and how long they must be."""

import numpy as np
import pytest

from rarefault.degradation.onset import Onset, Run, false_onset_bound, find_run, shortest_run


@pytest.mark.parametrize(
    ("beyond", "expected"),
    [
        ("", None),
        ("0101001", None),
        ("0001011", Onset(3, 6)),
        ("111", Onset(0, 2)),
        ("1000011100", Onset(5, 7)),
        ("10101", Onset(0, 4)),
        ("100101", None),
    ],
)
def test_finds_three_among_five(beyond: str, expected: Onset | None) -> None:
    assert find_run(np.array([c == "1" for c in beyond], dtype=bool), Run(3, 5)) == expected


def test_bound_by_hand() -> None:
    # Three new ones all above the greatest of 75: the top three of 78, one choice of C(78, 3) = 76,076.
    assert false_onset_bound(Run(3, 3), 75, 0, 1) == pytest.approx(1 / 76_076)
    assert false_onset_bound(Run(3, 5), 75, 0, 10) == pytest.approx(10 * 6 / 76_076)
    assert false_onset_bound(Run(1, 1), 9, 1, 1) == pytest.approx(2 / 10)


def test_bound_is_the_share_of_orders_and_holds_for_any_distribution() -> None:
    rng = np.random.default_rng(0)
    values = rng.lognormal(size=(200_000, 12))  # ten healthy ones, then two new ones
    together = (values[:, 10:].min(axis=1) > values[:, :10].max(axis=1)).mean()
    assert together == pytest.approx(false_onset_bound(Run(2, 2), 10, 0, 1), rel=0.05)


def test_takes_the_shortest_run_that_keeps_the_promise() -> None:
    run = shortest_run(75, 0, promise=0.01, life=1000, gaps=2)
    assert run == Run(4, 6)
    assert false_onset_bound(run, 75, 0, 1000) <= 0.01 < false_onset_bound(Run(3, 5), 75, 0, 1000)
    assert shortest_run(75, 0, promise=0.5, life=1, gaps=2) == Run(1, 1)
    assert shortest_run(75, 2, promise=0.01, life=1000, gaps=2).length > 4
    assert shortest_run(25, 0, promise=0.01, life=1000, gaps=2).length > 4


def test_false_onsets_in_healthy_lives_stay_below_the_bound() -> None:
    rng = np.random.default_rng(1)
    run, life, lives = Run(2, 3), 60, 4000
    found = 0
    for _ in range(lives):
        values = rng.normal(size=40 + life)
        found += find_run(values[40:] > values[:40].max(), run) is not None
    assert 0 < found / lives <= false_onset_bound(run, 40, 0, life)


def test_refuses_a_threshold_that_no_run_can_serve() -> None:
    with pytest.raises(ValueError, match="no run of snapshots keeps the promise"):
        shortest_run(3, 3, promise=0.01, life=1000, gaps=0)
