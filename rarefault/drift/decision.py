"""Retrain, keep the champion, or wait for labels: the decision and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rarefault.drift.detection import drifted_names
from rarefault.drift.performance import FEWEST_FAULTS

Action = Literal["retrain", "keep", "wait"]
_DAY = 86_400.0
_SHOWN = 5


@dataclass(frozen=True)
class Policy:
    """When to retrain: always (force), on drift, when the champion is worse, or older than max_age_days (0 = never)."""

    force: bool = False
    on_drift: bool = True
    on_performance: bool = True
    max_age_days: float = 0.0


@dataclass(frozen=True)
class Window:
    """The untouched rows on which challenger and champion would be compared."""

    rows: int
    faults: int

    @property
    def lacks(self) -> str:
        """Why nothing can be compared on it; empty when it can."""
        good = self.rows - self.faults
        if min(self.faults, good) >= FEWEST_FAULTS:
            return ""
        return (
            f"the new labelled rows kept for comparison hold {self.faults} faulty and {good} good parts, and at least "
            f"{FEWEST_FAULTS} of each are needed"
        )


def decide(
    policy: Policy, drift: Mapping[str, Any], performance: Mapping[str, Any], age_days: float, window: Window, new: int
) -> dict[str, Any]:
    """action, triggers (of: forced, drift, performance, schedule) and the sentence that says why; plain values."""
    reasons = dict(_reasons(policy, drift, performance, age_days))
    if not reasons:
        return _decided("keep", [], f"The champion stays: {_calm(drift, performance, new)}.")
    why = "; ".join(reasons.values())
    if window.lacks:
        return _decided("wait", list(reasons), f"Retraining waits for labels: {window.lacks}. It would be due: {why}.")
    return _decided("retrain", list(reasons), f"Retraining: {why}.")


def _decided(action: Action, triggers: list[str], sentence: str) -> dict[str, Any]:
    return {"action": action, "triggers": triggers, "sentence": sentence}


def _reasons(
    policy: Policy, drift: Mapping[str, Any], performance: Mapping[str, Any], age_days: float
) -> Sequence[tuple[str, str]]:
    found = []
    if policy.force:
        found.append(("forced", "it was asked for (force)"))
    if policy.on_drift and drift["drifted"]:
        found.append(("drift", _drift_words(drift)))
    if policy.on_performance and performance["dropped"]:
        d = performance["difference"]
        interval = f"95 % interval {d['low']:+.3f} to {d['high']:+.3f}"
        said = f"the champion's {performance['metric']} has changed by {d['value']:+.3f} ({interval})"
        found.append(("performance", f"{said} on new labelled rows"))
    if policy.max_age_days and age_days >= policy.max_age_days:
        said = f"the champion is {age_days:.1f} days old, {policy.max_age_days:g} are allowed"
        found.append(("schedule", said))
    return found


def _drift_words(drift: Mapping[str, Any]) -> str:
    names = drifted_names(drift)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    n = f"{len(names)} feature{'s'[: len(names) != 1]}"
    return f"{n} drifted (p = {drift['p']:.3f}): {', '.join(names[:_SHOWN])}{more}"


def _calm(drift: Mapping[str, Any], performance: Mapping[str, Any], new: int) -> str:
    if not new:
        return "there is no new row"
    if drift["judged"]:
        rows = f"no drift in the newest {drift['recent_rows']:,} rows (p = {drift['p']:.3f})"
        if drift["drifted"]:
            rows = f"{_drift_words(drift)}, which is no reason to retrain here"
    else:
        rows = f"drift cannot be judged ({drift['reason']})"
    if not performance["judged"]:
        return f"{rows}; its performance cannot be judged ({performance['reason']})"
    changed = f"{performance['difference']['value']:+.3f}"
    return f"{rows}; {performance['metric']} on new labelled rows differs by {changed} from that at registration"


def age(created: float, now: float) -> float:
    """Days from `created` to `now`, both in seconds since 1970; never negative."""
    return max(0.0, (now - created) / _DAY)
