"""Drift of recent rows against a reference: a permutation test of whole blocks of rows, one for all features.

Rows of a line are not independent: parts of a lot are alike, and so are parts of one afternoon. A test that takes them
for independent (Kolmogorov-Smirnov's own p-values, what drift libraries use) calls almost every batch drifted. Here
blocks of consecutive rows change places between reference and recent rows, which keeps what is alike together (Good,
2005, Permutation, Parametric and Bootstrap Tests of Hypotheses, section 3.7; Kirch, 2007, on blocks), and the largest
standardised distance of all features is compared with the largest of every permutation (Westfall and Young, 1993), so
that the chance of any false alarm is held, however many features there are and however they depend on each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from rarefault.datasets.table import Column, Table, apply_schema
from rarefault.drift.features import Binned, binned
from rarefault.drift.reference import BLOCK

FEWEST_ROWS = 100
_FEWEST_BLOCKS = 6
"""With fewer on a side too few permutations differ for a small p: of 4 and 6 blocks, 210."""
_AT_ONCE = 100


@dataclass(frozen=True)
class DriftSettings:
    """level: chance of a false alarm in any feature, in (0, 0.5]; permutations: how many are drawn, >= 99."""

    level: float = 0.01
    permutations: int = 999
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.level <= 0.5:
            raise ValueError(f"level must be above 0 and at most 0.5, got {self.level}")
        if self.permutations < 99:
            raise ValueError(f"permutations must be >= 99, got {self.permutations}")


def detect_newest(reference: Table, rows: pd.DataFrame, most: int, settings: DriftSettings) -> dict[str, Any]:
    """`detect` for the newest `most` of the rows (n, d), oldest first, and for the newest half of them.

    A change of today would else drown in yesterday's rows. The window with the smaller p is returned, of equal ones the
    longer, its p doubled for the choice (Bonferroni), so that the level holds.
    """
    newest = min(len(rows), most)
    sizes = sorted({newest, min(newest, max(newest // 2, FEWEST_ROWS))}, reverse=True)
    found = [detect(reference, rows.iloc[len(rows) - n :], settings) for n in sizes]
    clearest = min(found, key=lambda drift: 1.0 if drift["p"] is None else drift["p"])
    return _corrected(clearest, len(found), settings.level) if clearest["judged"] else clearest


def _corrected(drift: dict[str, Any], times: int, level: float) -> dict[str, Any]:
    """The findings with every p multiplied."""

    def of(part: dict[str, Any]) -> dict[str, Any]:
        p = min(1.0, times * part["p"])
        return {**part, "p": p, "drifted": p <= level}

    return {**of(drift), "features": [of(feature) for feature in drift["features"]]}


def detect(reference: Table, recent: pd.DataFrame, settings: DriftSettings | None = None) -> dict[str, Any]:
    """Compare recent rows (n, d), oldest first, with a reference in its own order; plain values for result.json.

    drifted: whether any feature drifted; p: the chance of as large a distance in any feature without drift; features:
    what is known of each, most drifted first. Fewer than 100 rows on a side are not judged; `reason` says so.
    """
    settings = settings or DriftSettings()
    columns = reference.schema.columns
    facts: dict[str, Any] = {"level": settings.level, "reference_rows": len(reference), "recent_rows": len(recent)}
    few = min(len(reference), len(recent))
    if few < FEWEST_ROWS:
        said = f"there are {len(reference):,} rows of reference and {len(recent):,} new ones"
        return unjudged(f"{said}; at least {FEWEST_ROWS} of each are needed", **facts)
    recent = apply_schema(recent, reference.schema)
    block = min(BLOCK, few // _FEWEST_BLOCKS)
    recent = recent.iloc[len(recent) % block :]
    cut = binned([recent, reference.X], columns, block)
    found, null = _permuted(cut, len(recent) // block, settings)
    mean, spread = null.mean(axis=0), null.std(axis=0)
    z = _standardised(found, mean, spread)
    largest = _standardised(null, mean, spread).max(axis=1)
    p = (1 + (largest[:, None] >= z - 1e-9).sum(axis=0)) / (1 + len(largest))
    order = np.lexsort((-z, p))
    features = [
        _feature(columns[k], reference.X, recent, found[k], mean[k], p[k], settings.level) for k in order.tolist()
    ]
    return {
        "judged": True,
        "reason": "",
        "drifted": bool(p.min() <= settings.level),
        "p": float(p.min()),
        "block": block,
        **facts,
        "features": features,
    }


def unjudged(reason: str, *, level: float, reference_rows: int, recent_rows: int) -> dict[str, Any]:
    """What `detect` returns where drift cannot be judged."""
    return {
        "judged": False,
        "reason": reason,
        "drifted": False,
        "p": None,
        "block": 0,
        "level": level,
        "reference_rows": reference_rows,
        "recent_rows": recent_rows,
        "features": [],
    }


def _permuted(cut: Binned, recent: int, settings: DriftSettings) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the recent blocks, (d,), and of as many blocks drawn at random, (permutations, d)."""
    blocks = np.arange(len(cut.shares))
    result = permutation_test(
        (blocks[:recent], blocks[recent:]),
        lambda chosen, others, axis: cut.distances(chosen),
        permutation_type="independent",
        vectorized=True,
        axis=-1,
        alternative="greater",
        n_resamples=settings.permutations,
        batch=_AT_ONCE,
        rng=np.random.default_rng(settings.seed),
    )
    return np.asarray(result.statistic), np.asarray(result.null_distribution)


def _standardised(distances: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Distances in standard deviations of their permutations; 0 for a column that never differs."""
    z: np.ndarray = np.divide(distances - mean, spread, out=np.zeros_like(distances), where=spread > 1e-12)
    return z


def _feature(
    column: Column, reference: pd.DataFrame, recent: pd.DataFrame, distance: float, usual: float, p: float, level: float
) -> dict[str, Any]:
    before, now = reference[column.name], recent[column.name]
    numeric = column.kind != "categorical"
    return {
        "name": column.name,
        "unit": column.unit,
        "kind": column.kind,
        "distance": float(distance),
        "usual": float(usual),
        "p": float(p),
        "drifted": bool(p <= level),
        "reference": _summary(before, numeric),
        "recent": _summary(now, numeric),
        "shift": _shift(before, now) if numeric else None,
    }


def _summary(values: pd.Series, numeric: bool) -> dict[str, float | None]:
    """Mean of a numeric column (None without a value), and the share of missing values."""
    mean = values.mean() if numeric else np.nan
    return {"mean": float(mean) if np.isfinite(mean) else None, "missing": float(values.isna().mean())}


def _shift(before: pd.Series, now: pd.Series) -> float | None:
    """How far the mean has moved, in standard deviations of the reference; None where it cannot be said."""
    spread, moved = before.std(), now.mean() - before.mean()
    return float(moved / spread) if np.isfinite(moved) and np.isfinite(spread) and spread > 0 else None


def drifted_names(drift: Mapping[str, Any]) -> Sequence[str]:
    """The features that drifted, most of all first."""
    return [feature["name"] for feature in drift["features"] if feature["drifted"]]
