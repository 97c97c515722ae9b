"""Which pairs of columns say more about the label together than one by one (after FAST; Lou et al., 2013)."""

import numpy as np

CELLS = 5
SHUFFLES = 3


def interacting_pairs(
    X: np.ndarray, y: np.ndarray, scores: np.ndarray, n_pairs: int, screen: int, seed: int
) -> np.ndarray:
    """Indices (k, 2), k <= n_pairs, of the pairs with the largest gain over `scores`, largest first.

    X (n, d), y (n,) of 0 and 1, scores (n,) the probabilities of an additive model. Only the `screen` columns with
    the largest effect of their own are paired. A pair is kept only if its gain exceeds the largest gain of any pair
    when the residuals are dealt to the rows at random (mean of SHUFFLES deals), so that noise brings hardly any.
    """
    cells = np.array([_cells(x) for x in X.T])  # (d, n), 0 .. CELLS - 1
    columns = _strongest(cells, y, screen)
    pairs = np.array([(i, j) for a, i in enumerate(columns) for j in columns[a + 1 :]], dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return pairs
    residuals, weights = y - scores, scores * (1.0 - scores)
    gains = _gains(cells, pairs, residuals, weights)
    rng = np.random.default_rng(seed)
    floor = np.mean([_chance_gain(cells, pairs, residuals, weights, rng) for _ in range(SHUFFLES)])
    order = np.argsort(-gains, kind="stable")[:n_pairs]
    return pairs[order[gains[order] > floor]]


def _cells(x: np.ndarray) -> np.ndarray:
    inner = np.linspace(0.0, 1.0, CELLS + 1)[1:-1]
    return np.asarray(np.searchsorted(np.unique(np.quantile(x, inner)), x))


def _strongest(cells: np.ndarray, y: np.ndarray, screen: int) -> list[int]:
    centred, ones = y - y.mean(), np.ones(len(y))
    effects = np.array([_explained(cell, centred, ones, 5.0) for cell in cells])
    varied = [int(j) for j in np.argsort(-effects, kind="stable") if cells[j].any()]
    return sorted(varied[:screen])


def _explained(cell: np.ndarray, residuals: np.ndarray, weights: np.ndarray, prior: float = 0.5) -> float:
    # The score statistic of one free constant a cell, shrunk by `prior` where a cell holds little evidence.
    total, weight = np.bincount(cell, residuals), np.bincount(cell, weights)
    return float(np.sum(total**2 / (weight + prior)))


def _gains(cells: np.ndarray, pairs: np.ndarray, residuals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    alone = {int(j): _explained(cells[j], residuals, weights) for j in np.unique(pairs)}
    together = [_explained(cells[i] * CELLS + cells[j], residuals, weights) for i, j in pairs]
    apart = [alone[int(i)] + alone[int(j)] for i, j in pairs]
    return np.asarray(np.subtract(together, apart))


def _chance_gain(
    cells: np.ndarray, pairs: np.ndarray, residuals: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> float:
    dealt = rng.permutation(len(residuals))
    return float(_gains(cells, pairs, residuals[dealt], weights[dealt]).max())
