"""Liu's method, the paper's rival: the stages of a whole life by fuzzy c-means, then a classifier that tells them.

It needs the life to its end, failure included, before it can say anything: it is no health indicator.
"""

from dataclasses import dataclass

import numpy as np

from rarefault.datasets.signals.signal_set import STATES, SignalSet
from rarefault.degradation.baselines.features import features
from rarefault.degradation.baselines.scaling import Scaling
from rarefault.errors import InputError
from rarefault.metrics.prognostics import severity


@dataclass(frozen=True)
class LiuSettings:
    """fuzziness: of the memberships, > 1; rounds: of c-means at most; seed: where the centres start."""

    fuzziness: float = 2.0
    rounds: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        if self.fuzziness <= 1 or self.rounds < 1:
            raise ValueError(f"fuzziness must be > 1 and rounds >= 1, got {self.fuzziness} and {self.rounds}")


@dataclass(frozen=True)
class Recognition:
    """slight, severe: the first snapshots of these stages; stages: (n,) names; told: (n,) names that the classifier
    gave, "" for the snapshots that it learned from.
    """

    slight: int
    severe: int
    stages: np.ndarray
    told: np.ndarray

    def table(self) -> dict[str, object]:
        """The paper's table 3: `severity` of the told snapshots, the stages taken for the truth."""
        tested = self.told != ""
        return severity(self.stages[tested].tolist(), self.told[tested].tolist(), STATES)


def recognise(life: SignalSet, settings: LiuSettings | None = None) -> Recognition:
    """The stages of one machine's whole life, and how well its snapshots tell them.

    On the same features as the self-organising map. Every second snapshot teaches a support vector machine the stages
    (the paper names no classifier), the others test it: their neighbours were learned from, which flatters the rates.
    Raises InputError for fewer than 6 snapshots, and where a stage has none to learn from.
    """
    from sklearn.svm import SVC

    settings = settings or LiuSettings()
    if len(life) < 2 * len(STATES):
        raise InputError(f"Liu's method needs at least {2 * len(STATES)} snapshots of a life, got {len(life)}")
    raw = features(life.snapshots)
    rows = Scaling.of(raw)(raw)
    slight, severe = divide(fuzzy_c_means(rows, len(STATES), settings))
    stages = np.array(STATES, dtype=object)[(np.arange(len(rows)) >= slight).astype(int) + _from(severe, len(rows))]
    taught = np.arange(len(rows)) % 2 == 0
    if len(set(stages[taught])) < 2:
        raise InputError("Liu's method found a single stage in this life; there is nothing to tell apart")
    told = np.full(len(rows), "", dtype=object)
    told[~taught] = SVC(random_state=settings.seed).fit(rows[taught], stages[taught]).predict(rows[~taught])
    return Recognition(slight, severe, stages, told)


def fuzzy_c_means(rows: np.ndarray, clusters: int, settings: LiuSettings) -> np.ndarray:
    """Memberships (n, clusters) of rows (n, d), each row's summing to 1 (Bezdek, 1981)."""
    rng = np.random.default_rng(settings.seed)
    shares = rng.dirichlet(np.ones(clusters), size=len(rows))
    for _ in range(settings.rounds):
        weights = shares**settings.fuzziness
        centres = weights.T @ rows / np.maximum(weights.sum(axis=0), 1e-300)[:, None]
        squares = np.maximum(np.square(rows[:, None] - centres[None]).sum(axis=2), 1e-300)  # (n, clusters)
        # Over the smallest first: the power of a tiny distance would overflow.
        near = (squares / squares.min(axis=1, keepdims=True)) ** (-1 / (settings.fuzziness - 1))
        before, shares = shares, near / near.sum(axis=1, keepdims=True)
        if np.abs(shares - before).max() < 1e-6:
            break
    return shares


def divide(memberships: np.ndarray) -> tuple[int, int]:
    """The first snapshots of the second and third stage, from memberships (n, 3).

    Clusters come in the order of their members' mean time; the two cuts are those with the largest sum of memberships,
    every stage taking at least one snapshot.
    """
    n = len(memberships)
    order = np.argsort(np.arange(n) @ memberships / np.maximum(memberships.sum(axis=0), 1e-300))
    first, second, third = np.cumsum(memberships[:, order], axis=0).T
    # With cuts a < b: first[a-1] + second[b-1] - second[a-1] + third[n-1] - third[b-1]; the best a for each b at once.
    early = (first - second)[: n - 2]
    best = np.maximum.accumulate(early)
    b = 2 + int(np.argmax(best + (second - third)[1 : n - 1]))
    return int(np.argmax(early[: b - 1])) + 1, b


def _from(start: int, n: int) -> np.ndarray:
    return (np.arange(n) >= start).astype(int)
