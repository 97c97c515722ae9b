"""Splits keep their promises for any labels, groups and times."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rarefault.datasets.splits import inner_folds, split
from rarefault.errors import InputError

seeds = st.integers(0, 2**32)
sizes = st.floats(0.05, 0.6)
labels = st.lists(st.integers(0, 1), min_size=4, max_size=120).map(np.array)


@st.composite
def grouped(draw, most_groups=14):
    y = draw(labels)
    groups = draw(st.lists(st.integers(0, most_groups), min_size=len(y), max_size=len(y)))
    return y, np.array(groups)


def has_both(y):
    return 0 < y.sum() < len(y)


def assert_covers(y, train, test):
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(y)))
    assert has_both(y[train])
    assert has_both(y[test])


@given(labels, sizes, seeds)
def test_a_stratified_split_covers_all_rows_and_keeps_the_shares(y, test_size, seed):
    if min(y.sum(), len(y) - y.sum()) < 2:
        with pytest.raises(InputError, match=r"at least 2 .* rows, got [01];"):
            split(y, test_size=test_size, seed=seed)
        return
    train, test = split(y, test_size=test_size, seed=seed)
    assert_covers(y, train, test)
    for value in (0, 1):
        assert abs((y[test] == value).sum() - test_size * (y == value).sum()) <= 1
    again = split(y, test_size=test_size, seed=seed)
    np.testing.assert_array_equal(test, again[1])


def test_another_seed_splits_otherwise():
    y = np.repeat([0, 1], 50)
    assert set(split(y, seed=1)[1]) != set(split(y, seed=2)[1])


def possible_by_group(y, groups):
    names = np.unique(groups)
    parts = (np.isin(groups, chosen) for k in range(1, len(names)) for chosen in combinations(names, k))
    return any(has_both(y[part]) and has_both(y[~part]) for part in parts)


@given(grouped(most_groups=5), sizes, seeds)
def test_a_split_by_group_is_found_whenever_there_is_one(rows, test_size, seed):
    y, groups = rows
    if not possible_by_group(y, groups):
        with pytest.raises(InputError, match="groups with"):
            split(y, test_size=test_size, seed=seed, groups=groups)
        return
    train, test = split(y, test_size=test_size, seed=seed, groups=groups)
    assert_covers(y, train, test)
    assert not set(groups[train]) & set(groups[test])


@given(st.integers(0, 1000), sizes)
def test_many_groups_come_close_to_the_wanted_shares(seed, test_size):
    rng = np.random.default_rng(seed)
    y = (rng.random(2000) < 0.1).astype(int)
    groups = rng.integers(0, 200, size=2000)
    train, test = split(y, test_size=test_size, seed=seed, groups=groups)
    assert_covers(y, train, test)
    assert not set(groups[train]) & set(groups[test])
    assert abs(len(test) / 2000 - test_size) < 0.02
    assert abs(y[test].sum() / y.sum() - test_size) < 0.02
    np.testing.assert_array_equal(test, split(y, test_size=test_size, seed=seed, groups=groups)[1])


def test_too_few_faulty_groups_are_refused_with_their_number():
    y = np.array([1, 1, 0, 0, 0, 0])
    with pytest.raises(InputError, match="at least 2 groups with faulty rows, got 1"):
        split(y, groups=np.array(["a", "a", "a", "b", "b", "c"]))


@given(labels, sizes, st.data())
def test_a_split_by_time_tests_the_last_rows_with_ties_together(y, test_size, data):
    times = np.array(data.draw(st.lists(st.integers(0, 12), min_size=len(y), max_size=len(y))), dtype=float)
    try:
        train, test = split(y, test_size=test_size, times=times)
    except InputError as problem:
        assert "split by time" in str(problem)
        return
    assert_covers(y, train, test)
    assert times[train].max() < times[test].min()


def test_a_split_by_time_takes_dates():
    times = np.datetime64("2024-01-01", "ns") + np.arange(40) * np.timedelta64(1, "h")
    y = np.tile([0, 1], 20)
    order = np.random.default_rng(0).permutation(40)
    _, test = split(y[order], test_size=0.25, times=times[order])
    assert set(order[test]) == set(range(30, 40))


def test_a_test_part_without_faults_is_refused_with_the_count():
    y = np.repeat([1, 0], [10, 90])
    with pytest.raises(InputError, match="0 faulty rows among the 25 of its test part"):
        split(y, times=np.arange(100.0))


@given(grouped(), sizes, st.data())
def test_time_and_group_together_keep_groups_whole_and_in_order(rows, test_size, data):
    y, groups = rows
    times = np.array(data.draw(st.lists(st.integers(0, 60), min_size=len(y), max_size=len(y))), dtype=float)
    times += groups * data.draw(st.sampled_from([0, 100]))
    try:
        train, test = split(y, test_size=test_size, times=times, groups=groups)
    except InputError:
        return
    assert_covers(y, train, test)
    assert times[train].max() < times[test].min()
    assert not set(groups[train]) & set(groups[test])


def test_groups_that_do_not_overlap_in_time_split_by_time():
    y = np.tile([0, 1], 20)
    _, test = split(y, times=np.arange(40.0), groups=np.repeat(list("abcd"), 10))
    np.testing.assert_array_equal(test, np.arange(30, 40))


@given(labels, st.integers(2, 6), st.integers(1, 3), seeds)
def test_folds_validate_every_row_once_a_repeat(y, n_folds, n_repeats, seed):
    if min(y.sum(), len(y) - y.sum()) < n_folds:
        with pytest.raises(InputError, match=f"{n_folds} inner folds need at least {n_folds} .* rows, got"):
            inner_folds(y, n_folds, n_repeats, seed)
        return
    folds = inner_folds(y, n_folds, n_repeats, seed)
    assert [repeat for _, _, repeat in folds] == [r for r in range(n_repeats) for _ in range(n_folds)]
    for train, valid, _ in folds:
        assert_covers(y, train, valid)
        assert y[valid].sum() - y.sum() // n_folds in (0, 1)
        assert len(valid) - len(y) // n_folds in (0, 1)
    for repeat in range(n_repeats):
        seen = np.concatenate([valid for _, valid, r in folds if r == repeat])
        np.testing.assert_array_equal(np.sort(seen), np.arange(len(y)))
    for (train, valid, _), (same_train, same_valid, _) in zip(
        folds, inner_folds(y, n_folds, n_repeats, seed), strict=True
    ):
        np.testing.assert_array_equal(train, same_train)
        np.testing.assert_array_equal(valid, same_valid)


@given(grouped(), st.integers(2, 4), seeds)
def test_folds_by_group_keep_groups_whole(rows, n_folds, seed):
    y, groups = rows
    try:
        folds = inner_folds(y, n_folds, 2, seed, groups)
    except InputError as problem:
        assert "groups with" in str(problem) or "without good rows" in str(problem)
        return
    for train, valid, _ in folds:
        assert_covers(y, train, valid)
        assert not set(groups[train]) & set(groups[valid])


def test_repeats_differ_also_by_group():
    rng = np.random.default_rng(0)
    y, groups = np.repeat([0, 1], [300, 60]), rng.integers(0, 30, size=360)
    for given_groups in (None, groups):
        folds = inner_folds(y, 3, 2, 0, given_groups)
        assert {frozenset(valid) for _, valid, r in folds if r == 0} != {frozenset(v) for _, v, r in folds if r == 1}


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda y: split(y, test_size=1.0), "test_size must be between 0 and 1, got 1.0"),
        (lambda y: split(y + 1), "y must be a vector of 0 and 1"),
        (lambda y: split(y, groups=np.zeros(3)), "groups must hold one value for each of the 6 rows"),
        (lambda y: split(y, times=np.full(6, np.nan)), "times must hold one value"),
        (lambda y: inner_folds(y, 1), "n_folds must be >= 2, got 1"),
        (lambda y: inner_folds(y, 2, 0), "n_repeats must be >= 1, got 0"),
    ],
)
def test_wrong_arguments_are_named(call, match):
    with pytest.raises(ValueError, match=match):
        call(np.array([0, 0, 0, 1, 1, 1]))
