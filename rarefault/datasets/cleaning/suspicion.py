"""Columns that know too much: the label under another name, or an outcome recorded together with it."""

import numpy as np
import pandas as pd

from rarefault.datasets.wording import counted, shown

MAX_ROWS = 20_000
LEAK_AUC = 0.995
_FEW_LEVELS = 20
_LEVEL_ROWS = 5
_PURE = 0.99
_PURE_FAULTS = 10
_PURE_FAULT_SHARE = 0.05
_BLOCK = 64
_ADVICE = "it may record the outcome; drop it unless it is known before the part is judged"


def label_copies(X: pd.DataFrame, y: np.ndarray, codes: np.ndarray) -> list[str]:
    """Names of the columns that are the label, or the classes (n,) it was made from, under another name."""
    probe = np.unique(np.concatenate([np.flatnonzero(y == value)[:50] for value in (0, 1)]))
    return [
        str(name)
        for name in X.columns
        if _same_partition(X[name].iloc[probe], y[probe], codes[probe]) and _same_partition(X[name], y, codes)
    ]


def _same_partition(values: pd.Series, y: np.ndarray, codes: np.ndarray) -> bool:
    found, levels = pd.factorize(values)
    if (found < 0).any() or len(levels) < 2:
        return False
    return any(_one_to_one(found, np.unique(classes, return_inverse=True)[1]) for classes in (y, codes))


def _one_to_one(a: np.ndarray, b: np.ndarray) -> bool:
    pairs = np.unique(a.astype(np.int64) * (int(b.max()) + 1) + b)
    return len(pairs) == int(a.max()) + 1 == int(b.max()) + 1


def leak_warnings(X: pd.DataFrame, y: np.ndarray, seed: int = 0) -> list[str]:
    """A sentence for each column that alone separates the classes, or has a value that only faulty parts have.

    Rank statistics (AUC) of at most 20,000 rows, faults first among them; missing values are left out of the ranks,
    and judged by themselves.
    """
    rows = _sampled(y, seed)
    part, labels = X.iloc[rows], y[rows] == 1
    numeric = [name for name in X.columns if X[name].dtype != "category"]
    scores = dict(zip(numeric, _rank_auc(part[numeric], labels), strict=True))
    told = []
    for name in X.columns:
        levels = _few_levels(part[name])
        score = max(scores.get(name, 0.5), _gap_auc(part[name], labels))
        if levels:
            score = max(score, _level_auc(part[name], labels))
        if score >= LEAK_AUC:
            told.append(f"column {shown(name)} alone separates the classes (AUC {score:.3f}): {_ADVICE}")
        elif levels:
            told += _pure_levels(X[name], y)
    return told


def _sampled(y: np.ndarray, seed: int) -> np.ndarray:
    """Row positions: all when few; otherwise half of the budget for each class, which leaves an AUC as it is."""
    if len(y) <= MAX_ROWS:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    fault, good = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    k = min(len(fault), max(MAX_ROWS // 2, MAX_ROWS - len(good)))
    picked = (rng.choice(rows, size=min(n, len(rows)), replace=False) for rows, n in ((fault, k), (good, MAX_ROWS - k)))
    return np.sort(np.concatenate(list(picked)))


def _rank_auc(X: pd.DataFrame, fault: np.ndarray) -> np.ndarray:
    """Mann-Whitney AUC of each numeric column, (d,), 0.5 to 1; 0.5 with fewer than 5 values of a class."""
    out = np.full(X.shape[1], 0.5)
    for start in range(0, X.shape[1], _BLOCK):
        ranks = X.iloc[:, start : start + _BLOCK].rank().to_numpy()  # (n, block), NaN where missing
        n1 = (~np.isnan(ranks[fault])).sum(axis=0)
        n0 = (~np.isnan(ranks[~fault])).sum(axis=0)
        enough = (n1 >= _LEVEL_ROWS) & (n0 >= _LEVEL_ROWS)
        with np.errstate(invalid="ignore", divide="ignore"):
            auc = (np.nansum(ranks[fault], axis=0) - n1 * (n1 + 1) / 2) / (n1 * n0)
        out[start : start + _BLOCK] = np.where(enough, np.maximum(auc, 1 - auc), 0.5)
    return out


def _gap_auc(values: pd.Series, fault: np.ndarray) -> float:
    gaps = values.isna().to_numpy()
    return 0.5 + abs(float(gaps[fault].mean()) - float(gaps[~fault].mean())) / 2 if gaps.any() else 0.5


def _few_levels(values: pd.Series) -> bool:
    return bool(values.dtype == "category" or len(pd.unique(values.iloc[:500])) <= _FEW_LEVELS >= values.nunique())


def _level_auc(values: pd.Series, fault: np.ndarray) -> float:
    """AUC of the score "share of faults among the rows with this value"; values of under 5 rows are taken together."""
    codes = pd.factorize(values, use_na_sentinel=False)[0]
    rare = np.bincount(codes) < _LEVEL_ROWS
    codes = np.where(rare[codes], len(rare), codes)
    faults = np.bincount(codes, weights=fault)
    goods = np.bincount(codes) - faults
    with np.errstate(invalid="ignore", divide="ignore"):
        order = np.argsort(np.nan_to_num(faults / (faults + goods)))
    below = np.cumsum(goods[order]) - goods[order]
    pairs = (faults[order] * (below + goods[order] / 2)).sum()
    return float(pairs / (faults.sum() * goods.sum()))


def _pure_levels(values: pd.Series, y: np.ndarray) -> list[str]:
    """A value that only faulty parts have is no proof, but outcomes recorded per cause look like this."""
    codes, levels = pd.factorize(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    faults = np.bincount(codes[codes >= 0], weights=y[codes >= 0], minlength=len(levels))
    enough = max(_PURE_FAULTS, _PURE_FAULT_SHARE * y.sum())
    pure = np.flatnonzero((faults >= enough) & (faults >= _PURE * counts) & (y.mean() < 0.5))
    return [
        f"column {shown(values.name)}: {int(faults[i]):,} of the {counted(int(counts[i]), 'row')} with the value "
        f"{_plain(levels[int(i)])} are faulty: {_ADVICE}"
        for i in pure
    ]


def _plain(level: object) -> str:
    return f"{level:g}" if isinstance(level, float) else shown(level)
