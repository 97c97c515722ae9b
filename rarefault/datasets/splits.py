"""Set rows aside: a test part once, and folds inside the training part; by class, by group, by time.

Everything here draws from the given seed alone and does not depend on the version of another library.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from rarefault.datasets.wording import counted
from rarefault.errors import InputError

Fold = tuple[np.ndarray, np.ndarray, int]
"""(train positions, validation positions, repeat), positions ascending."""

_FEW_GROUPS = 1000
_MOST_MOVES = 200
_LACKS_A_CLASS = 10.0


def split(
    y: np.ndarray,
    *,
    test_size: float = 0.25,
    seed: int = 0,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the training rows and of the test rows, ascending, for labels y (n,) with 1 = fault.

    Without groups and times: stratified at random. With `groups` (n,): no group on both sides, shares of the classes
    as close to test_size as whole groups allow. With `times` (n,): the last rows are the test, equal times together;
    with both, groups that overlap in time stay together as well. Raises InputError when a side would lack a class.
    """
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be between 0 and 1, got {test_size}")
    y = _checked(y, groups, times)
    if times is not None:
        test = _last_blocks(y, _time_blocks(times, groups), test_size)
    elif groups is not None:
        test = _group_part(y, pd.factorize(groups)[0], test_size, seed)
    else:
        test = _stratified_part(y, test_size, seed)
    return np.flatnonzero(~test), np.flatnonzero(test)


def inner_folds(
    y: np.ndarray, n_folds: int = 5, n_repeats: int = 1, seed: int = 0, groups: np.ndarray | None = None
) -> list[Fold]:
    """n_folds x n_repeats stratified folds of labels y (n,); with `groups` (n,), no group on both sides of a fold.

    In each repeat every row is validated exactly once. Raises InputError when there are fewer faulty or good rows
    (or groups that hold some) than folds.
    """
    if n_folds < 2:
        raise ValueError(f"n_folds must be >= 2, got {n_folds}")
    if n_repeats < 1:
        raise ValueError(f"n_repeats must be >= 1, got {n_repeats}")
    y = _checked(y, groups, None)
    _require_folds(y, n_folds, groups)
    codes = None if groups is None else pd.factorize(groups)[0]
    folds: list[Fold] = []
    for repeat in range(n_repeats):
        rng = np.random.default_rng([seed, repeat])
        number = _row_folds(y, n_folds, rng) if codes is None else _group_folds(y, codes, n_folds, rng)
        folds += [(np.flatnonzero(number != k), np.flatnonzero(number == k), repeat) for k in range(n_folds)]
    return folds


def _require_folds(y: np.ndarray, n_folds: int, groups: np.ndarray | None) -> None:
    for value, kind in ((1, "faulty"), (0, "good")):
        rows = y == value
        found, what = int(rows.sum()), f"{kind} rows"
        if groups is not None:
            found, what = len(pd.unique(groups[rows])), f"groups with {kind} rows"
        if found < n_folds:
            among = counted(len(y), "row") if groups is None else counted(len(pd.unique(groups)), "group")
            needed = f"{n_folds} inner folds need at least {n_folds} {what}, got {found} among {among}"
            raise InputError(f"{needed}; accepted: fewer folds, or another split")


def _checked(y: np.ndarray, groups: np.ndarray | None, times: np.ndarray | None) -> np.ndarray:
    y = np.asarray(y)
    if y.ndim != 1 or not np.isin(y, (0, 1)).all():
        raise ValueError(f"y must be a vector of 0 and 1, got shape {y.shape} with values {np.unique(y)[:5]}")
    for name, values in (("groups", groups), ("times", times)):
        if values is not None and (np.shape(values) != y.shape or pd.isna(values).any()):
            raise ValueError(f"{name} must hold one value for each of the {len(y)} rows, none missing")
    return y


def _require(count: int, least: int, what: str, use: str) -> None:
    if count < least:
        raise InputError(f"{use} needs at least {least} {what}, got {count}; accepted: more of them, or another split")


def _stratified_part(y: np.ndarray, test_size: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    test = np.zeros(len(y), dtype=bool)
    for value, kind in ((1, "faulty"), (0, "good")):
        rows = np.flatnonzero(y == value)
        _require(len(rows), 2, f"{kind} rows", "a stratified split")
        k = min(max(round(test_size * len(rows)), 1), len(rows) - 1)
        test[rng.permutation(rows)[:k]] = True
    return test


def _class_counts(y: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(groups, 2): good and faulty rows of each group."""
    return np.stack([np.bincount(codes[y == value], minlength=int(codes.max()) + 1) for value in (0, 1)], axis=1)


def _group_part(y: np.ndarray, codes: np.ndarray, test_size: float, seed: int) -> np.ndarray:
    """Local search over sets of whole groups, the best of several random starts."""
    counts = _class_counts(y, codes)
    for column, kind in ((1, "faulty"), (0, "good")):
        _require(int((counts[:, column] > 0).sum()), 2, f"groups with {kind} rows", "a split by group")
    loss = _group_loss(counts, test_size)
    best, least = np.zeros(len(counts), dtype=bool), np.inf
    for start in range(20 if len(counts) <= _FEW_GROUPS else 2):
        chosen = _descend(counts, _random_start(counts, test_size, np.random.default_rng([seed, start])), loss)
        cost = float(loss(counts[chosen].sum(axis=0)[None])[0])
        if cost < least - 1e-12:
            best, least = chosen, cost
    if least >= _LACKS_A_CLASS:
        raise InputError("no split by group leaves faulty and good rows on both sides; accepted: another split")
    chosen_rows: np.ndarray = best[codes]
    return chosen_rows


def _group_loss(counts: np.ndarray, test_size: float) -> Callable[[np.ndarray], np.ndarray]:
    """Test counts (m, 2) -> (m,): distance of both class shares from test_size; a side without a class costs most."""
    total = counts.sum(axis=0)

    def loss(test: np.ndarray) -> np.ndarray:
        lacking = (test == 0).sum(axis=1) + (test == total).sum(axis=1)
        off: np.ndarray = np.abs(test / total - test_size).sum(axis=1) + _LACKS_A_CLASS * lacking
        return off

    return loss


def _random_start(counts: np.ndarray, test_size: float, rng: np.random.Generator) -> np.ndarray:
    order = rng.permutation(len(counts))
    sizes = counts.sum(axis=1)[order].cumsum()
    chosen = np.zeros(len(counts), dtype=bool)
    chosen[order[sizes <= max(test_size * sizes[-1], sizes[0])]] = True
    return chosen


def _descend(counts: np.ndarray, chosen: np.ndarray, loss: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Move one group at a time to the other side while that helps."""
    test = counts[chosen].sum(axis=0)
    now = float(loss(test[None])[0])
    for _ in range(_MOST_MOVES):
        moved = test + np.where(chosen[:, None], -counts, counts)
        costs = loss(moved)
        k = int(np.argmin(costs))
        if costs[k] >= now - 1e-12:
            break
        chosen[k], test, now = ~chosen[k], moved[k], float(costs[k])
    return chosen


def _time_blocks(times: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """(n,) block numbers in time order; rows with equal times, and groups that overlap in time, share a block."""
    rank = np.unique(times, return_inverse=True)[1].reshape(-1)
    if groups is None:
        return rank
    spans = pd.DataFrame({"group": pd.factorize(groups)[0], "rank": rank}).groupby("group")["rank"].agg(["min", "max"])
    spans = spans.sort_values("min", kind="stable")
    reach = spans["max"].cummax().shift(fill_value=-1)
    block = (spans["min"] > reach).cumsum() - 1
    numbers: np.ndarray = block.reindex(pd.factorize(groups)[0]).to_numpy()
    return numbers


def _last_blocks(y: np.ndarray, blocks: np.ndarray, test_size: float) -> np.ndarray:
    sizes = np.bincount(blocks)
    _require(len(sizes), 2, "different times (or groups that do not overlap in time)", "a split by time")
    before = np.cumsum(sizes)[:-1]  # training rows if the cut is after each block but the last
    cut = int(np.argmin(np.abs(before - (1 - test_size) * len(y))))
    test: np.ndarray = blocks > cut
    for part, rows in (("test", test), ("training", ~test)):
        faults = int(y[rows].sum())
        found = f"{counted(faults, 'faulty row')} among the {rows.sum():,} of its {part} part"
        if faults in (0, int(rows.sum())):
            raise InputError(f"a split by time has {found}; accepted: faulty and good rows in both, or another split")
    return test


def _row_folds(y: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) fold numbers; the classes' leftover rows go to different folds, so that sizes differ by at most 1."""
    number = np.empty(len(y), dtype=np.int64)
    first = 0
    for value in (1, 0):
        rows = rng.permutation(np.flatnonzero(y == value))
        number[rows] = (np.arange(len(rows)) + first) % n_folds
        first += len(rows)
    return number


def _group_folds(y: np.ndarray, codes: np.ndarray, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) fold numbers; largest groups first, each to the fold with the fewest faults (then the fewest good rows).

    Sizes are blurred before sorting, or every repeat would give the same folds.
    """
    counts = _class_counts(y, codes)
    blurred = counts * rng.uniform(0.5, 1.0, size=(len(counts), 1))
    order = np.lexsort((-blurred[:, 0], -blurred[:, 1]))
    filled = [[0, 0] for _ in range(n_folds)]  # faulty and good rows of each fold
    fold_of = np.empty(len(counts), dtype=np.int64)
    for group in order:
        good, faulty = int(counts[group, 0]), int(counts[group, 1])
        k = min(range(n_folds), key=lambda j: filled[j] if faulty else filled[j][::-1])
        fold_of[group] = k
        filled[k] = [filled[k][0] + faulty, filled[k][1] + good]
    if min(good for _, good in filled) == 0:
        raise InputError(
            f"{n_folds}-fold validation by group would leave a fold without good rows; accepted: fewer folds"
        )
    number: np.ndarray = fold_of[codes]
    return number
