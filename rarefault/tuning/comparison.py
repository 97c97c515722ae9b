"""Inner-fold scores of a strategy: what it would have reached on rows it did not see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from rarefault.datasets.splits import inner_folds
from rarefault.datasets.table import Table
from rarefault.metrics.detection import detect, expected_cost
from rarefault.tuning.strategies import Strategy
from rarefault.tuning.threshold import cross_fitted, tune_threshold
from rarefault.tuning.training import Augmenter, TrainingSettings, augment, train

FUTILE = 0.3
"""A P(better) below this after one whole repeat leaves no hope of 0.95 after the others."""
OBJECTIVE = "objective"
"""The key, among a fold's metrics, of what the threshold was tuned for (higher is better)."""


def f_name(beta: float) -> str:
    """The key of F-beta among the detection metrics."""
    return f"f{beta:g}" if beta in (1.0, 2.0) else "f_beta"


@dataclass(frozen=True)
class Objective:
    """What a decision threshold is tuned for: F-beta, or the least cost when cost_ratio (miss : false alarm) > 0."""

    beta: float = 2.0
    cost_ratio: float = 0.0

    @property
    def title(self) -> str:
        """What the objective is called in sentences."""
        return f"cost saving at {self.cost_ratio:g}:1" if self.cost_ratio else f"F{self.beta:g}"

    def value(self, y: np.ndarray, scores: np.ndarray, threshold: float, metrics: Mapping[str, float]) -> float:
        """What is to be maximised: F-beta, or the negative cost per row."""
        if self.cost_ratio:
            return -expected_cost(y, scores, threshold, self.cost_ratio)
        return metrics[f_name(self.beta)]

    def threshold(self, y: np.ndarray, scores: np.ndarray) -> float:
        """The best threshold for scores (n,) of rows with labels y (n,)."""
        return tune_threshold(y, scores, beta=self.beta, cost_ratio=self.cost_ratio or None)


@dataclass(frozen=True)
class InnerScores:
    """What a strategy said of the rows it was not fitted on.

    scores: (r, n) out-of-fold fault probabilities of r repeats, NaN where a fold was not tried; fold: (r, n) ids, -1
    there; folds_per_repeat: into how many folds each repeat is cut.
    """

    scores: np.ndarray
    fold: np.ndarray
    folds_per_repeat: int

    @property
    def complete(self) -> bool:
        """Whether every fold was tried."""
        return not np.isnan(self.scores).any()

    @property
    def tried(self) -> np.ndarray:
        """(r, n) which rows were scored."""
        return np.asarray(~np.isnan(self.scores))

    def only(self, other: "InnerScores") -> "InnerScores":
        """These scores where `other` was tried too, for a fair comparison with a strategy that was stopped."""
        return InnerScores(np.where(other.tried, self.scores, np.nan), self.fold, self.folds_per_repeat)

    def save(self, path: str | Path) -> None:
        """Write an .npz file."""
        np.savez(path, scores=self.scores, fold=self.fold, folds_per_repeat=self.folds_per_repeat)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["scores"], arrays["fold"], int(arrays["folds_per_repeat"]))


Watch = Callable[[int, int], None]


def inner_scores(
    strategy: Strategy,
    table: Table,
    settings: TrainingSettings,
    n_folds: int,
    n_repeats: int,
    watch: Watch | None = None,
    give_up: Callable[[InnerScores], bool] | None = None,
    make: Augmenter = augment,
) -> InnerScores:
    """Fit everything the strategy needs inside each training fold and score the rows held out.

    After each fold but the last `give_up` is asked; a true answer leaves the other folds untried. `make` makes the
    synthetic rows.
    """
    folds = inner_folds(table.y, n_folds, n_repeats, settings.seed, table.groups)
    scores = np.full((n_repeats, len(table)), np.nan)
    fold = np.full((n_repeats, len(table)), -1)
    for number, (fit_rows, held_out, repeat) in enumerate(folds):
        seed = settings.seed + 1 + number
        classifier, _ = train(strategy, table.rows(fit_rows), settings, seed, make=make)
        scores[repeat, held_out] = classifier.scores(table.X.iloc[held_out])
        fold[repeat, held_out] = number
        if watch:
            watch(number + 1, len(folds))
        if give_up and number + 1 < len(folds) and give_up(InnerScores(scores, fold, n_folds)):
            break
    return InnerScores(scores, fold, n_folds)


def fold_metrics(y: np.ndarray, inner: InnerScores, objective: Objective, tuned: bool) -> list[dict[str, float]]:
    """Metrics of each fold tried; a tuned threshold comes from the other folds tried in the same repeat.

    A repeat of which a single fold was tried has no other folds to tune on and is left out.
    """
    rows = []
    for all_scores, all_folds, tried in zip(inner.scores, inner.fold, inner.tried, strict=True):
        truth, scores, fold = y[tried], all_scores[tried], all_folds[tried]
        numbers = np.unique(fold).tolist()
        if len(numbers) < 2:
            continue
        thresholds: Mapping[int, float] = (
            cross_fitted(truth, scores, fold, beta=objective.beta, cost_ratio=objective.cost_ratio or None)
            if tuned
            else dict.fromkeys(numbers, 0.5)
        )
        rows += [_fold(truth[fold == k], scores[fold == k], thresholds[k], objective) for k in numbers]
    return rows


def _fold(y: np.ndarray, scores: np.ndarray, threshold: float, objective: Objective) -> dict[str, float]:
    metrics = detect(y, scores, threshold, beta=objective.beta)
    return {**metrics, OBJECTIVE: objective.value(y, scores, threshold, metrics)}


def final_threshold(y: np.ndarray, inner: InnerScores, objective: Objective) -> float:
    """The threshold for the model trained on all rows: the median of those tuned on each repeat's scores."""
    tuned = [
        objective.threshold(y[tried], scores[tried])
        for scores, tried in zip(inner.scores, inner.tried, strict=True)
        if tried.any()
    ]
    return float(np.median(tuned))


def futile(
    y: np.ndarray, ours: InnerScores, baseline: InnerScores, objective: Objective, seed: int, costly: bool = False
) -> bool:
    """Whether a strategy tried on some folds has so little chance against the baseline that the rest can be spared.

    After one whole repeat: P(better) below 0.3. Before that, from the third fold on: better on none of them. A costly
    strategy is tried further only while it leads: from its second fold on P(better) must be 0.5 or more.
    """
    theirs = objectives(fold_metrics(y, baseline.only(ours), objective, tuned=True))
    found = objectives(fold_metrics(y, ours, objective, tuned=True))
    if len(found) < (2 if costly else 3):
        return False
    if not costly and not ours.tried.all(axis=1).any():
        return all(mine <= other for mine, other in zip(found, theirs, strict=True))
    p_better = compare_folds(found, theirs, ours.folds_per_repeat, seed)["p_better"]
    return bool(p_better < (0.5 if costly else FUTILE))


def objectives(rows: Sequence[Mapping[str, float]]) -> list[float]:
    """What was to be maximised, fold by fold."""
    return [row[OBJECTIVE] for row in rows]


def mean_with_interval(values: Sequence[float], seed: int = 0, n: int = 2000) -> dict[str, float]:
    """Mean of per-fold values and the 95 % interval of a bootstrap over folds."""
    array = np.asarray(values, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(len(array), size=(n, len(array)))
    low, high = np.quantile(array[picks].mean(axis=1), [0.025, 0.975])
    return {"value": float(array.mean()), "low": float(low), "high": float(high)}


def compare_folds(
    challenger: Sequence[float], baseline: Sequence[float], folds_per_repeat: int, seed: int = 0, n: int = 4000
) -> dict[str, Any]:
    """Mean difference over shared folds, its interval, and P(better): the share of resampled means above zero.

    The folds' training rows overlap, so their differences are not independent and a plain bootstrap is too sure. Its
    spread is widened as Nadeau and Bengio (2003, eq. 8) widen the variance of a mean over m folds of k: by
    1 + m / (k - 1).
    """
    shared = min(len(challenger), len(baseline))
    difference = np.asarray(challenger[:shared]) - np.asarray(baseline[:shared])
    picks = np.random.default_rng(seed).integers(shared, size=(n, shared))
    mean = difference.mean()
    means = mean + (difference[picks].mean(axis=1) - mean) * widening(shared, folds_per_repeat)
    low, high = np.quantile(means, [0.025, 0.975])
    better = float((means > 0).mean() + 0.5 * (means == 0).mean())
    return {"value": float(mean), "low": float(low), "high": float(high), "p_better": better}


def widening(n_differences: int, folds_per_repeat: int) -> float:
    """By what the standard error of a mean over n folds grows because k folds share training rows."""
    return float(np.sqrt(1 + n_differences / (folds_per_repeat - 1)))
