"""Set images aside: a test part once, and folds inside the training part; whole groups, classes kept in proportion."""

from collections.abc import Callable

import numpy as np

from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.wording import counted, shown
from rarefault.errors import InputError

Part = tuple[np.ndarray, np.ndarray]
"""(positions to learn from, positions set aside), both ascending."""

_LACKS_A_CLASS = 100.0
_STARTS = 20
_MOST_MOVES = 200


def split_images(image_set: ImageSet, test_size: float = 0.25, seed: int = 0) -> Part:
    """Positions of the training images and of the test images.

    No group is on both sides; the share of each class in the test is as close to test_size as whole groups allow.
    Raises InputError when a class would be missing on a side.
    """
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be between 0 and 1, got {test_size}")
    counts, group_of = _class_counts(image_set)
    _require_groups(image_set, counts, 2, "a split needs")
    loss = _loss(counts, test_size)
    best, least = np.zeros(len(counts), dtype=bool), np.inf
    for start in range(_STARTS if len(counts) <= 1000 else 2):
        chosen = _descend(counts, _start(counts, test_size, np.random.default_rng([seed, start])), loss)
        cost = float(loss(counts[chosen].sum(axis=0)[None])[0])
        if cost < least - 1e-12:
            best, least = chosen, cost
    if least >= _LACKS_A_CLASS:
        raise InputError("no split by group leaves images of every class on both sides; accepted: other groups")
    test = best[group_of]
    return np.flatnonzero(~test), np.flatnonzero(test)


def inner_folds_images(image_set: ImageSet, folds: int = 3, repeats: int = 1, seed: int = 0) -> list[Part]:
    """folds x repeats pairs (positions to learn from, positions to validate on), no group on both sides of a pair.

    In each repeat every image is validated exactly once. Raises InputError when a class would be missing on a side.
    """
    if folds < 2:
        raise ValueError(f"folds must be >= 2, got {folds}")
    if repeats < 1:
        raise ValueError(f"repeats must be >= 1, got {repeats}")
    counts, group_of = _class_counts(image_set)
    _require_groups(image_set, counts, folds, f"{folds} inner folds need")
    parts: list[Part] = []
    for repeat in range(repeats):
        number = _complete_folds(counts, folds, seed, repeat)[group_of]
        parts += [(np.flatnonzero(number != k), np.flatnonzero(number == k)) for k in range(folds)]
    return parts


def _class_counts(image_set: ImageSet) -> tuple[np.ndarray, np.ndarray]:
    """Images of each group and class (groups, classes), and the group number of each image (n,)."""
    n = len(image_set)
    if image_set.groups is None:
        group_of = np.arange(n)
    else:
        names = np.array([str(group) for group in image_set.groups])
        group_of = np.unique(names, return_inverse=True)[1].reshape(-1)
    counts = np.zeros((int(group_of.max(initial=-1)) + 1, len(image_set.facts.classes)), dtype=np.int64)
    np.add.at(counts, (group_of, image_set.codes), 1)
    return counts, group_of


def _require_groups(image_set: ImageSet, counts: np.ndarray, least: int, use: str) -> None:
    for name, held in zip(image_set.facts.classes, (counts > 0).sum(axis=0).tolist(), strict=True):
        if held < least:
            total = image_set.counts[name]
            raise InputError(
                f"{use} at least {least} groups with images of class {shown(name)}, got {held} "
                f"({counted(total, 'image')}); accepted: more of them, fewer folds, or finer groups"
            )


def _loss(counts: np.ndarray, test_size: float) -> Callable[[np.ndarray], np.ndarray]:
    """Test counts (m, k) -> (m,): how far the share of each class is from test_size; a missing class costs most."""
    total = counts.sum(axis=0)

    def loss(test: np.ndarray) -> np.ndarray:
        missing = (test == 0).sum(axis=1) + (test == total).sum(axis=1)
        off: np.ndarray = np.abs(test / total - test_size).sum(axis=1) + _LACKS_A_CLASS * missing
        return off

    return loss


def _start(counts: np.ndarray, test_size: float, rng: np.random.Generator) -> np.ndarray:
    """Groups at random, class by class, until each class has its share."""
    chosen = np.zeros(len(counts), dtype=bool)
    order = rng.permutation(len(counts))
    commonest = counts.argmax(axis=1)[order]
    for k in range(counts.shape[1]):
        own = order[commonest == k]
        reached = counts[own, k].cumsum()
        chosen[own[reached <= max(test_size * reached[-1], reached[0])] if len(own) else own] = True
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


def _complete_folds(counts: np.ndarray, folds: int, seed: int, repeat: int) -> np.ndarray:
    """Fold numbers of the groups (g,) such that every fold holds every class; the first of several draws that does."""
    for draw in range(_STARTS):
        number = _fold_numbers(counts, folds, np.random.default_rng([seed, repeat, draw]))
        held = np.zeros((folds, counts.shape[1]), dtype=np.int64)
        np.add.at(held, number, counts)
        if held.all():
            return number
    raise InputError(f"{folds} inner folds by group leave one without images of some class; accepted: fewer folds")


def _fold_numbers(counts: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Largest groups first, each to the fold that holds least of its classes.

    Sizes are blurred before sorting, or every repeat would give the same folds.
    """
    shares = counts / counts.sum(axis=0)
    order = np.argsort(-shares.sum(axis=1) * rng.uniform(0.5, 1.0, size=len(counts)), kind="stable")
    held = np.zeros((folds, counts.shape[1]))
    number = np.empty(len(counts), dtype=np.int64)
    for group in order:
        k = int(np.argmin(held @ shares[group]))
        number[group] = k
        held[k] += shares[group]
    return number
