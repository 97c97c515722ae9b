"""One honest sentence: did the synthetic rows help?"""

from collections.abc import Sequence
from typing import Any

from rarefault.tuning.comparison import OBJECTIVE
from rarefault.tuning.strategies import STRATEGIES

Tested = dict[str, dict[str, float]]


def best_synthetic(outcomes: Sequence[dict[str, Any]], selected: str) -> str | None:
    """The selected strategy if it adds rows, else the one of those that do with the best inner-fold mean."""
    if STRATEGIES[selected].synthetic:
        return selected
    usable = [
        (outcome["inner"][OBJECTIVE]["value"], outcome["name"])
        for outcome in outcomes
        if STRATEGIES[outcome["name"]].synthetic and not (outcome.get("filter") and not outcome["filter"]["passed"])
    ]
    return max(usable)[1] if usable else None


def helped(selected: str, synthetic: str | None, difference: dict[str, float] | None, title: str) -> dict[str, Any]:
    """Whether synthetic data helped, and the sentence; `difference` is synthetic minus baseline on the test rows."""
    if synthetic is None or difference is None:
        return {"value": False, "sentence": "No strategy with synthetic rows could be tried."}
    name = STRATEGIES[synthetic].title
    low, high = difference["low"], difference["high"]
    said = f"{difference['value']:+.3f} {title} on the test rows (95 % interval {low:+.3f} to {high:+.3f})"
    if selected != synthetic:
        return {
            "value": False,
            "sentence": f"Synthetic data did not help: the best of it, {name}, made {said} over the tuned threshold, "
            "and was not convincing on the inner folds.",
        }
    if low > 0:
        return {"value": True, "sentence": f"Synthetic data helped: {name} made {said} over the tuned threshold."}
    if difference["value"] > 0:
        return {
            "value": True,
            "sentence": f"Synthetic data probably helped: {name} made {said} over the tuned threshold, "
            "but so few test faults leave the sign open.",
        }
    return {
        "value": False,
        "sentence": f"Synthetic data looked better on the inner folds but did not help: {name} made {said} "
        "against the tuned threshold.",
    }
