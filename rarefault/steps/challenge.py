"""A new model against the champion, on the same rows that neither was trained on."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rarefault.classifiers.table import FaultClassifier
from rarefault.datasets.table import Table, row_hashes
from rarefault.drift.performance import FEWEST_FAULTS
from rarefault.metrics.detection import bootstrap_intervals, f_beta, paired_difference, saving
from rarefault.tuning.comparison import Objective, f_name


@dataclass(frozen=True)
class Gate:
    """min_recall: recall the model must reach on the test rows; tolerance: how much of the objective it may lose."""

    min_recall: float = 0.5
    tolerance: float = 0.0
    objective: Objective = field(default_factory=Objective)


@dataclass(frozen=True)
class Comparison:
    """Challenger minus champion, version `champion`, on `rows` test rows with `faults` faults.

    seen: test rows left out because the champion was trained on them; difference: of `metric` (F-beta, or what is
    saved), with interval and p_better; challenger_metrics and champion_metrics: estimates. These three are None where
    they cannot be had, and `reason` then says why.
    """

    champion: int
    metric: str
    rows: int
    faults: int
    seen: int
    reason: str = ""
    difference: dict[str, float] | None = None
    challenger_metrics: dict[str, dict[str, float]] | None = None
    champion_metrics: dict[str, dict[str, float]] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(
    folder: Path, number: int, model: FaultClassifier, held_out: Table, objective: Objective, seed: int
) -> Comparison:
    """Compare `model` with the champion in `folder`, version `number`, on the test rows it was not trained on."""
    rival, metric, beta = FaultClassifier.load(folder), objective.title, objective.beta
    if not rival.schema.fits(held_out.schema):
        reason = f"the champion, version {number}, needs other columns than these data have, or of other kinds"
        return Comparison(number, metric, 0, 0, 0, reason)
    known = held_out.X[rival.schema.names]  # as fingerprinted when it was trained
    seen = np.isin(row_hashes(known), np.load(folder / "trained_on.npy", allow_pickle=False))
    fair, n_seen = held_out.rows(np.flatnonzero(~seen)), int(seen.sum())
    if fair.faults < FEWEST_FAULTS:
        reason = (
            f"the champion, version {number}, was trained on {n_seen} of these test rows and only {fair.faults} faults "
            "are left to compare on fairly; promote it by hand if it is to replace that one"
        )
        return Comparison(number, metric, len(fair), fair.faults, n_seen, reason)
    ours, theirs = model.scores(fair.X), rival.scores(fair.X)
    measure = saving(objective.cost_ratio) if objective.cost_ratio else f_beta(beta)
    difference = paired_difference(fair.y, ours, model.threshold, theirs, rival.threshold, measure, seed=seed)
    shown = ("recall", "precision", f_name(beta), "pr_auc")
    found = [
        bootstrap_intervals(fair.y, scores, threshold, seed=seed, beta=beta)
        for scores, threshold in ((ours, model.threshold), (theirs, rival.threshold))
    ]
    measured = [{name: estimates[name] for name in shown} for estimates in found]
    return Comparison(number, metric, len(fair), fair.faults, n_seen, "", difference, *measured)


def judge(comparison: Comparison, tolerance: float) -> tuple[bool, str]:
    """Whether the challenger may take the champion's place, and the sentence that says why."""
    found = comparison.difference
    if found is None:
        return False, f"It stays challenger: {comparison.reason}."
    said = (
        f"{comparison.metric} differs by {found['value']:+.3f} (95 % interval {found['low']:+.3f} to "
        f"{found['high']:+.3f}) from the champion, version {comparison.champion}, on {comparison.rows} test rows that "
        "neither has seen"
    )
    if found["value"] >= -tolerance:
        return True, f"It becomes champion: {said}."
    return False, f"It stays challenger: {said}, more than the tolerance of {tolerance:g} below."
